package dev.wsss.models.irn;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * Images of two striped halves with the edge at a random column: the left one has horizontal stripes and is background,
 * the right one has vertical stripes and is class "grid". Brightness tells nothing.
 */
record TextureData(int size, int side) implements Dataset {
    private static final ClassCatalog CATALOG = ClassCatalog.withBackground(List.of("grid"));

    /** First column of the right half, away from the borders. */
    int edge(int index) {
        return side / 4 + new SplittableRandom(index).nextInt(Math.max(1, side / 2));
    }

    @Override
    public LabelMap truth(int index) {
        byte[] labels = new byte[side * side];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (byte) (i % side < edge(index) ? 0 : 1);
        }
        return LabelMap.wrap(side, side, labels);
    }

    @Override
    public Sample get(int index) {
        Random random = new Random(index + 1000L);
        byte[] data = new byte[3 * side * side];
        int edge = edge(index);
        for (int y = 0, o = 0; y < side; y++) {
            for (int x = 0; x < side; x++) {
                int stripe = (x < edge ? y : x) / 2 % 2 == 0 ? 60 : 180;
                for (int c = 0; c < 3; c++) {
                    data[o++] = (byte) (stripe + random.nextInt(20));
                }
            }
        }
        return new Sample(id(index), new RgbImage(side, side, data), tags(index));
    }

    @Override
    public String name() {
        return "textures";
    }

    @Override
    public ClassCatalog classes() {
        return CATALOG;
    }

    @Override
    public String id(int index) {
        return "texture-" + index;
    }

    @Override
    public ImageTags tags(int index) {
        return ImageTags.of(CATALOG, 0);
    }

    @Override
    public boolean hasTruth() {
        return true;
    }

    /** The labels of a sample of these data. */
    LabelMap labels(Sample sample) {
        return truth(Integer.parseInt(sample.id().substring("texture-".length())));
    }
}
