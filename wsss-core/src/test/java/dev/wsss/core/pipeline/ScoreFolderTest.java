package dev.wsss.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Npy;
import dev.wsss.core.io.ObjectNpy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
        ObjectNpy.writeCamDict(folder.resolve("a.npy"), Map.of(0, map(0.5f), 3, map(0.25f)));
        assertThat(source.generate(SAMPLE).labels()).containsExactly(0, 3);
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

    /** The file is NumPy's, {@code np.save} of a dict of two torch tensors and an array, as IRN's {@code make_cam}. */
    @Test
    void irnsTensorsArePassedOver() throws Exception {
        Path folder = Path.of(Objects.requireNonNull(getClass().getResource("/irn/cam.npy"))
                        .toURI())
                .resolveSibling("");
        Sample two = new Sample("cam", new RgbImage(6, 9, new byte[162]), ImageTags.of(PETS, 0, 2));
        ScoreMaps maps = ScoreFolder.irn(folder).generate(two);
        assertThat(maps.labels()).containsExactly(1, 3);
        assertThat(maps.toArray()[107]).isEqualTo(107 / 108f);
        Sample one = new Sample("cam", two.image(), ImageTags.of(PETS, 1));
        assertThatThrownBy(() -> ScoreFolder.irn(folder).generate(one))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("cam.npy: has 2 maps; expected 1, one for each of");
        assertThatThrownBy(() -> new ScoreFolder(folder, ProductCodec.camDicts(PETS)).generate(two))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("torch");
    }
}
