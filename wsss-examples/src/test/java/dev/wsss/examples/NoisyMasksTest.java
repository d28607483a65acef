package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.RgbImage;
import dev.wsss.core.report.Overlay;
import dev.wsss.datasets.Datasets;
import dev.wsss.models.maskclip.TextEmbeddings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Masks with a known share of wrong regions, and the embeddings beside them. */
class NoisyMasksTest {
    private static final int CELL = 10;
    private static final int HEIGHT = 45;
    private static final int WIDTH = 64;

    /** Four classes in stripes and blocks, and void in the right columns; cells at the edges are cut off. */
    private static final LabelMap TRUTH = truth(0);

    private static LabelMap truth(int shift) {
        byte[] labels = new byte[HEIGHT * WIDTH];
        for (int p = 0; p < labels.length; p++) {
            int y = p / WIDTH;
            int x = p % WIDTH;
            int label = y < 13 ? 0 : (x + shift) / 9 % 2 == 0 ? 2 : y < 30 ? 7 : 10;
            labels[p] = (byte) (x > 60 ? LabelMap.IGNORE : label);
        }
        return LabelMap.wrap(HEIGHT, WIDTH, labels);
    }

    /** What the pixels of each region of the truth have become, by cell and label; several numbers where they differ. */
    private static TreeMap<String, Set<Integer>> becomes(LabelMap truth, LabelMap mask) {
        TreeMap<String, Set<Integer>> found = new TreeMap<>();
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                String region = y / CELL + "," + x / CELL + ":" + truth.get(y, x);
                found.computeIfAbsent(region, k -> new TreeSet<>()).add(mask.get(y, x));
            }
        }
        return found;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.2, 0.4, 0.6, 1})
    void theShareOfRegionsIsWrongAndNothingElse(double share) {
        RegionNoise.Spoilt spoilt = new RegionNoise(CELL, share, 5).spoil("frame", TRUTH);
        int regions = 0;
        int wrong = 0;
        for (var region : becomes(TRUTH, spoilt.mask()).entrySet()) {
            assertThat(region.getValue()).as(region.getKey()).hasSize(1);
            int was = Integer.parseInt(region.getKey().replaceAll(".*:", ""));
            int is = region.getValue().iterator().next();
            if (was == LabelMap.IGNORE) {
                assertThat(is).isEqualTo(LabelMap.IGNORE);
                continue;
            }
            regions++;
            wrong += was == is ? 0 : 1;
            assertThat(is).isIn(0, 2, 7, 10);
        }
        assertThat(regions).isGreaterThan(60);
        assertThat(spoilt.regions()).isEqualTo(regions);
        assertThat(spoilt.wrong()).isEqualTo(wrong).isEqualTo((int) Math.round(share * regions));
    }

    @Test
    void seedAndIdDecide() {
        LabelMap mask = new RegionNoise(CELL, 0.4, 5).spoil("frame", TRUTH).mask();
        assertThat(new RegionNoise(CELL, 0.4, 5).spoil("frame", TRUTH).mask()).isEqualTo(mask);
        assertThat(new RegionNoise(CELL, 0.4, 6).spoil("frame", TRUTH).mask()).isNotEqualTo(mask);
        assertThat(new RegionNoise(CELL, 0.4, 5).spoil("other", TRUTH).mask()).isNotEqualTo(mask);
    }

    @Test
    void aLargerShareSpoilsTheSameAndMore() {
        LabelMap some = new RegionNoise(CELL, 0.2, 5).spoil("frame", TRUTH).mask();
        LabelMap more = new RegionNoise(CELL, 0.6, 5).spoil("frame", TRUTH).mask();
        int spoilt = 0;
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                if (some.get(y, x) != TRUTH.get(y, x)) {
                    assertThat(more.get(y, x)).isEqualTo(some.get(y, x));
                    spoilt++;
                }
            }
        }
        assertThat(spoilt).isPositive();
    }

    /** Of many regions of one class, each other class takes about the same part. */
    @Test
    void otherClassesAreEquallyLikely() {
        int[] took = new int[11];
        for (int i = 0; i < 200; i++) {
            becomes(TRUTH, new RegionNoise(CELL, 1, 5).spoil("frame" + i, TRUTH).mask())
                    .forEach((region, labels) -> {
                        if (region.endsWith(":2")) {
                            took[labels.iterator().next()]++;
                        }
                    });
        }
        int all = took[0] + took[7] + took[10];
        assertThat(took[2]).isZero();
        for (int label : new int[] {0, 7, 10}) {
            assertThat((double) took[label] / all).as("label " + label).isEqualTo(1 / 3.0, offset(0.02));
        }
    }

    @Test
    void aSingleLabelHasNoOther() {
        LabelMap road = LabelMap.wrap(20, 20, new byte[400]);
        RegionNoise.Spoilt spoilt = new RegionNoise(CELL, 1, 1).spoil("road", road);
        assertThat(spoilt).isEqualTo(new RegionNoise.Spoilt(road, 4, 0));
        byte[] nothing = new byte[400];
        Arrays.fill(nothing, (byte) LabelMap.IGNORE);
        assertThat(new RegionNoise(CELL, 1, 1)
                        .spoil("void", LabelMap.wrap(20, 20, nothing))
                        .regions())
                .isZero();
    }

    @Test
    void embeddingsAreOrthonormalAndOfTheSeed() {
        TextEmbeddings made = RandomEmbeddings.orthonormal(List.of("a", "b", "c"), 5, 1);
        float[] rows = made.rows().toFloats();
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
                double dot = 0;
                for (int k = 0; k < 5; k++) {
                    dot += rows[i * 5 + k] * rows[j * 5 + k];
                }
                assertThat(dot).isEqualTo(i == j ? 1 : 0, offset(1e-6));
            }
        }
        assertThat(RandomEmbeddings.orthonormal(List.of("a", "b", "c"), 5, 1)
                        .rows()
                        .toFloats())
                .isEqualTo(rows);
        assertThat(RandomEmbeddings.orthonormal(List.of("a", "b", "c"), 5, 2)
                        .rows()
                        .toFloats())
                .isNotEqualTo(rows);
        assertThatThrownBy(() -> RandomEmbeddings.orthonormal(List.of("a", "b", "c"), 2, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("width is 2");
    }

    @Test
    void aDatasetBecomesMasksThatCarbTrainsOn(@TempDir Path folder) throws IOException {
        Path root = folder.resolve("camvid");
        ClassCatalog grey = ClassCatalog.withoutBackground(
                IntStream.range(0, 12).mapToObj(i -> "class" + i).toList());
        for (String split : new String[] {"train", "val"}) {
            List<String> list = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                String id = split + i;
                Overlay.writePng(
                        root.resolve(split + "/" + id + ".png"),
                        new RgbImage(HEIGHT, WIDTH, new byte[3 * HEIGHT * WIDTH]));
                byte[] stored = truth(i).toArray();
                for (int p = 0; p < stored.length; p++) {
                    stored[p] = (stored[p] & 255) == LabelMap.IGNORE ? 11 : stored[p];
                }
                LabelPng.write(
                        root.resolve(split + "annot/" + id + ".png"), LabelMap.wrap(HEIGHT, WIDTH, stored), grey);
                list.add(split + "/" + id + ".png " + split + "annot/" + id + ".png");
            }
            Files.write(root.resolve(split + ".txt"), list);
        }
        Path out = folder.resolve("noisy");
        String data = "camvid:" + root;
        NoisyMasks.main(new String[] {data, out.toString(), "0.5", "3"});

        Dataset train = Datasets.open(data).train();
        RegionNoise noise = new RegionNoise(NoisyMasks.CELL, 0.5, 3);
        for (int i = 0; i < train.size(); i++) {
            assertThat(LabelPng.read(out.resolve("masks/train" + i + ".png")))
                    .isEqualTo(noise.spoil("train" + i, train.truth(i)).mask())
                    .isNotEqualTo(train.truth(i));
        }
        Path text = out.resolve("text_embeddings.safetensors");
        assertThat(TextEmbeddings.read(text).prompts()).startsWith("sky", "building");
        CommandLineRun run = CommandLineRun.of(
                "carb",
                "train",
                "--data",
                data,
                "--out",
                folder.resolve("run").toString(),
                "--device",
                "cpu",
                "--quick",
                "--single",
                "--no-local",
                "--text",
                text.toString(),
                "--labels",
                out.resolve("masks").toString());
        assertThat(run.status()).as(run.err().toString()).isZero();
        assertThat(NoisyMasks.write(train, out, noise).toString()).startsWith("3 masks, ");
    }

    @Test
    void badArgumentsAreTold(@TempDir Path folder) {
        assertThatThrownBy(() -> NoisyMasks.main(new String[] {"camvid:x"}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("expected DATA OUT SHARE SEED, got 1 arguments");
        String out = folder.toString();
        for (String share : new String[] {"1.5", "-0.1", "NaN", "half"}) {
            assertThatThrownBy(() -> NoisyMasks.main(new String[] {"camvid:x", out, share, "1"}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(share);
        }
        assertThatThrownBy(() -> NoisyMasks.main(new String[] {"camvid:x", out, "0.5", "one"}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("SEED is 'one'");
        assertThatThrownBy(() -> new RegionNoise(0, 0.5, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cell is 0");
    }
}
