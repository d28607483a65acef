package dev.wsss.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.CamGenerator;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Npy;
import dev.wsss.core.io.ObjectNpy;
import dev.wsss.core.io.TestPickles;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The score files of the original programs. */
class ScoreFolderTest {
    private static final ClassCatalog PETS = ClassCatalog.withBackground(List.of("cat", "dog", "hare"));
    private static final Sample SAMPLE = new Sample("a", new RgbImage(2, 3, new byte[18]), ImageTags.of(PETS, 0, 2));

    private static HostArray map(float first) {
        return HostArray.ofFloats(new float[] {first, 0, 0, 0, 0, 1}, 2, 3);
    }

    @Test
    void camsAreKeyedByTag(@TempDir Path folder) {
        ObjectNpy.writeCamDict(folder.resolve("a.npy"), Map.of(2, map(0.5f), 0, map(0.25f)));
        ScoreMaps maps = new ScoreFolder(folder, ProductCodec.camDicts(PETS)).generate(SAMPLE);
        assertThat(maps.labels()).containsExactly(1, 3);
        assertThat(maps.toArray()).startsWith(0.25f).endsWith(1f);
        Path copy = folder.resolve("copy.npy");
        ProductCodec.camDicts(PETS).write(copy, maps);
        assertThat(ObjectNpy.readCamDict(copy)).containsOnlyKeys(0, 2);
        assertThat(ProductCodec.camDicts(PETS).read(copy).toArray()).containsExactly(maps.toArray());
    }

    @Test
    void probabilitiesAreKeyedByLabelOrAnArrayOfAll(@TempDir Path folder) {
        ScoreFolder source = new ScoreFolder(folder, ProductCodec.labelDicts(PETS));
        ObjectNpy.writeCamDict(folder.resolve("a.npy"), Map.of(0, map(0.5f), 3, map(0.25f), 1, map(0)));
        assertThat(source.generate(SAMPLE).labels()).containsExactly(0, 1, 3);
        Npy.write(folder.resolve("a.npy"), HostArray.ofFloats(new float[4 * 6], 4, 2, 3));
        assertThat(source.generate(SAMPLE).labels()).containsExactly(0, 1, 2, 3);
        Npy.write(folder.resolve("a.npy"), HostArray.ofFloats(new float[3 * 6], 3, 2, 3));
        assertThatThrownBy(() -> source.generate(SAMPLE))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("a.npy")
                .hasMessageContaining("[4, H, W]");
    }

    @Test
    void whatDoesNotFitIsRefusedByName(@TempDir Path folder) {
        ScoreFolder source = new ScoreFolder(folder, ProductCodec.camDicts(PETS));
        assertThatThrownBy(() -> source.generate(SAMPLE))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("a.npy: no such file");
        refuse(source, Map.of(3, map(1)), "class 3");
        refuse(source, Map.of(1, map(Float.NaN)), "label 2 at row 0, column 0 is NaN");
        refuse(source, Map.of(1, HostArray.ofFloats(new float[4], 2, 2)), "2x2; expected 2x3");
    }

    @Test
    void aDictOfNoMapTakesItsSizeFromTheImage(@TempDir Path folder) {
        Path file = folder.resolve("a.npy");
        ObjectNpy.writeCamDict(file, Map.of());
        Sample untagged = new Sample("a", SAMPLE.image(), ImageTags.of(PETS));
        ScoreMaps maps = new ScoreFolder(folder, ProductCodec.camDicts(PETS)).generate(untagged);
        assertThat(maps.labels()).isEmpty();
        assertThat(List.of(maps.height(), maps.width())).containsExactly(2, 3);
        assertThatThrownBy(() -> ProductCodec.camDicts(PETS).read(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("a.npy: is a dict of no map, which is an image's without tags and tells no size");
    }

    private static void refuse(ScoreFolder source, Map<Integer, HostArray> dict, String reason) {
        Path file = source.folder().resolve("a.npy");
        ObjectNpy.writeCamDict(file, dict);
        assertThatThrownBy(() -> source.generate(SAMPLE))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(reason);
    }

    /** The file's own index, and not the order of its maps, says which class each is of. */
    @Test
    void irnsMapsAreOfTheTagsInKeys(@TempDir Path folder) {
        HostArray both = HostArray.ofFloats(new float[] {.9f, 0, 0, 0, 0, .1f, .5f, 0, 0, 0, 0, .2f}, 2, 2, 3);
        TestPickles.npy(folder.resolve("a.npy"), Map.of("keys", List.of(2, 0), "high_res", both));
        for (CamGenerator source :
                List.of(ScoreFolder.irn(folder), new ScoreFolder(folder, ProductCodec.camDicts(PETS)))) {
            ScoreMaps maps = source.generate(SAMPLE);
            assertThat(maps.labels()).containsExactly(1, 3);
            assertThat(maps.toArray()).startsWith(.5f).endsWith(.1f);
        }
        assertThatThrownBy(() -> new ScoreFolder(folder, ProductCodec.labelDicts(PETS)).generate(SAMPLE))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("a.npy: key '", "'keys'", "'high_res'");
    }

    @Test
    void mapsOfOtherClassesThanTheTagsAreRefused(@TempDir Path folder) {
        ScoreFolder cams = new ScoreFolder(folder, ProductCodec.camDicts(PETS));
        ScoreFolder labels = new ScoreFolder(folder, ProductCodec.labelDicts(PETS));
        refuse(cams, Map.of(0, map(1)), "its keys are [0]; expected the image's tags, [0, 2] for [cat, hare]");
        refuse(cams, Map.of(0, map(1), 1, map(1), 2, map(1)), "its keys are [0, 1, 2]; expected");
        refuse(cams, Map.of(), "its keys are []; expected the image's tags, [0, 2]");
        refuse(labels, Map.of(1, map(1), 3, map(1)), "its keys are [1, 3]; expected the image's labels, [0, 1, 3]");
        refuse(labels, Map.of(0, map(1), 1, map(1), 2, map(1), 3, map(1)), "its keys are [0, 1, 2, 3]; expected");
        // the one kind of number in place of the other
        refuse(labels, Map.of(0, map(1), 2, map(1)), "[0, 1, 3] for [cat, hare] (these would be the image's tags)");
        Sample cat = new Sample("a", SAMPLE.image(), ImageTags.of(PETS, 0));
        for (Map<Integer, HostArray> dict : List.of(Map.of(1, map(1)), Map.of(0, map(1), 1, map(1)))) {
            ObjectNpy.writeCamDict(folder.resolve("a.npy"), dict);
            assertThatThrownBy(() -> cams.generate(cat)).hasMessageContaining("would be the image's labels)");
        }
        TestPickles.npy(
                folder.resolve("a.npy"),
                Map.of("keys", List.of(1), "high_res", HostArray.ofFloats(new float[6], 1, 2, 3)));
        assertThatThrownBy(() -> ScoreFolder.irn(folder).generate(SAMPLE))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("a.npy: its keys are [1]; expected the image's tags, [0, 2] for [cat, hare]");
    }

    @Test
    void mapsOfAnyOtherFormAreOfTheTagsAsWell(@TempDir Path folder) {
        ScoreFolder source = new ScoreFolder(folder, ProductCodec.scoreMaps());
        Path file = folder.resolve("a.safetensors");
        ProductCodec.scoreMaps().write(file, ScoreMaps.of(new int[] {0, 1, 3}, 2, 3, new float[18]));
        assertThat(source.generate(SAMPLE).count()).isEqualTo(3);
        ProductCodec.scoreMaps().write(file, ScoreMaps.of(new int[] {1, 2}, 2, 3, new float[12]));
        assertThatThrownBy(() -> source.generate(SAMPLE))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("a.safetensors: has maps of the labels [1, 2]; expected [1, 3]");
    }

    /** Logarithms and raw activations look like scores: no threshold and no loss would say so. */
    @Test
    void scoresOfNoRangeForTheirKindAreRefused(@TempDir Path folder) {
        ScoreFolder cams = new ScoreFolder(folder, ProductCodec.camDicts(PETS));
        ScoreFolder probabilities = new ScoreFolder(folder, ProductCodec.labelDicts(PETS));
        Sample cat = new Sample("a", SAMPLE.image(), ImageTags.of(PETS, 0));
        Path file = folder.resolve("a.npy");
        for (float[] range : new float[][] {{0, 1}, {-0.2f, 0.9f}, {0, 0}}) {
            ObjectNpy.writeCamDict(file, Map.of(0, ranging(range[0], range[1])));
            assertThat(cams.generate(cat).count()).isOne();
        }
        for (float[] range : new float[][] {{0, 14.2f}, {-9, -0.1f}}) {
            ObjectNpy.writeCamDict(file, Map.of(0, ranging(range[0], range[1])));
            assertThatThrownBy(() -> cams.generate(cat))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining(
                            "a.npy: scores are from " + range[0] + " to " + range[1] + "; expected CAMs of at most 1");
        }
        ObjectNpy.writeCamDict(file, Map.of(0, ranging(0.1f, 1), 1, ranging(0, 0.9f)));
        assertThat(probabilities.generate(cat).count()).isEqualTo(2);
        ObjectNpy.writeCamDict(file, Map.of(0, ranging(-2.3f, 0), 1, ranging(-5, -0.1f)));
        assertThatThrownBy(() -> probabilities.generate(cat))
                .hasMessageContaining("a.npy: scores are from -5.0 to 0.0; expected probabilities, 0 to 1");
    }

    private static HostArray ranging(float least, float most) {
        return HostArray.ofFloats(new float[] {least, most, least, most, least, most}, 2, 3);
    }

    @Test
    void anImageWithoutTagsMayHaveNoMaps(@TempDir Path folder) {
        Sample untagged = new Sample("a", SAMPLE.image(), ImageTags.of(PETS));
        Path file = TestPickles.npy(folder.resolve("a.npy"), Map.of("keys", List.of()));
        assertThat(ScoreFolder.irn(folder).generate(untagged).count()).isZero();
        assertThatThrownBy(() -> ScoreFolder.irn(folder).generate(SAMPLE)).hasMessageContaining("its keys are []");
        ScoreFolder labels = new ScoreFolder(folder, ProductCodec.labelDicts(PETS));
        ObjectNpy.writeCamDict(file, Map.of());
        assertThat(labels.generate(untagged).count()).isZero();
        ObjectNpy.writeCamDict(file, Map.of(0, map(1)));
        assertThat(labels.generate(untagged).labels()).containsExactly(0);
    }

    /** The file is NumPy's, {@code np.save} of a dict of two torch tensors and an array, as IRN's {@code make_cam}. */
    @Test
    void irnsOwnFileIsRead() throws Exception {
        Path folder = Path.of(Objects.requireNonNull(getClass().getResource("/irn/cam.npy"))
                        .toURI())
                .resolveSibling("");
        ClassCatalog many = ClassCatalog.withBackground(
                IntStream.range(0, 20).mapToObj(i -> "c" + i).toList());
        int[] tags = ObjectNpy.readIrnCams(folder.resolve("cam.npy")).keySet().stream()
                .mapToInt(tag -> tag)
                .toArray();
        assertThat(tags).hasSize(2).endsWith(7);
        Sample two = new Sample("cam", new RgbImage(6, 9, new byte[162]), ImageTags.of(many, tags));
        ScoreMaps maps = ScoreFolder.irn(folder).generate(two);
        assertThat(maps.labels()).containsExactly(tags[0] + 1, 8);
        assertThat(maps.toArray()[107]).isEqualTo(107 / 108f);
        Sample one = new Sample("cam", two.image(), ImageTags.of(many, 1));
        assertThatThrownBy(() -> ScoreFolder.irn(folder).generate(one))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(
                        "cam.npy: its keys are [" + tags[0] + ", 7]; expected the image's tags, [1] for [c1]");
    }
}
