package dev.wsss.core.pipeline;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** Noise images with tags, in no file, and stages in pure Java that make something of every pixel. */
final class SyntheticData implements Dataset {
    static final ClassCatalog CLASSES = ClassCatalog.withBackground(List.of("cat", "dog", "sheep"));

    private final List<String> ids;
    private final int side;
    final Set<String> corrupt = new HashSet<>();
    final AtomicInteger decoded = new AtomicInteger();
    int tagShift;

    SyntheticData(List<String> ids, int side) {
        this.ids = ids;
        this.side = side;
    }

    static SyntheticData of(int size) {
        return new SyntheticData(
                IntStream.range(0, size)
                        .mapToObj(i -> "part" + i % 3 + "/img_" + i)
                        .toList(),
                24);
    }

    @Override
    public String name() {
        return "synthetic";
    }

    @Override
    public ClassCatalog classes() {
        return CLASSES;
    }

    @Override
    public int size() {
        return ids.size();
    }

    @Override
    public String id(int index) {
        return ids.get(index);
    }

    @Override
    public ImageTags tags(int index) {
        return ImageTags.of(CLASSES, (index + tagShift) % 3, (index / 3) % 3);
    }

    @Override
    public Sample get(int index) {
        decoded.incrementAndGet();
        if (corrupt.contains(id(index))) {
            throw new InvalidDataException(id(index) + ".jpg: the data ends early");
        }
        byte[] pixels = new byte[side * side * 3];
        new Random(index).nextBytes(pixels);
        return new Sample(id(index), new RgbImage(side, side, pixels), tags(index));
    }

    @Override
    public boolean hasTruth() {
        return true;
    }

    @Override
    public LabelMap truth(int index) {
        return LabelMap.of(side, side, new byte[side * side]);
    }

    static ScoreMaps cam(Sample sample) {
        RgbImage image = sample.image();
        int[] labels = sample.tags().labels();
        int n = image.height() * image.width();
        float[] scores = new float[labels.length * n];
        for (int k = 0; k < labels.length; k++) {
            for (int i = 0; i < n; i++) {
                scores[k * n + i] = (image.data()[3 * i + k] & 255) / 255f;
            }
        }
        return ScoreMaps.of(labels, image.height(), image.width(), scores);
    }

    static Stage<ScoreMaps> camStage() {
        return Stages.cam(SyntheticData::cam).optConfig("scale", 1.0).build();
    }

    /** Adds seeded noise and mixes neighbours, so that both seed and input show in the bytes. */
    static Stage<ScoreMaps> walkStage(Stage<ScoreMaps> cam) {
        return Stage.builder(ProductCodec.scoreMaps())
                .setName("walk")
                .optInputs(cam)
                .setFunction((sample, inputs) -> {
                    ScoreMaps in = inputs.get(cam);
                    float[] from = in.toArray();
                    float[] to = new float[from.length];
                    Random random = new Random(inputs.seed());
                    for (int i = 0; i < to.length; i++) {
                        to[i] = (from[i] + from[(i + 1) % from.length]) / 2 + 0.1f * random.nextFloat();
                    }
                    return ScoreMaps.of(in.labels(), in.height(), in.width(), to);
                })
                .build();
    }

    static Stage<LabelMap> labelStage(Stage<ScoreMaps> walk) {
        return Stages.label(
                        (sample, maps) -> {
                            float[] scores = maps.toArray();
                            int[] labels = maps.labels();
                            int n = maps.height() * maps.width();
                            byte[] out = new byte[n];
                            for (int i = 0; i < n; i++) {
                                for (int k = 0; k < labels.length; k++) {
                                    if (scores[k * n + i] > 0.6f) {
                                        out[i] = (byte) labels[k];
                                    }
                                }
                            }
                            return LabelMap.wrap(maps.height(), maps.width(), out);
                        },
                        walk,
                        CLASSES)
                .optName("pseudo")
                .build();
    }

    /** All three stages over a dataset. */
    static Pipeline.Builder pipeline(Dataset data, Path out) {
        Stage<ScoreMaps> cam = camStage();
        Stage<ScoreMaps> walk = walkStage(cam);
        return Pipeline.builder()
                .setData(data)
                .setOut(out)
                .stage(cam)
                .stage(walk)
                .stage(labelStage(walk))
                .optSeed(7);
    }
}
