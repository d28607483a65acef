package dev.wsss.core.augment;

/** Places of a turned view in the view before it is turned, for loops over all pixels. */
final class Turn {
    private final ViewGeometry geometry;
    private final double middleY;
    private final double middleX;
    private final double sin;
    private final double cos;

    Turn(ViewGeometry geometry) {
        this.geometry = geometry;
        middleY = geometry.height() / 2.0;
        middleX = geometry.width() / 2.0;
        sin = Math.sin(Math.toRadians(geometry.angle()));
        cos = Math.cos(Math.toRadians(geometry.angle()));
    }

    /** The row, continuous, at a place of the turned view. */
    double y(double y, double x) {
        return middleY + (x - middleX) * sin + (y - middleY) * cos;
    }

    /** The column likewise. */
    double x(double y, double x) {
        return middleX + (x - middleX) * cos - (y - middleY) * sin;
    }

    /** The source row at a place of the turned view. */
    double sourceY(double y, double x) {
        return geometry.uprightSourceY(y(y, x));
    }

    /** The source column likewise. */
    double sourceX(double y, double x) {
        return geometry.uprightSourceX(x(y, x));
    }

    /** Whether the middle of a pixel of the turned view is of the source. */
    boolean shows(int row, int column) {
        double y = sourceY(row + 0.5, column + 0.5);
        double x = sourceX(row + 0.5, column + 0.5);
        return y >= 0 && x >= 0 && y < geometry.sourceHeight() && x < geometry.sourceWidth();
    }

    /** Rows to add at the top and below, so that all of the turned view is in the view before. */
    int down() {
        return margin(2 * middleX * Math.abs(sin) + 2 * middleY * Math.abs(cos) - geometry.height());
    }

    /** Columns likewise. */
    int across() {
        return margin(2 * middleX * Math.abs(cos) + 2 * middleY * Math.abs(sin) - geometry.width());
    }

    private static int margin(double more) {
        return Math.max(0, (int) Math.ceil(more / 2));
    }
}
