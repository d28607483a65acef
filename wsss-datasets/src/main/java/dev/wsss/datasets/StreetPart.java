package dev.wsss.datasets;

import static dev.wsss.datasets.SceneBackground.fbm;
import static dev.wsss.datasets.SceneBackground.mix;
import static dev.wsss.datasets.SceneBackground.noise;

import dev.wsss.api.SplitMix;

/**
 * A surface of a street that is no single thing: what of the picture it covers, and how it looks. Lengths are in units of the
 * picture's height.
 */
sealed interface StreetPart {
    /** What it is. */
    StreetClass is();

    /** How far a point lies inside, negative outside. */
    double depth(double x, double y);

    /**
     * The colour at a point.
     *
     * @param rgb receives red, green and blue, 0 to 1
     */
    void paint(double x, double y, double[] rgb);

    /** Everywhere behind the rest. */
    record Sky(long seed, double haze) implements StreetPart {
        @Override
        public StreetClass is() {
            return StreetClass.SKY;
        }

        @Override
        public double depth(double x, double y) {
            return 1;
        }

        @Override
        public void paint(double x, double y, double[] rgb) {
            double cloud = fbm(seed, 2.2 * x, 5 * y);
            mix(rgb, 0x6E97C4, 0xDFE4E6, haze * y + 1.5 * (cloud - 0.42));
        }
    }

    /** A house front with rows of windows. */
    record Building(long seed, double left, double right, double top, double bottom, int dark, int bright)
            implements StreetPart {
        private static final double STOREY = 0.085;
        private static final double BAY = 0.075;

        @Override
        public StreetClass is() {
            return StreetClass.BUILDING;
        }

        @Override
        public double depth(double x, double y) {
            return Math.min(Math.min(x - left, right - x), Math.min(y - top, bottom - y));
        }

        @Override
        public void paint(double x, double y, double[] rgb) {
            mix(rgb, dark, bright, 0.3 + 0.5 * fbm(seed, 18 * x, 18 * y));
            double bay = (x - left) / BAY;
            double storey = (y - top) / STOREY;
            double u = Math.abs(bay - Math.floor(bay) - 0.5);
            double v = Math.abs(storey - Math.floor(storey) - 0.5);
            if (u < 0.26 && v < 0.30) {
                boolean lit = SplitMix.at(seed + 1, (int) Math.floor(bay), (int) Math.floor(storey)) < 0.2;
                mix(rgb, lit ? 0xB8A878 : 0x2E3640, lit ? 0xD8CC9C : 0x5C6874, noise(seed + 2, 9 * x, 9 * y));
            }
        }
    }

    /** A crown on a trunk. */
    record Tree(long seed, double x0, double foot, double crown, double radius) implements StreetPart {
        @Override
        public StreetClass is() {
            return StreetClass.TREE;
        }

        @Override
        public double depth(double x, double y) {
            double dx = x - x0;
            double dy = y - crown;
            double ragged = radius * (0.72 + 0.5 * noise(seed, 6 * dx / radius, 6 * dy / radius));
            double leaves = ragged - Math.sqrt(dx * dx + dy * dy);
            double trunk = Math.min(0.13 * radius - Math.abs(dx), Math.min(y - crown, foot - y));
            return Math.max(leaves, trunk);
        }

        @Override
        public void paint(double x, double y, double[] rgb) {
            double dx = x - x0;
            double dy = y - crown;
            boolean trunk = dx * dx + dy * dy > 1.2 * radius * radius && y > crown;
            mix(rgb, trunk ? 0x463626 : 0x26401C, trunk ? 0x6E5A44 : 0x7C9A48, fbm(seed + 1, 26 * x, 26 * y));
        }
    }

    /** All below the horizon, in slabs. */
    record Pavement(long seed, double horizon, double vanishing) implements StreetPart {
        @Override
        public StreetClass is() {
            return StreetClass.PAVEMENT;
        }

        @Override
        public double depth(double x, double y) {
            return y - horizon;
        }

        @Override
        public void paint(double x, double y, double[] rgb) {
            double near = Math.max(y - horizon, 0.01);
            double u = 1.1 * (x - vanishing) / near;
            double v = 0.8 / near;
            double seam = Math.min(Math.abs(u - Math.rint(u)), Math.abs(v - Math.rint(v)));
            double tone = 0.35 * SplitMix.at(seed, (int) Math.rint(u - 0.5), (int) Math.rint(v - 0.5));
            mix(rgb, 0x8A7E76, 0xC4B8AC, 0.15 + tone + 0.5 * noise(seed + 1, 40 * x, 40 * y));
            Paint.dim(rgb, seam < 0.06 ? 0.8 : 1);
        }
    }

    /** Asphalt between two edges that meet at the vanishing point, with a dashed line. */
    record Road(long seed, double horizon, double vanishing, double leftSlope, double rightSlope)
            implements StreetPart {
        @Override
        public StreetClass is() {
            return StreetClass.ROAD;
        }

        @Override
        public double depth(double x, double y) {
            double near = y - horizon;
            double right = vanishing + rightSlope * near + 0.02 - x;
            double left = x - (vanishing - leftSlope * near - 0.02);
            return Math.min(near, Math.min(left, right));
        }

        @Override
        public void paint(double x, double y, double[] rgb) {
            double near = Math.max(y - horizon, 0.01);
            mix(rgb, 0x3C3C42, 0x78787C, 0.25 + 0.5 * fbm(seed, 30 * x, 60 * y));
            double middle = vanishing + 0.5 * (rightSlope - leftSlope) * near;
            double along = 0.45 / near;
            boolean dash = along - Math.floor(along) < 0.5;
            if (dash && Math.abs(x - middle) < 0.035 * near) {
                mix(rgb, 0xC8C4B8, 0xECE8DC, noise(seed + 1, 50 * x, 50 * y));
            }
        }
    }

    /** A lamp post. */
    record Pole(double x0, double foot, double top, double thick) implements StreetPart {
        @Override
        public StreetClass is() {
            return StreetClass.POLE;
        }

        @Override
        public double depth(double x, double y) {
            double post = Math.min(thick - Math.abs(x - x0), Math.min(y - top, foot - y));
            double lamp = Math.min(3.2 * thick - Math.abs(x - x0), 1.6 * thick - Math.abs(y - top));
            return Math.max(post, lamp);
        }

        @Override
        public void paint(double x, double y, double[] rgb) {
            mix(rgb, 0x2C3034, 0x6C7478, 0.5 + 0.4 * (x - x0) / thick);
        }
    }
}
