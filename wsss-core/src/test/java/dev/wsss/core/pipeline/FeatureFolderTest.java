package dev.wsss.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.FeatureSource;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Features of files, those of PyTorch among them. */
class FeatureFolderTest {
    @TempDir
    private Path folder;

    private static Sample sample(String id, int height, int width) {
        return new Sample(
                id,
                new RgbImage(height, width, new byte[3 * height * width]),
                ImageTags.of(ClassCatalog.withBackground(List.of("cat")), 0));
    }

    /** Puts a file as PyTorch writes it into the folder, under a name. */
    private Path put(String resource, String name) throws IOException {
        Path file = folder.resolve(name);
        try (InputStream in =
                Objects.requireNonNull(FeatureFolderTest.class.getResourceAsStream("/features/" + resource))) {
            Files.copy(in, file);
        }
        return file;
    }

    private static void assertRefused(FeatureSource source, Sample sample, String message) {
        assertThatThrownBy(() -> source.get(sample))
                .isInstanceOf(InvalidDataException.class)
                .hasMessage(message);
    }

    @Test
    void aTensorOfPythonIsTheMapOfItsImage() throws IOException {
        put("scene.pt", "a.pt");
        // at twice the size 26x40, so 2x3 cells of 14
        FeatureMap map = FeatureFolder.ofTensors(folder, 2, 14).get(sample("a", 13, 20));
        assertThat(map.isHalf()).isTrue();
        assertThat(map.channels()).isEqualTo(3);
        assertThat(map.at(0, 0, 1)).isEqualTo(2 / 8f);
        assertThat(map.at(2, 1, 0)).isEqualTo(16 / 8f);
        assertThat(map.imageWidth()).isEqualTo(20);
    }

    @Test
    void anotherImageOrGridIsRefused() throws IOException {
        Path a = put("scene.pt", "a.pt");
        FeatureFolder source = FeatureFolder.ofTensors(folder, 2, 14);
        assertRefused(
                source,
                sample("a", 20, 13),
                a + ": features lie on a grid of 2x3; expected 3x2 for an image of 20x13 at scale 2.0 in cells of 14"
                        + " pixels");
        assertThatThrownBy(() -> FeatureFolder.ofTensors(folder, 2, 8).get(sample("a", 13, 20)))
                .hasMessageContaining("expected 4x5 for an image of 13x20");
        assertRefused(
                source, sample("b", 13, 20), folder.resolve("b.pt") + ": no such file; expected the features of 'b'");
        assertThat(source.missing("b")).isPresent();
        assertThat(source.missing("a")).isEmpty();
    }

    @Test
    void whatIsNoFeatureMapIsRefused() throws IOException {
        Path zero = put("zero.pt", "zero.pt");
        Path flat = put("flat.pt", "flat.pt");
        Path dict = put("dict.pt", "dict.pt");
        FeatureFolder source = FeatureFolder.ofTensors(folder, 2, 14);
        assertRefused(
                source,
                sample("zero", 13, 20),
                zero + ": the features at row 1, column 1 are all 0; expected vectors with a direction");
        assertThatThrownBy(() -> source.get(sample("flat", 13, 20)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageStartingWith(flat + ": is ")
                .hasMessageEndingWith("expected a float16 or float32 tensor [D, rows, columns]");
        assertRefused(source, sample("dict", 13, 20), dict + ": holds the tensors [a, b]; expected one alone");
        Files.writeString(folder.resolve("text.pt"), "no tensor");
        assertThatThrownBy(() -> source.get(sample("text", 13, 20)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("text.pt");
        assertThatThrownBy(() -> FeatureFolder.ofTensors(folder, 0, 14))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("scale must be positive and patch at least 1, got 0.0 and 14");
    }

    @Test
    void aStagesMapIsReadBackForItsImageAlone() {
        FeatureMap map = FeatureMap.builder()
                .setGrid(1, 1, 2)
                .setImageSize(8, 16)
                .setFloats(new float[] {1, 2})
                .build()
                .toHalf();
        Path file = folder.resolve("a.safetensors");
        ProductCodec.featureMaps().write(file, map);
        FeatureFolder source = FeatureFolder.of(folder);
        assertThat(source.get(sample("a", 8, 16))).isEqualTo(map);
        assertRefused(
                source, sample("a", 16, 8), file + ": features are of an image of 8x16; expected 16x8 as the image");
        String before = source.description().sha256();
        ProductCodec.featureMaps().write(folder.resolve("b.safetensors"), map);
        assertThat(source.description().sha256()).isNotEqualTo(before);
    }
}
