package dev.wsss.systems.cdl;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.Source;
import java.util.List;

/** A disc left, red, and one right, blue, on a ground whose colour tells images apart; labels are the same in all. */
record Discs(int size, int height, int width) implements Dataset {
    static final ClassCatalog CLASSES = ClassCatalog.withBackground(List.of("red", "blue"));

    private static final int[][] COLOURS = {{110, 120, 100}, {210, 40, 30}, {30, 50, 220}};

    @Override
    public String name() {
        return "discs";
    }

    @Override
    public ClassCatalog classes() {
        return CLASSES;
    }

    @Override
    public String id(int index) {
        return "disc" + index;
    }

    @Override
    public ImageTags tags(int index) {
        return ImageTags.of(CLASSES, 0, 1);
    }

    @Override
    public Sample get(int index) {
        byte[] labels = truth(index).toArray();
        byte[] rgb = new byte[3 * labels.length];
        for (int i = 0; i < rgb.length; i++) {
            int own = labels[i / 3] == 0 ? index * 20 : 0;
            rgb[i] = (byte) (COLOURS[labels[i / 3]][i % 3] + own + (i * 31 + index * 7) % 16);
        }
        return new Sample(id(index), new RgbImage(height, width, rgb), tags(index));
    }

    @Override
    public boolean hasTruth() {
        return true;
    }

    @Override
    public LabelMap truth(int index) {
        byte[] labels = new byte[height * width];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                labels[y * width + x] = (byte) (in(y, x, width / 4) ? 1 : in(y, x, width * 3 / 4) ? 2 : 0);
            }
        }
        return LabelMap.wrap(height, width, labels);
    }

    private boolean in(int y, int x, int middle) {
        int dy = y - height / 2;
        int dx = x - middle;
        return dy * dy + dx * dx < height * height / 16;
    }

    /** The truth as labels to learn from. */
    Source<LabelMap> labels() {
        return sample -> truth(0);
    }
}
