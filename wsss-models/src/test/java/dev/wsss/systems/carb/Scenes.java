package dev.wsss.systems.carb;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.core.io.HostArray;
import dev.wsss.models.clip.Clip;
import dev.wsss.models.clip.ClipConfig;
import dev.wsss.models.clip.ClipSettings;
import dev.wsss.models.maskclip.TextEmbeddings;
import java.util.List;

/** Sky above road, in every second scene with a car. */
record Scenes(int size, int height, int width) implements Dataset {
    static final ClassCatalog CLASSES = ClassCatalog.withoutBackground(List.of("sky", "road", "car", "bus"));

    private static final int[][] COLOURS = {{120, 170, 250}, {90, 90, 90}, {200, 30, 30}};

    /** An image tower of 8x8 patches; texts are short and of OpenAI's vocabulary. */
    static Clip clip() {
        ClipConfig config =
                new ClipConfig(new ClipConfig.Vit(32, 8, 8, 2, 2), new ClipConfig.Text(77, 49408, 8, 1, 2), 6);
        Clip clip = Clip.builder()
                .setConfig(config)
                .optSettings(ClipSettings.DEFAULT.withPad(true))
                .build();
        clip.train(false);
        return clip;
    }

    /** Of the four classes, six channels each. */
    static TextEmbeddings embeddings() {
        float[] rows = new float[4 * 6];
        for (int c = 0; c < 4; c++) {
            rows[6 * c + c] = 0.8f;
            rows[6 * c + (c + 2) % 6] = 0.6f;
        }
        return new TextEmbeddings(CLASSES.tagNames(), HostArray.ofFloats(rows, 4, 6));
    }

    @Override
    public String name() {
        return "scenes";
    }

    @Override
    public ClassCatalog classes() {
        return CLASSES;
    }

    @Override
    public String id(int index) {
        return "scene" + index;
    }

    @Override
    public ImageTags tags(int index) {
        return index % 2 == 0 ? ImageTags.of(CLASSES, 0, 1) : ImageTags.of(CLASSES, 0, 1, 2);
    }

    @Override
    public Sample get(int index) {
        byte[] labels = truth(index).toArray();
        byte[] rgb = new byte[3 * labels.length];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (COLOURS[labels[i / 3]][i % 3] + (i * 31 + index * 7) % 16);
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
                boolean car = index % 2 == 1 && y > height / 2 && y < height * 3 / 4 && x > 4 && x < width / 2;
                labels[y * width + x] = (byte) (car ? 2 : y < height / 2 ? 0 : 1);
            }
        }
        return LabelMap.wrap(height, width, labels);
    }
}
