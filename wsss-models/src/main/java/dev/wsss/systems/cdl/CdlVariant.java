package dev.wsss.systems.cdl;

/** Which of the two networks of CDL. */
public enum CdlVariant {
    /** CDL-b, the base: two experts see one view; the first answers. */
    BASE(false, 1),
    /** CDL-e, extended: a third expert sees a strongly changed view of the same crop and answers. */
    EXTENDED(true, 2);

    private final boolean strongView;
    private final double negativeWeight;

    CdlVariant(boolean strongView, double negativeWeight) {
        this.strongView = strongView;
        this.negativeWeight = negativeWeight;
    }

    /** Whether a third expert learns from a strongly changed view. */
    public boolean hasStrongView() {
        return strongView;
    }

    /** The weight of pairs of unlike labels in the loss of affinities, beside 1 of like ones. */
    double negativeWeight() {
        return negativeWeight;
    }
}
