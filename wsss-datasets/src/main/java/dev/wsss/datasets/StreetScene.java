package dev.wsss.datasets;

import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.SplitMix;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * One street of the shapes dataset, seen from a car: nearly always road and sky, mostly houses, trees and pavement, and small
 * shapes of which some are rare. Lengths are in units of the picture's height.
 */
final class StreetScene implements Scene {
    /** How often each kind of shape is drawn, in shares of the first: a long tail, as on real streets. */
    private static final double[] FREQUENCY = {1, 0.7, 0.5, 0.35, 0.2, 0.12, 0.08, 0.05};

    private static final double ALL_FREQUENCIES = 3.0;

    private final int height;
    private final int width;
    private final long seed;
    private final double exposure;
    private final Light light;
    /** What of the street the picture shows: its left and upper edge and its height. */
    private final double left;

    private final double top;
    private final double extent;
    private final List<StreetPart> parts = new ArrayList<>();
    private final List<ShapeItem> items = new ArrayList<>();

    /**
     * A scene.
     *
     * @param detail whether the picture is a window of a street that is twice as wide as high, or the whole of one
     */
    StreetScene(long seed, int index, int height, int width, int minObjects, int maxObjects, boolean detail) {
        this.height = height;
        this.width = width;
        SplitMix random = new SplitMix(seed, index, 1);
        this.seed = random.nextLong();
        double w = detail ? 2 : (double) width / height;
        double horizon = random.range(0.36, 0.5);
        double vanishing = w * random.range(0.4, 0.6);
        light = Light.any(random);
        exposure = random.range(0.85, 1.08);

        parts.add(new StreetPart.Sky(this.seed + 1, random.range(0.6, 1.2)));
        // a wall of houses hides the sky now and then
        boolean closed = random.chance(0.05);
        if (closed || random.chance(0.85)) {
            buildings(random, w, horizon, closed);
        }
        trees(random, w, horizon);
        parts.add(new StreetPart.Pavement(this.seed + 2, horizon, vanishing));
        if (!random.chance(0.03)) {
            parts.add(new StreetPart.Road(
                    this.seed + 3, horizon, vanishing, random.range(0.7, 2.2), random.range(0.7, 2.2)));
        }
        poles(random, w, horizon);
        int wanted = minObjects + random.below(maxObjects - minObjects + 1);
        for (int i = 0; i < wanted; i++) {
            place(random, w, horizon);
        }
        // the nearest is painted last
        items.sort(Comparator.comparingDouble(ShapeItem::y));
        extent = detail ? random.range(0.25, 0.7) : 1;
        left = detail ? random.range(0, w - extent * width / height) : 0;
        top = detail ? random.range(0, 1 - extent) : 0;
    }

    private void buildings(SplitMix random, double w, double horizon, boolean closed) {
        double x = random.range(-0.2, 0.1);
        while (x < w) {
            double breadth = random.range(0.18, 0.5);
            if (closed || random.chance(0.55)) {
                double top = closed ? -0.1 : horizon - random.range(0.12, 0.95 * horizon);
                int hue = random.below(4);
                int dark = new int[] {0x6E5850, 0x7A7468, 0x5C5C60, 0x86705A}[hue];
                int bright = new int[] {0xA88C80, 0xC4BCA8, 0x94969C, 0xC8AC8C}[hue];
                parts.add(
                        new StreetPart.Building(random.nextLong(), x, x + breadth, top, horizon + 0.03, dark, bright));
            }
            x += breadth * (closed ? 0.95 : random.range(0.9, 1.5));
        }
    }

    private void trees(SplitMix random, double w, double horizon) {
        if (!random.chance(0.7)) {
            return;
        }
        int trees = 1 + random.below(4);
        for (int i = 0; i < trees; i++) {
            double radius = random.range(0.07, 0.17);
            double crown = horizon - random.range(0.3, 1.6) * radius;
            parts.add(new StreetPart.Tree(random.nextLong(), random.range(0, w), horizon + 0.04, crown, radius));
        }
    }

    private void poles(SplitMix random, double w, double horizon) {
        int poles = random.chance(0.6) ? 1 + random.below(3) : 0;
        for (int i = 0; i < poles; i++) {
            double foot = horizon + random.range(0.05, 0.35);
            double size = foot - horizon + 0.15;
            parts.add(new StreetPart.Pole(random.range(0, w), foot, foot - 1.5 * size, 0.008 + 0.02 * size));
        }
    }

    /** A shape on the ground, as large as its distance lets it be; where there is no place it is left out. */
    private void place(SplitMix random, double w, double horizon) {
        ShapeKind kind = rare(random);
        for (int attempt = 0; attempt < 20; attempt++) {
            double near = random.uniform();
            double r = (0.045 + 0.075 * near) * random.range(0.85, 1.25);
            double y = horizon + 0.02 + (0.9 - horizon) * near;
            double x = random.range(0.5 * r, w - 0.5 * r);
            boolean free = true;
            for (ShapeItem other : items) {
                free &= other.apartFrom(x, y, r, 0.85);
            }
            ShapeItem item = ShapeItem.any(random, kind, x, y, r);
            if (free) {
                items.add(item);
                return;
            }
        }
    }

    private static ShapeKind rare(SplitMix random) {
        double at = random.uniform() * ALL_FREQUENCIES;
        int kind = 0;
        while (kind + 1 < FREQUENCY.length && at >= FREQUENCY[kind]) {
            at -= FREQUENCY[kind];
            kind++;
        }
        return ShapeKind.of(kind);
    }

    private double x(int column) {
        return left + (column + 0.5) / height * extent;
    }

    private double y(int row) {
        return top + (row + 0.5) / height * extent;
    }

    /** Of every pixel, as those of Cityscapes; what is hidden has no tag. */
    @Override
    public int[] tags() {
        int[] counts = mask().histogram();
        List<Integer> tags = new ArrayList<>();
        for (int label = 0; label < counts.length; label++) {
            if (label != LabelMap.IGNORE && counts[label] > 0) {
                tags.add(label);
            }
        }
        return tags.stream().mapToInt(Integer::intValue).toArray();
    }

    @Override
    public LabelMap mask() {
        byte[] labels = new byte[height * width];
        for (int i = 0; i < labels.length; i++) {
            double x = x(i % width);
            double y = y(i / width);
            int label = 0;
            for (StreetPart part : parts) {
                if (part.depth(x, y) > 0) {
                    label = part.is().ordinal();
                }
            }
            for (ShapeItem item : items) {
                if (item.holds(x, y)) {
                    label = StreetClass.labelOf(item.kind());
                }
            }
            labels[i] = (byte) label;
        }
        return LabelMap.wrap(height, width, labels);
    }

    @Override
    public RgbImage image() {
        byte[] data = new byte[height * width * 3];
        double[] rgb = new double[3];
        double[] own = new double[3];
        double density = height / extent;
        for (int py = 0, o = 0; py < height; py++) {
            for (int px = 0; px < width; px++, o += 3) {
                double x = x(px);
                double y = y(py);
                for (StreetPart part : parts) {
                    double cover = Paint.clamp(part.depth(x, y) * density + 0.5);
                    if (cover > 0) {
                        part.paint(x, y, own);
                        for (int c = 0; c < 3; c++) {
                            rgb[c] += (own[c] - rgb[c]) * cover;
                        }
                    }
                }
                for (ShapeItem item : items) {
                    item.draw(x, y, density, light, rgb);
                }
                Paint.store(rgb, exposure, SplitMix.at(seed + 77, px, py), data, o);
            }
        }
        return new RgbImage(height, width, data);
    }
}
