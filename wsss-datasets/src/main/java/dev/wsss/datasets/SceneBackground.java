package dev.wsss.datasets;

import dev.wsss.api.SplitMix;

/** The grounds on which shapes lie: muted, textured and cluttered, so that no single colour means background. */
enum SceneBackground {
    MEADOW,
    WATER,
    SAND,
    BRICK,
    DUSK,
    GRAVEL,
    PLANKS;

    private static final SceneBackground[] KINDS = values();

    static SceneBackground any(SplitMix random) {
        return KINDS[random.below(KINDS.length)];
    }

    /**
     * The colour at a point.
     *
     * @param rgb receives red, green and blue, 0 to 1
     */
    void paint(long seed, double x, double y, double[] rgb) {
        switch (this) {
            case MEADOW -> {
                double t = 0.55 * fbm(seed, 5 * x, 5 * y) + 0.45 * noise(seed + 9, 46 * x, 11 * y);
                mix(rgb, 0x4C5A30, 0x92985E, t);
            }
            case WATER -> {
                double wave = StrictMath.sin(40 * y + 7 * fbm(seed, 3 * x, 3 * y));
                mix(rgb, 0x4A6474, 0x93A6AE, 0.45 + 0.25 * wave + 0.5 * (fbm(seed + 5, 4 * x, 9 * y) - 0.5));
            }
            case SAND -> {
                double ripple = StrictMath.sin(30 * (0.8 * y + 0.35 * x) + 8 * fbm(seed, 2 * x, 2 * y));
                mix(rgb, 0x9A8768, 0xCFBE9B, 0.5 + 0.14 * ripple + 0.7 * (fbm(seed + 3, 14 * x, 14 * y) - 0.5));
            }
            case BRICK -> {
                double row = Math.floor(y / 0.115);
                double u = x / 0.27 + (((long) row & 1) == 0 ? 0 : 0.5);
                double column = Math.floor(u);
                double edge = Math.min(
                        Math.min(u - column, column + 1 - u) * 0.27,
                        Math.min(y / 0.115 - row, row + 1 - y / 0.115) * 0.115);
                if (edge < 0.010) {
                    mix(rgb, 0x9C968C, 0xB4AEA4, noise(seed, 30 * x, 30 * y));
                } else {
                    double tone =
                            0.6 * SplitMix.at(seed, (int) column, (int) row) + 0.4 * fbm(seed + 1, 16 * x, 16 * y);
                    mix(rgb, 0x6B4B42, 0x99766A, tone);
                }
            }
            case DUSK -> {
                mix(rgb, 0x4A4A66, 0xB29A98, 0.75 * y + 0.9 * (fbm(seed, 3 * x, 6 * y) - 0.42));
            }
            case GRAVEL -> gravel(seed, x * 11, y * 11, rgb);
            case PLANKS -> {
                double plank = Math.floor(x / 0.18);
                double gap = Math.min(x / 0.18 - plank, plank + 1 - x / 0.18) * 0.18;
                double tone = 0.35 * SplitMix.at(seed, (int) plank, 0)
                        + 0.65 * (0.6 * noise(seed + (long) plank, 50 * x, 3 * y) + 0.4 * fbm(seed, 20 * x, 5 * y));
                mix(rgb, 0x5E4A38, 0x9A8066, tone);
                if (gap < 0.008) {
                    rgb[0] *= 0.5;
                    rgb[1] *= 0.5;
                    rgb[2] *= 0.5;
                }
            }
        }
    }

    /** Stones: the cells of jittered lattice points, dark where two cells meet. */
    private static void gravel(long seed, double x, double y, double[] rgb) {
        int cx = (int) Math.floor(x);
        int cy = (int) Math.floor(y);
        double first = 9;
        double second = 9;
        double tone = 0;
        for (int j = cy - 1; j <= cy + 1; j++) {
            for (int i = cx - 1; i <= cx + 1; i++) {
                double dx = i + 0.15 + 0.7 * SplitMix.at(seed, i, j) - x;
                double dy = j + 0.15 + 0.7 * SplitMix.at(seed + 1, i, j) - y;
                double d = dx * dx + dy * dy;
                if (d < first) {
                    second = first;
                    first = d;
                    tone = SplitMix.at(seed + 2, i, j);
                } else if (d < second) {
                    second = d;
                }
            }
        }
        double rim = Math.min(1, (Math.sqrt(second) - Math.sqrt(first)) * 4);
        mix(rgb, 0x5A5854, 0xA8A49C, tone);
        double light = 0.55 + 0.45 * rim;
        rgb[0] *= light;
        rgb[1] *= light;
        rgb[2] *= light;
    }

    /** Linear between two 0xRRGGBB colours; {@code t} is clamped to [0, 1]. */
    static void mix(double[] rgb, int from, int to, double t) {
        double s = Math.min(1, Math.max(0, t));
        for (int c = 0; c < 3; c++) {
            int shift = 16 - 8 * c;
            int a = from >> shift & 255;
            int b = to >> shift & 255;
            rgb[c] = (a + (b - a) * s) / 255;
        }
    }

    /** Three octaves of {@link #noise}, in [0, 1). */
    static double fbm(long seed, double x, double y) {
        return (4 * noise(seed, x, y) + 2 * noise(seed + 17, 2 * x, 2 * y) + noise(seed + 31, 4 * x, 4 * y)) / 7;
    }

    /** Smooth noise in [0, 1): random values on the integer lattice, interpolated. */
    static double noise(long seed, double x, double y) {
        double fx = Math.floor(x);
        double fy = Math.floor(y);
        int i = (int) fx;
        int j = (int) fy;
        double u = x - fx;
        double v = y - fy;
        u = u * u * (3 - 2 * u);
        v = v * v * (3 - 2 * v);
        double a = SplitMix.at(seed, i, j);
        double b = SplitMix.at(seed, i + 1, j);
        double c = SplitMix.at(seed, i, j + 1);
        double d = SplitMix.at(seed, i + 1, j + 1);
        return a + (b - a) * u + (c - a + (a - b - c + d) * u) * v;
    }
}
