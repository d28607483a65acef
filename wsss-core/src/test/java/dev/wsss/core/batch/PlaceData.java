package dev.wsss.core.batch;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import java.util.List;

/** Images whose pixels tell their row (red), column (green) and image (blue). */
final class PlaceData implements Dataset {
    static final ClassCatalog CLASSES = ClassCatalog.withBackground(List.of("cat", "dog", "hare"));

    private final int size;
    private final int height;
    private final int width;

    PlaceData(int size, int height, int width) {
        this.size = size;
        this.height = height;
        this.width = width;
    }

    static int index(Sample sample) {
        return Integer.parseInt(sample.id().substring(1));
    }

    /** The row of each pixel as its label. */
    static LabelMap rows(Sample sample) {
        return colour(sample, 0);
    }

    /** The column of each pixel as its label. */
    static LabelMap columns(Sample sample) {
        return colour(sample, 1);
    }

    /** 1 on a square in the middle, else 0. */
    static LabelMap square(Sample sample) {
        RgbImage image = sample.image();
        int h = image.height();
        int w = image.width();
        byte[] labels = new byte[h * w];
        for (int i = 0; i < labels.length; i++) {
            boolean inside = Math.abs(i / w - h / 2) < h / 4 && Math.abs(i % w - w / 2) < w / 4;
            labels[i] = (byte) (inside ? 1 : 0);
        }
        return LabelMap.wrap(h, w, labels);
    }

    private static LabelMap colour(Sample sample, int channel) {
        RgbImage image = sample.image();
        byte[] labels = new byte[image.height() * image.width()];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = image.data()[3 * i + channel];
        }
        return LabelMap.wrap(image.height(), image.width(), labels);
    }

    @Override
    public String name() {
        return "places";
    }

    @Override
    public ClassCatalog classes() {
        return CLASSES;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public String id(int index) {
        return "p" + index;
    }

    @Override
    public ImageTags tags(int index) {
        return ImageTags.of(CLASSES, index % 3);
    }

    @Override
    public Sample get(int index) {
        byte[] rgb = new byte[height * width * 3];
        for (int i = 0; i < height * width; i++) {
            rgb[3 * i] = (byte) (i / width);
            rgb[3 * i + 1] = (byte) (i % width);
            rgb[3 * i + 2] = (byte) index;
        }
        return new Sample(id(index), new RgbImage(height, width, rgb), tags(index));
    }

    @Override
    public boolean hasTruth() {
        return false;
    }

    @Override
    public LabelMap truth(int index) {
        throw new InvalidDataException("places have no truth");
    }
}
