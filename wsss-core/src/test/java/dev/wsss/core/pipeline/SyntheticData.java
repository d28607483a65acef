package dev.wsss.core.pipeline;

import dev.wsss.api.CamGenerator;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.Description;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelRule;
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
    /** Other seeds give other images under the same ids. */
    long seed;

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
        new Random(index + 10_000 * seed).nextBytes(pixels);
        return new Sample(id(index), new RgbImage(side, side, pixels), tags(index));
    }

    @Override
    public String fingerprint(int index) {
        return "noise " + seed + " " + index;
    }

    @Override
    public boolean hasTruth() {
        return true;
    }

    @Override
    public LabelMap truth(int index) {
        return LabelMap.of(side, side, new byte[side * side]);
    }

    /** As many score maps as tags, each a colour times a factor. */
    record Cam(double scale) implements CamGenerator {
        @Override
        public ScoreMaps generate(Sample sample) {
            RgbImage image = sample.image();
            int[] labels = sample.tags().labels();
            int n = image.height() * image.width();
            float[] scores = new float[labels.length * n];
            for (int k = 0; k < labels.length; k++) {
                for (int i = 0; i < n; i++) {
                    scores[k * n + i] = (float) (scale * (image.data()[3 * i + k] & 255) / 255f);
                }
            }
            return ScoreMaps.of(labels, image.height(), image.width(), scores);
        }

        @Override
        public Description description() {
            return Description.of("Cam").putAll(this).build();
        }
    }

    static ScoreMaps cam(Sample sample) {
        return new Cam(1).generate(sample);
    }

    static Stage.Builder<ScoreMaps> camStage() {
        return Stages.cam(new Cam(1));
    }

    /** A stage {@code cam} of any function. */
    static Stage.Builder<ScoreMaps> camStage(CamGenerator function) {
        return Stage.builder(ProductCodec.scoreMaps())
                .setName("cam")
                .optConfig("function", "of this test")
                .setFunction((sample, inputs) -> function.generate(sample));
    }

    /** Adds seeded noise and mixes neighbours, so that both seed and input show in the bytes. */
    static Stage.Builder<ScoreMaps> walkStage(Stage<ScoreMaps> cam) {
        return Stage.builder(ProductCodec.scoreMaps())
                .setName("walk")
                .optInputs(cam)
                .optConfig("noise", 0.1)
                .setFunction((sample, inputs) -> {
                    ScoreMaps in = inputs.get(cam);
                    float[] from = in.toArray();
                    float[] to = new float[from.length];
                    Random random = new Random(inputs.seed());
                    for (int i = 0; i < to.length; i++) {
                        to[i] = (from[i] + from[(i + 1) % from.length]) / 2 + 0.1f * random.nextFloat();
                    }
                    return ScoreMaps.of(in.labels(), in.height(), in.width(), to);
                });
    }

    private record Above(double threshold) implements LabelRule {
        @Override
        public LabelMap label(Sample sample, ScoreMaps maps) {
            float[] scores = maps.toArray();
            int[] labels = maps.labels();
            int n = maps.height() * maps.width();
            byte[] out = new byte[n];
            for (int i = 0; i < n; i++) {
                for (int k = 0; k < labels.length; k++) {
                    if (scores[k * n + i] > threshold) {
                        out[i] = (byte) labels[k];
                    }
                }
            }
            return LabelMap.wrap(maps.height(), maps.width(), out);
        }

        @Override
        public Description description() {
            return Description.of("Above").putAll(this).build();
        }
    }

    static Stage.Builder<LabelMap> labelStage(Stage<ScoreMaps> walk) {
        return Stages.label(new Above(0.6), walk, CLASSES).optName("pseudo").optWorkers(1);
    }

    /** The last of three stages, each on so many samples at a time. */
    static Stage<LabelMap> pseudo(int workers) {
        Stage<ScoreMaps> cam = camStage().optWorkers(workers).build();
        Stage<ScoreMaps> walk = walkStage(cam).optWorkers(workers).build();
        return labelStage(walk).optWorkers(workers).build();
    }

    /** A run of the usual seed. */
    static RunFolder.Builder folder(Dataset data, Path out) {
        return RunFolder.builder().setData(data).setFolder(out).optSeed(7);
    }

    /** Makes the products of all three stages. */
    static RunResult run(Dataset data, Path out) {
        return folder(data, out).build().make(pseudo(1));
    }
}
