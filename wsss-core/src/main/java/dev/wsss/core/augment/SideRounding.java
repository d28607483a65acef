package dev.wsss.core.augment;

/** How a scaled side becomes a whole number of pixels; never less than one. */
public enum SideRounding {
    /** Python's {@code round}: to the nearest, halves to the even one. */
    HALF_EVEN,
    /** {@code int(v + 0.5)}, as mmcv. */
    HALF_UP,
    /** {@code int(v)}. */
    FLOOR;

    int apply(double side) {
        double whole =
                switch (this) {
                    case HALF_EVEN -> Math.rint(side);
                    case HALF_UP -> Math.floor(side + 0.5);
                    case FLOOR -> Math.floor(side);
                };
        return Math.max(1, (int) whole);
    }
}
