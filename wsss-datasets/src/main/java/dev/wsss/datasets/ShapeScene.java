package dev.wsss.datasets;

import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.SplitMix;
import java.util.ArrayList;
import java.util.List;

/**
 * One scene of the shapes dataset: what lies where, and how it is drawn. Lengths are in units of the image's shorter
 * side, so that one scene can be drawn at any size.
 *
 * <p>Colours and coverage come from elementary double arithmetic and {@link StrictMath} alone: the same bytes on every
 * machine.
 */
final class ShapeScene implements Scene {
    private static final double HOME = 0.65;
    private static final double PARTNER = 0.45;

    /** A stone or leaf that belongs to the background. */
    private record Clutter(double x, double y, double rx, double ry, double cos, double sin, int colour) {}

    private final int height;
    private final int width;
    private final int side;
    private final SceneBackground background;
    private final long seed;
    private final Light light;
    private final double exposure;
    private final List<Clutter> clutter = new ArrayList<>();
    private final List<ShapeItem> items = new ArrayList<>();

    ShapeScene(long seed, int index, int height, int width, int minObjects, int maxObjects) {
        this.height = height;
        this.width = width;
        this.side = Math.min(height, width);
        SplitMix random = new SplitMix(seed, index);
        this.seed = random.nextLong();
        double w = (double) width / side;
        double h = (double) height / side;

        ShapeKind first = ShapeKind.of(random.below(ShapeKind.count()));
        background = random.chance(HOME) ? first.home : SceneBackground.any(random);
        light = Light.any(random);
        exposure = random.range(0.88, 1.08);

        int pieces = 5 + random.below(9);
        for (int i = 0; i < pieces; i++) {
            double turn = random.range(0, StrictMath.PI);
            double size = random.range(0.015, 0.05);
            double grey = random.range(0.25, 0.75);
            int colour = 0;
            for (int c = 0; c < 3; c++) {
                colour = colour << 8 | (int) (255 * (grey + random.range(-0.09, 0.09)));
            }
            clutter.add(new Clutter(
                    random.range(0, w),
                    random.range(0, h),
                    size,
                    size * random.range(0.4, 1),
                    StrictMath.cos(turn),
                    StrictMath.sin(turn),
                    colour));
        }

        int wanted = minObjects + random.below(maxObjects - minObjects + 1);
        double shrink = wanted <= 2 ? 1 : Math.sqrt(2.0 / wanted);
        for (int i = 0; i < wanted; i++) {
            ShapeKind kind = i == 0
                    ? first
                    : random.chance(PARTNER) ? first.partner() : ShapeKind.of(random.below(ShapeKind.count()));
            place(random, kind, w, h, shrink);
        }
    }

    /** Finds a place where every item stays mostly visible; an item for which there is none is left out. */
    private void place(SplitMix random, ShapeKind kind, double w, double h, double shrink) {
        for (int attempt = 0; attempt < 40; attempt++) {
            double r = shrink * random.range(0.19, 0.32);
            double x = random.range(0.7 * r, w - 0.7 * r);
            double y = random.range(0.7 * r, h - 0.7 * r);
            boolean free = true;
            for (ShapeItem other : items) {
                free &= other.apartFrom(x, y, r, 0.76);
            }
            ShapeItem item = ShapeItem.any(random, kind, x, y, r);
            if (free) {
                items.add(item);
                return;
            }
        }
    }

    @Override
    public int[] tags() {
        return items.stream().mapToInt(item -> item.kind().ordinal()).toArray();
    }

    /** The topmost item whose outline holds the pixel's centre, as tag + 1. */
    @Override
    public LabelMap mask() {
        byte[] labels = new byte[height * width];
        for (int i = 0; i < labels.length; i++) {
            double x = (i % width + 0.5) / side;
            double y = (i / width + 0.5) / side;
            for (ShapeItem item : items) {
                if (item.holds(x, y)) {
                    labels[i] = (byte) (item.kind().ordinal() + 1);
                }
            }
        }
        return LabelMap.wrap(height, width, labels);
    }

    @Override
    public RgbImage image() {
        byte[] data = new byte[height * width * 3];
        double[] rgb = new double[3];
        for (int py = 0, o = 0; py < height; py++) {
            for (int px = 0; px < width; px++) {
                double x = (px + 0.5) / side;
                double y = (py + 0.5) / side;
                ground(x, y, rgb);
                for (ShapeItem item : items) {
                    item.draw(x, y, side, light, rgb);
                }
                Paint.store(rgb, exposure, SplitMix.at(seed + 77, px, py), data, o);
                o += 3;
            }
        }
        return new RgbImage(height, width, data);
    }

    private void ground(double x, double y, double[] rgb) {
        background.paint(seed, x, y, rgb);
        for (Clutter piece : clutter) {
            double u = x - piece.x;
            double v = y - piece.y;
            if (u * u + v * v > 1.5 * piece.rx * piece.rx) {
                continue;
            }
            double a = (piece.cos * u + piece.sin * v) / piece.rx;
            double b = (piece.cos * v - piece.sin * u) / piece.ry;
            double r = Math.sqrt(a * a + b * b);
            double cover = Paint.clamp((1 - r) * piece.ry * side + 0.5);
            Paint.over(rgb, piece.colour, cover, 1.05 - 0.35 * r * r);
        }
        Paint.dim(rgb, 1 + 0.14 * (light.x() * (x - 0.5) - light.y() * (y - 0.5)));
    }
}
