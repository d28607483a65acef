package dev.wsss.examples;

import dev.wsss.core.noisy.SmallLoss;
import dev.wsss.core.noisy.SymmetricCrossEntropy;
import dev.wsss.core.noisy.TeacherSmoothing;
import dev.wsss.systems.cdl.Cdl;

/** What {@code wsss cdl train} minimizes. */
enum CdlLoss {
    /** CDL's own. */
    EXPERTS,
    /** A cross-entropy of one expert on labels as they are. */
    PLAIN,
    /** {@link SymmetricCrossEntropy}. */
    SYMMETRIC,
    /** {@link SmallLoss}, selected by the moving average. */
    SMALL_LOSS,
    /** {@link TeacherSmoothing}. */
    SMOOTHING;

    /** Of the moving average: it follows within a hundred steps. */
    private static final double TEACHER_DECAY = 0.99;

    private static final double TEACHER_WEIGHT = 0.3;

    /**
     * Tells the builder. Teachers take over in the first half of the training.
     *
     * @param noise the share of wrong labels that small loss expects
     * @param steps of the training
     * @throws IllegalArgumentException if the share is not in [0, 1]
     */
    void tell(Cdl.Builder cdl, double noise, long steps) {
        if (!(noise >= 0 && noise <= 1)) {
            throw new IllegalArgumentException("--noise is " + noise + "; expected a share in [0, 1]");
        }
        long half = Math.max(1, steps / 2);
        switch (this) {
            case EXPERTS, PLAIN -> {}
            case SYMMETRIC -> cdl.optLoss(SymmetricCrossEntropy::of);
            case SMALL_LOSS ->
                cdl.optLoss(network ->
                                SmallLoss.coTeaching(network, noise, half).withTeacher())
                        .optTeacher(TEACHER_DECAY);
            case SMOOTHING ->
                cdl.optLoss(network -> TeacherSmoothing.of(network, TEACHER_WEIGHT, half))
                        .optTeacher(TEACHER_DECAY);
        }
    }
}
