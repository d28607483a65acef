package dev.wsss.datasets;

/**
 * Which of several objects a pixel shows where annotated masks overlap. Published converters of COCO's annotations differ in
 * this, and so do the label maps that numbers were published on. Crowd regions are painted as their class by all of them.
 */
public enum OverlapRule {
    /**
     * The object of the smallest {@code area}; of equal ones the first in the file. So does coco2voc, to which AFA points: it
     * sorts by area, and the first to paint a pixel keeps it.
     */
    SMALLEST_ON_TOP,
    /** The last in the file, as in the converter of wseg: each paints over those before it. */
    LAST_ON_TOP,
    /** The first in the file, as in wseg's second converter: no pixel is painted twice. */
    FIRST_ON_TOP
}
