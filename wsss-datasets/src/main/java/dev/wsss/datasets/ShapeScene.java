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
final class ShapeScene {
    private static final double HOME = 0.65;
    private static final double PARTNER = 0.45;

    /** Body colours; each class takes one of two of them, so that none tells a class. */
    private static final int[] BODY = {0xCC3A2E, 0xE8A01E, 0x1C9490, 0x7A48B8};

    /**
     * A thing on the ground.
     *
     * @param radius of the circle around the outline
     * @param cos cosine of the rotation
     * @param texture 0 plain, 1 stripes, 2 dots, 3 checks
     */
    private record Item(
            ShapeKind kind, double x, double y, double radius, double cos, double sin, int colour, int texture) {}

    /** A stone or leaf that belongs to the background. */
    private record Clutter(double x, double y, double rx, double ry, double cos, double sin, int colour) {}

    private final int height;
    private final int width;
    private final int side;
    private final SceneBackground background;
    private final long seed;
    private final double lightX;
    private final double lightY;
    private final double exposure;
    private final List<Clutter> clutter = new ArrayList<>();
    private final List<Item> items = new ArrayList<>();

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
        double angle = random.range(0, 2 * StrictMath.PI);
        lightX = StrictMath.cos(angle);
        lightY = StrictMath.sin(angle);
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
            for (Item other : items) {
                double dx = x - other.x;
                double dy = y - other.y;
                double apart = 0.76 * (r + other.radius);
                free &= dx * dx + dy * dy >= apart * apart;
            }
            double turn = random.range(-0.6, 0.6);
            int colour = BODY[(kind.ordinal() + random.below(2)) % BODY.length];
            int texture = random.below(4);
            if (free) {
                items.add(new Item(kind, x, y, r, StrictMath.cos(turn), StrictMath.sin(turn), colour, texture));
                return;
            }
        }
    }

    /** The tags of what is in the scene, with repetitions. */
    int[] tags() {
        return items.stream().mapToInt(item -> item.kind.ordinal()).toArray();
    }

    /** The mask: the topmost item whose outline holds the pixel's centre, as tag + 1. */
    LabelMap mask() {
        byte[] labels = new byte[height * width];
        for (int i = 0; i < labels.length; i++) {
            double x = (i % width + 0.5) / side;
            double y = (i / width + 0.5) / side;
            for (Item item : items) {
                double u = x - item.x;
                double v = y - item.y;
                if (u * u + v * v < 1.21 * item.radius * item.radius && distance(item, u, v) < 0) {
                    labels[i] = (byte) (item.kind.ordinal() + 1);
                }
            }
        }
        return LabelMap.wrap(height, width, labels);
    }

    private static double distance(Item item, double u, double v) {
        return item.kind.distance(localX(item, u, v), localY(item, u, v));
    }

    private static double localX(Item item, double u, double v) {
        return (item.cos * u + item.sin * v) / item.radius;
    }

    /** Upwards, as the outlines are given. */
    private static double localY(Item item, double u, double v) {
        return (item.sin * u - item.cos * v) / item.radius;
    }

    RgbImage image() {
        byte[] data = new byte[height * width * 3];
        double[] rgb = new double[3];
        for (int py = 0, o = 0; py < height; py++) {
            for (int px = 0; px < width; px++) {
                double x = (px + 0.5) / side;
                double y = (py + 0.5) / side;
                ground(x, y, rgb);
                for (Item item : items) {
                    draw(item, x - item.x, y - item.y, rgb);
                }
                double grain = 9 * (SplitMix.at(seed + 77, px, py) - 0.5);
                for (int c = 0; c < 3; c++) {
                    int level = (int) (255 * exposure * rgb[c] + grain + 0.5);
                    data[o++] = (byte) Math.min(255, Math.max(0, level));
                }
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
            double cover = clamp((1 - r) * piece.ry * side + 0.5);
            over(rgb, piece.colour, cover, 1.05 - 0.35 * r * r);
        }
        double light = 1 + 0.14 * (lightX * (x - 0.5) - lightY * (y - 0.5));
        rgb[0] *= light;
        rgb[1] *= light;
        rgb[2] *= light;
    }

    /** Draws an item and its shadow over what is there. */
    private void draw(Item item, double u, double v, double[] rgb) {
        double reach = 1.6 * item.radius;
        if (u * u + v * v > reach * reach) {
            return;
        }
        double shift = 0.13 * item.radius;
        double shadow = 0.5 * clamp((0.12 - distance(item, u + shift * lightX, v - shift * lightY)) * 4);
        rgb[0] *= 1 - shadow;
        rgb[1] *= 1 - shadow;
        rgb[2] *= 1 - shadow;

        double x = localX(item, u, v);
        double y = localY(item, u, v);
        double pixels = item.radius * side;
        double d = item.kind.distance(x, y);
        double cover = clamp(0.5 - d * pixels);
        if (cover == 0) {
            return;
        }
        double roundness = 1 - 0.16 * (x * x + y * y) + 0.24 * (lightX * u + -lightY * v) / item.radius;
        double rim = 0.5 + 0.5 * clamp(-d * 14);
        over(rgb, item.colour, cover, (roundness + 0.13 * texture(item.texture, x, y, pixels)) * rim);

        double bx = x - item.kind.badgeX;
        double by = y - item.kind.badgeY;
        double r = Math.sqrt(bx * bx + by * by);
        double outer = clamp((item.kind.badgeRadius - r) * pixels + 0.5);
        double inner = clamp((0.5 * item.kind.badgeRadius - r) * pixels + 0.5);
        over(rgb, item.kind.badgeOuter, Math.min(cover, outer), roundness);
        over(rgb, item.kind.badgeInner, Math.min(cover, inner), roundness);
    }

    /** A pattern between -1 and 1 with soft edges. */
    private static double texture(int kind, double x, double y, double pixels) {
        double soft = pixels / 10;
        double a = triangle(2.2 * x);
        double b = triangle(2.2 * y);
        return switch (kind) {
            case 1 -> Math.min(1, Math.max(-1, soft * 4 * triangle(1.5 * (x + y))));
            case 2 -> clamp(soft * 3 * (a + b - 0.9)) * 2 - 1;
            case 3 -> Math.min(1, Math.max(-1, soft * 8 * a * b));
            default -> 0;
        };
    }

    /** Period 1, between -1 and 1. */
    private static double triangle(double t) {
        return 4 * Math.abs(t - Math.floor(t) - 0.5) - 1;
    }

    private static void over(double[] rgb, int colour, double cover, double light) {
        if (cover > 0) {
            for (int c = 0; c < 3; c++) {
                double own = (colour >> (16 - 8 * c) & 255) / 255.0 * light;
                rgb[c] += (own - rgb[c]) * cover;
            }
        }
    }

    private static double clamp(double v) {
        return v < 0 ? 0 : v > 1 ? 1 : v;
    }
}
