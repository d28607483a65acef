package dev.wsss.models.maskclip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextEmbeddingsTest {
    private static final HostArray ROWS = HostArray.ofFloats(new float[] {1, 0, 0, 0.6f, 0.8f, 0}, 2, 3);

    @TempDir
    private Path folder;

    private static Path resource(String name) {
        return Path.of(System.getProperty("basedir", ""), "src/test/resources/maskclip", name);
    }

    @Test
    void whatIsWrittenIsRead() {
        Path file = folder.resolve("two.safetensors");
        TextEmbeddings two = new TextEmbeddings(List.of("road", "traffic light"), ROWS);
        two.write(file);
        assertThat(TextEmbeddings.read(file)).isEqualTo(two);
        new TextEmbeddings(List.of(), ROWS).write(file);
        assertThat(TextEmbeddings.read(file).prompts()).isEmpty();
    }

    @Test
    void aTensorAloneAndACheckpointAreRead() {
        assertThat(TextEmbeddings.read(resource("bare.pth")).rows()).isEqualTo(ROWS);
        Path file = folder.resolve("carb.safetensors");
        Safetensors.write(file, Map.of("decode_head.text_embeddings", ROWS, "backbone.x", ROWS), Map.of());
        assertThat(TextEmbeddings.read(file).classes()).isEqualTo(2);
    }

    @Test
    void whatIsNoneIsRefusedByTheFile() throws IOException {
        Path file = folder.resolve("odd.safetensors");
        Safetensors.write(file, Map.of("other", ROWS), Map.of());
        assertThatThrownBy(() -> TextEmbeddings.read(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("odd.safetensors: expected one tensor 'text_embeddings', got []");
        Safetensors.write(file, Map.of("text_embeddings", HostArray.ofFloats(new float[] {3, 4}, 1, 2)), Map.of());
        assertThatThrownBy(() -> TextEmbeddings.read(file)).hasMessageContaining("got 5.0 in row 0");
        Safetensors.write(file, Map.of("text_embeddings", HostArray.ofFloats(new float[2], 2)), Map.of());
        assertThatThrownBy(() -> TextEmbeddings.read(file)).hasMessageContaining("[classes][width]");
        Safetensors.write(file, Map.of("text_embeddings", ROWS), Map.of("prompts", "road"));
        assertThatThrownBy(() -> TextEmbeddings.read(file)).hasMessageContaining("each of 1 prompts, got 2");
        Files.writeString(file, "no");
        assertThatThrownBy(() -> TextEmbeddings.read(file)).isInstanceOf(InvalidDataException.class);
    }

    @Test
    void classesMustBeThoseOfTheTags() {
        TextEmbeddings two = new TextEmbeddings(List.of("road", "sky"), ROWS);
        assertThat(two.requireClasses(ClassCatalog.withBackground(List.of("a", "b"))))
                .isSameAs(two);
        assertThatThrownBy(() -> two.requireClasses(ClassCatalog.withoutBackground(List.of("a", "b", "c"))))
                .hasMessageContaining("the 3 classes that there are tags of, got 2 [road, sky]");
    }
}
