package dev.wsss.systems.ppc;

/** What a network for class activation maps learns from. */
public enum PpcVariant {
    /** Tags alone: the plain classifier. */
    CAM(false, false, false),
    /** Tags and the agreement of two views (SEAM). */
    SEAM(true, false, false),
    /** SEAM with pixel-to-prototype contrast. */
    SEAM_PPC(true, false, true),
    /** Tags and saliency (EPS). */
    EPS(false, true, false),
    /** EPS on two views as SEAM's, with pixel-to-prototype contrast. */
    EPS_PPC(true, true, true);

    private final boolean twoViews;
    private final boolean saliency;
    private final boolean contrast;

    PpcVariant(boolean twoViews, boolean saliency, boolean contrast) {
        this.twoViews = twoViews;
        this.saliency = saliency;
        this.contrast = contrast;
    }

    /** Whether each image is seen at two sizes. */
    public boolean hasTwoViews() {
        return twoViews;
    }

    /** Whether training needs the saliency of each image. */
    public boolean hasSaliency() {
        return saliency;
    }

    /** Whether pixels are contrasted with prototypes. */
    public boolean hasContrast() {
        return contrast;
    }
}
