package dev.wsss.datasets;

/**
 * The classes of the shapes dataset: outline, badge, and what each tends to be seen with.
 *
 * <p>Outlines lie within about the unit circle. Body colours and body textures are shared between classes; what tells a
 * class for certain is its badge, a small two-coloured spot, and its outline.
 */
enum ShapeKind {
    DISK(0.42, 0.00, 0.27, 0xF4F4F0, 0xD01828, SceneBackground.MEADOW),
    RING(0.66, 0.00, 0.21, 0x101014, 0xF8F8F8, SceneBackground.WATER),
    TRIANGLE(0.00, 0.32, 0.26, 0xFFEC40, 0x141018, SceneBackground.SAND),
    SQUARE(0.34, 0.34, 0.26, 0x1838E0, 0xF4F4FF, SceneBackground.BRICK),
    STAR(0.00, 0.00, 0.31, 0x50F040, 0xC010A0, SceneBackground.DUSK),
    CROSS(0.60, 0.00, 0.25, 0xF850C8, 0xFFF060, SceneBackground.GRAVEL),
    CRESCENT(-0.57, 0.00, 0.27, 0x40E8F8, 0x101848, SceneBackground.DUSK),
    HEXAGON(-0.38, 0.20, 0.27, 0xFFFFFF, 0x188838, SceneBackground.PLANKS);

    private static final ShapeKind[] KINDS = values();

    final double badgeX;
    final double badgeY;
    final double badgeRadius;
    final int badgeOuter;
    final int badgeInner;
    /** The background on which most scenes that begin with this class are set. */
    final SceneBackground home;

    private final double[][] corners;

    ShapeKind(double badgeX, double badgeY, double badgeRadius, int badgeOuter, int badgeInner, SceneBackground home) {
        this.badgeX = badgeX;
        this.badgeY = badgeY;
        this.badgeRadius = badgeRadius;
        this.badgeOuter = badgeOuter;
        this.badgeInner = badgeInner;
        this.home = home;
        this.corners = corners(ordinal());
    }

    static int count() {
        return KINDS.length;
    }

    static ShapeKind of(int tag) {
        return KINDS[tag];
    }

    /** The class that often stands beside this one. */
    ShapeKind partner() {
        return KINDS[KINDS.length - 1 - ordinal()];
    }

    private static double[][] corners(int ordinal) {
        return switch (ordinal) {
            case 2 -> regular(3, 1.08, 1.08);
            case 3 -> regular(4, 1.08, 1.08);
            case 4 -> regular(5, 1.08, 0.52);
            case 5 -> {
                double a = 0.34;
                double b = 0.96;
                yield new double[][] {
                    {a, b}, {-a, b}, {-a, a}, {-b, a}, {-b, -a}, {-a, -a}, {-a, -b}, {a, -b}, {a, -a}, {b, -a}, {b, a},
                    {a, a}
                };
            }
            case 7 -> regular(6, 0.98, 0.98);
            default -> new double[0][];
        };
    }

    /** A regular polygon with a corner on top, or a star when the inner radius is smaller; squares stand upright. */
    private static double[][] regular(int n, double outer, double inner) {
        boolean star = inner < outer;
        int m = star ? 2 * n : n;
        double first = n == 4 ? StrictMath.PI / 4 : StrictMath.PI / 2;
        double[][] out = new double[m][];
        for (int i = 0; i < m; i++) {
            double angle = first + 2 * StrictMath.PI * i / m;
            double r = star && i % 2 == 1 ? inner : outer;
            out[i] = new double[] {r * StrictMath.cos(angle), r * StrictMath.sin(angle)};
        }
        return out;
    }

    /** Signed distance to the outline, negative inside. */
    double distance(double x, double y) {
        double r = Math.sqrt(x * x + y * y);
        return switch (this) {
            case DISK -> r - 0.92;
            case RING -> Math.abs(r - 0.66) - 0.29;
            case CRESCENT -> Math.max(r - 0.96, 0.66 - Math.sqrt((x - 0.5) * (x - 0.5) + y * y));
            default -> polygonDistance(x, y);
        };
    }

    /** Distance to the nearest edge, negative where the ray to the right crosses the outline an odd number of times. */
    private double polygonDistance(double x, double y) {
        double nearest = Double.MAX_VALUE;
        boolean inside = false;
        double[] a = corners[corners.length - 1];
        for (double[] b : corners) {
            double ex = b[0] - a[0];
            double ey = b[1] - a[1];
            double px = x - a[0];
            double py = y - a[1];
            double t = Math.min(1, Math.max(0, (px * ex + py * ey) / (ex * ex + ey * ey)));
            double dx = px - t * ex;
            double dy = py - t * ey;
            nearest = Math.min(nearest, dx * dx + dy * dy);
            if (a[1] > y != b[1] > y && x < a[0] + ex * (y - a[1]) / ey) {
                inside = !inside;
            }
            a = b;
        }
        return inside ? -Math.sqrt(nearest) : Math.sqrt(nearest);
    }
}
