package dev.wsss.examples;

import dev.wsss.core.augment.Augmentation;

/**
 * What fits the images: the drawn scenes are small, photographs are not; and their light does not change, so that learning
 * to see past it costs more than it gives.
 *
 * @param camScales of the maps
 * @param segmenterScales at which the segmenter sees images
 */
record QuickstartSettings(
        int crop,
        double minScale,
        double maxScale,
        double jitter,
        double[] camScales,
        double[] segmenterScales,
        int batch,
        int classifierSteps,
        int affinitySteps,
        int segmenterSteps) {
    private static final QuickstartSettings QUICK =
            new QuickstartSettings(32, 1, 1, 0.2, new double[] {1, 1.5}, new double[] {1}, 4, 4, 2, 2);
    private static final QuickstartSettings SHAPES =
            new QuickstartSettings(96, 0.8, 1.25, 0, new double[] {1, 1.5, 2}, new double[] {1}, 16, 500, 150, 400);
    private static final QuickstartSettings PHOTOGRAPHS =
            new QuickstartSettings(192, 0.5, 1, 0.2, new double[] {0.75, 1.25}, new double[] {0.75}, 8, 400, 100, 400);

    /** Of drawn scenes or photographs, or, for a test that everything runs, of neither. */
    static QuickstartSettings of(boolean shapes, boolean quick) {
        return quick ? QUICK : shapes ? SHAPES : PHOTOGRAPHS;
    }

    /** With so many steps of classifier and segmenter, and a quarter of them of AffinityNet, as it is otherwise. */
    QuickstartSettings withSteps(int steps) {
        return new QuickstartSettings(
                crop,
                minScale,
                maxScale,
                jitter,
                camScales,
                segmenterScales,
                batch,
                steps,
                Math.max(1, steps / 4),
                steps);
    }

    Augmentation augmentation() {
        return Augmentation.builder()
                .optScale(minScale, maxScale)
                .optCrop(crop, crop)
                .optFlip(true)
                .optColourJitter(jitter, jitter, jitter)
                .build();
    }
}
