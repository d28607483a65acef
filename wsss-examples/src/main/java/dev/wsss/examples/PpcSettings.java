package dev.wsss.examples;

/**
 * The numbers of PPC's programs. Steps are of a batch; rates are as published, for SGD, but where {@code adam} is set: small
 * networks from nothing need it.
 *
 * @param backbone resnet38, resnet101, resnet50 or small
 * @param crop side of the images of a batch
 * @param secondView side of the second view
 * @param minLongSide of the images before the crop
 * @param maxLongSide likewise
 * @param camScales of inference
 * @param segmenterScales of inference
 * @param camBackground score below which a CAM's pixel is background
 * @param walkBackground the background's score in the random walk
 * @param stride pixels for a node of the affinity grid
 * @param crfIterations after the walk
 * @param sureForeground above it IRN's labels are foreground
 * @param sureBackground below it they are background
 * @param irnPaddedSize side of IRN's images in training and inference
 * @param irnSteps of its walk
 * @param irnBackground its threshold
 */
record PpcSettings(
        String backbone,
        boolean adam,
        int batch,
        int crop,
        int secondView,
        int minLongSide,
        int maxLongSide,
        double rate,
        double weightDecay,
        int camEpochs,
        long camSteps,
        long affinitySteps,
        double[] camScales,
        double camBackground,
        double walkBackground,
        int stride,
        int crfIterations,
        double sureForeground,
        double sureBackground,
        int irnPaddedSize,
        int irnSteps,
        double irnBackground,
        int segmenterBatch,
        double segmenterRate,
        long segmenterSteps,
        double[] segmenterScales) {
    /** The published numbers, for VOC. */
    static PpcSettings published() {
        return new PpcSettings(
                "resnet38",
                false,
                8,
                448,
                128,
                448,
                768,
                0.01,
                5e-4,
                8,
                0,
                0,
                new double[] {0.5, 1, 1.5, 2},
                0.26,
                0.27,
                8,
                1,
                0.3,
                0.05,
                512,
                256,
                0.25,
                10,
                1e-3,
                20_000,
                new double[] {0.5, 0.75, 1, 1.25, 1.5, 1.75});
    }

    /** For the drawn scenes of 96 pixels, with a small network from nothing, in minutes. */
    static PpcSettings small() {
        return new PpcSettings(
                "small",
                true,
                8,
                96,
                48,
                77,
                120,
                2e-3,
                1e-2,
                0,
                600,
                120,
                new double[] {1, 1.5, 2},
                0.3,
                0.3,
                4,
                10,
                0.4,
                0.15,
                96,
                32,
                0.3,
                8,
                2e-3,
                400,
                new double[] {1});
    }

    /** A few small steps: everything runs, nothing is learnt. */
    PpcSettings quick() {
        return new PpcSettings(
                backbone,
                adam,
                4,
                32,
                24,
                28,
                36,
                rate,
                weightDecay,
                0,
                3,
                2,
                new double[] {1, 1.5},
                camBackground,
                walkBackground,
                stride,
                2,
                sureForeground,
                sureBackground,
                32,
                irnSteps,
                irnBackground,
                4,
                segmenterRate,
                2,
                segmenterScales);
    }
}
