package dev.wsss.examples;

import dev.wsss.api.Dataset;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.datasets.Datasets;
import java.nio.file.Path;
import java.util.Locale;

/**
 * What CARB's weighting is measured with, where no CLIP takes part: masks of the training images, made of the truth, in which a
 * known share of regions is wrong, and a file of random text embeddings. {@code NoisyMasks DATA OUT SHARE SEED}, such as
 * {@code NoisyMasks camvid:CamVid noise-40 0.4 1}, leaves {@code OUT/masks/<id>.png} and {@code
 * OUT/text_embeddings.safetensors} for {@code wsss carb train --single --labels OUT/masks --text
 * OUT/text_embeddings.safetensors --no-local}.
 *
 * <p>A region is all pixels of one label in one cell of 48x48 pixels. Of each mask's {@code n} regions {@code round(SHARE * n)},
 * drawn at random, get the label of another class of that image, any of them equally likely; all else stays. The order in which
 * regions are drawn depends on seed and id alone, so that a larger share spoils what a smaller one does, and more. The
 * embeddings are orthogonal rows of length 1, the same for all shares.
 */
public final class NoisyMasks {
    /** A tenth of the width of CamVid's frames. */
    static final int CELL = 48;

    /** As many channels as the head of {@link dev.wsss.systems.carb.CarbRecipe#small()} computes in minutes. */
    private static final int WIDTH = 64;

    private NoisyMasks() {}

    /** Writes masks and embeddings, and prints what share of regions and pixels is wrong. */
    public static void main(String[] args) {
        if (args.length != 4) {
            throw new IllegalArgumentException("expected DATA OUT SHARE SEED, got " + args.length
                    + " arguments; such as: camvid:CamVid noise-40 0.4 1");
        }
        RegionNoise noise = new RegionNoise(CELL, number("SHARE", args[2]), whole("SEED", args[3]));
        Path out = Path.of(args[1]);
        System.out.println(write(Datasets.open(args[0]).train(), out, noise));
    }

    /**
     * What was written.
     *
     * @param masks number of files
     * @param regions of all masks
     * @param wrongRegions those with another label than in the truth
     * @param pixels with a label
     * @param wrongPixels those with another label than in the truth
     */
    record Written(int masks, long regions, long wrongRegions, long pixels, long wrongPixels) {
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%d masks, %d regions: %.1f %% of regions and %.1f %% of pixels are wrong",
                    masks,
                    regions,
                    100.0 * wrongRegions / regions,
                    100.0 * wrongPixels / pixels);
        }
    }

    /**
     * Writes the masks of a dataset that has them, and embeddings of its classes.
     *
     * @throws IllegalArgumentException if a sample has no mask
     */
    static Written write(Dataset data, Path out, RegionNoise noise) {
        long regions = 0;
        long wrongRegions = 0;
        long[] pixels = new long[2];
        for (int i = 0; i < data.size(); i++) {
            if (!data.hasTruth(i)) {
                throw new IllegalArgumentException(data.name() + " has no mask of '" + data.id(i)
                        + "'; expected the truth, which is to be spoilt");
            }
            LabelMap truth = data.truth(i);
            RegionNoise.Spoilt spoilt = noise.spoil(data.id(i), truth);
            regions += spoilt.regions();
            wrongRegions += spoilt.wrong();
            truth.compare(spoilt.mask(), (right, given, count) -> {
                pixels[0] += right == LabelMap.IGNORE ? 0 : count;
                pixels[1] += right == given ? 0 : count;
            });
            LabelPng.write(out.resolve("masks").resolve(data.id(i) + ".png"), spoilt.mask(), data.classes());
        }
        RandomEmbeddings.orthonormal(data.classes().tagNames(), WIDTH, noise.seed())
                .write(out.resolve("text_embeddings.safetensors"));
        return new Written(data.size(), regions, wrongRegions, pixels[0], pixels[1]);
    }

    private static double number(String name, String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + " is '" + text + "'; expected a number", e);
        }
    }

    private static long whole(String name, String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + " is '" + text + "'; expected a whole number", e);
        }
    }
}
