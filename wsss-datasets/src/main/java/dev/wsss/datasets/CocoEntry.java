package dev.wsss.datasets;

/**
 * An annotation as it stands in the file; any number may be wrong.
 *
 * @param area NaN if the file has none
 */
record CocoEntry(long id, long imageId, long categoryId, double area, boolean crowd, CocoShape shape) {
    boolean hasArea() {
        return !Double.isNaN(area);
    }
}
