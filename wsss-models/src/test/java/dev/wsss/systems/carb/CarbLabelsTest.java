package dev.wsss.systems.carb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.Sample;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CarbLabelsTest {
    private static final ClassCatalog CLASSES = Scenes.CLASSES;

    @TempDir
    private Path folder;

    /** Ids and tags alone. */
    private record Tags(String name, ClassCatalog classes, List<String> ids, List<ImageTags> all) implements Dataset {
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
            return all.get(index);
        }

        @Override
        public Sample get(int index) {
            throw new IllegalStateException("no image is asked for");
        }

        @Override
        public boolean hasTruth() {
            return true;
        }

        @Override
        public LabelMap truth(int index) {
            throw new IllegalStateException("no mask is asked for");
        }
    }

    private static final Tags TRAIN = new Tags(
            "train",
            CLASSES,
            List.of("aachen_000000_000019", "bochum_000000_000313"),
            List.of(ImageTags.of(CLASSES, 0, 1), ImageTags.of(CLASSES)));
    private static final Tags VAL =
            new Tags("val", CLASSES, List.of("lindau_000000_000019"), List.of(ImageTags.of(CLASSES, 3)));

    @ParameterizedTest
    @CsvSource({
        "CITYSCAPES, aachen/aachen_000000_000019, lindau/lindau_000000_000019, f4, f8",
        "CAMVID, aachen_000000_000019, lindau_000000_000019, f8, f4",
        "WILDDASH2, aachen_000000_000019, lindau_000000_000019, f8, f4",
        "PLAIN, aachen_000000_000019, lindau_000000_000019, f4, f8"
    })
    void whatIsWrittenIsReadInThePublishedForm(
            CarbLabels.Form form, String first, String last, String type, String other) throws IOException {
        Path file = folder.resolve("labels.npy");
        CarbLabels.write(file, form, List.of(TRAIN, VAL));
        Map<String, ImageTags> tags = CarbLabels.read(file, CLASSES);
        assertThat(tags).hasSize(3);
        assertThat(tags.keySet()).startsWith(first).endsWith(last);
        assertThat(tags.values()).containsExactly(TRAIN.tags(0), TRAIN.tags(1), VAL.tags(0));
        // np.load(path, allow_pickle=True).item() of vectors of the published type
        String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        assertThat(bytes)
                .startsWith("\u0093NUMPY\u0001")
                .contains("'descr': '|O'", "'shape': ()", type)
                .doesNotContain(other);
    }

    @Test
    void whatDoesNotGoTogetherIsRefused() {
        Path file = folder.resolve("labels.npy");
        assertThatThrownBy(() -> CarbLabels.write(file, CarbLabels.Form.PLAIN, List.of()))
                .isInstanceOf(IllegalArgumentException.class);
        Tags again = new Tags("val", CLASSES, List.of("aachen_000000_000019"), List.of(ImageTags.of(CLASSES, 2)));
        assertThatThrownBy(() -> CarbLabels.write(file, CarbLabels.Form.CITYSCAPES, List.of(TRAIN, again)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "'aachen/aachen_000000_000019' has the tags [sky, road] and, in val, [car]; expected an image once");
        ClassCatalog two = ClassCatalog.withoutBackground(List.of("a", "b"));
        Tags other = new Tags("other", two, List.of("x"), List.of(ImageTags.of(two, 0)));
        assertThatThrownBy(() -> CarbLabels.write(file, CarbLabels.Form.PLAIN, List.of(TRAIN, other)))
                .hasMessage("other has other classes than train; expected the same");
        assertThat(file).doesNotExist();
    }

    /** A tag vector of another length. */
    @Test
    void tagsOfOtherClassesAreRefusedByFileAndImage() {
        Path file = folder.resolve("labels.npy");
        CarbLabels.write(file, CarbLabels.Form.CITYSCAPES, List.of(TRAIN));
        ClassCatalog five = ClassCatalog.withoutBackground(List.of("a", "b", "c", "d", "e"));
        assertThatThrownBy(() -> CarbLabels.read(file, five))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageStartingWith(file + ": 'aachen/aachen_000000_000019' ")
                .hasMessageContainingAll("4", "5");
    }
}
