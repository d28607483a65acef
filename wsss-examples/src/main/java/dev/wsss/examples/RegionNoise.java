package dev.wsss.examples;

import dev.wsss.api.LabelMap;
import dev.wsss.api.SplitMix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes a known share of a mask's regions wrong.
 *
 * <p>The mask is cut into square cells, those at its right and lower edge being what is left. A region is all pixels of one label
 * in one cell; {@link LabelMap#IGNORE} makes none and stays. Of {@code n} regions {@code round(share * n)}, drawn at random,
 * get another of the labels that the mask has, each region one of them, all equally likely. A mask of a single label has no
 * other and stays as it is.
 *
 * <p>Seed and id decide the order in which regions are drawn, and what each becomes: the same share gives the same mask, and a
 * larger one spoils what a smaller one does, and more.
 *
 * @param cell side of a cell in pixels, at least 1
 * @param share of the regions, in [0, 1]
 * @param seed fixes everything that is random
 */
record RegionNoise(int cell, double share, long seed) {
    /**
     * Checks.
     *
     * @throws IllegalArgumentException if cell or share are out of range
     */
    RegionNoise {
        if (cell < 1) {
            throw new IllegalArgumentException("cell is " + cell + "; expected a side of at least 1 pixel");
        }
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("share is " + share + "; expected a part of the regions in [0, 1]");
        }
    }

    /**
     * A mask with wrong regions.
     *
     * @param regions how many it has
     * @param wrong how many of them have another label than in the truth
     */
    record Spoilt(LabelMap mask, int regions, int wrong) {}

    /** Spoils the mask of a sample. */
    Spoilt spoil(String id, LabelMap truth) {
        int height = truth.height();
        int width = truth.width();
        byte[] labels = truth.toArray();
        int[] present = present(truth);
        int across = (width + cell - 1) / cell;
        int down = (height + cell - 1) / cell;
        boolean[][] in = new boolean[across * down][256];
        for (int i = 0; i < labels.length; i++) {
            in[i / width / cell * across + i % width / cell][labels[i] & 255] = true;
        }
        List<Region> regions = new ArrayList<>();
        for (int c = 0; c < in.length; c++) {
            for (int label : present) {
                if (in[c][label]) {
                    regions.add(new Region(c, label));
                }
            }
        }
        int wrong = present.length < 2 ? 0 : (int) Math.round(share * regions.size());
        int[][] becomes = new int[in.length][256];
        for (int[] each : becomes) {
            Arrays.setAll(each, label -> label);
        }
        SplitMix random = new SplitMix(seed, id.hashCode());
        for (int drawn = 0; drawn < wrong; drawn++) {
            // the rest of a shuffle is left out
            int pick = drawn + random.below(regions.size() - drawn);
            Region region = regions.get(pick);
            regions.set(pick, regions.get(drawn));
            becomes[region.cell][region.label] = another(present, region.label, random);
        }
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (byte) becomes[i / width / cell * across + i % width / cell][labels[i] & 255];
        }
        return new Spoilt(LabelMap.wrap(height, width, labels), regions.size(), wrong);
    }

    private record Region(int cell, int label) {}

    private static int[] present(LabelMap mask) {
        int[] counts = mask.histogram();
        int[] found = new int[256];
        int n = 0;
        for (int label = 0; label < LabelMap.IGNORE; label++) {
            if (counts[label] > 0) {
                found[n++] = label;
            }
        }
        return Arrays.copyOf(found, n);
    }

    private static int another(int[] present, int label, SplitMix random) {
        int other = present[random.below(present.length - 1)];
        // the last takes the place of the label itself, which is not among the choices
        return other == label ? present[present.length - 1] : other;
    }
}
