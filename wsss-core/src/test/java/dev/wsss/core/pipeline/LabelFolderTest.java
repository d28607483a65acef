package dev.wsss.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelFolderTest {
    private static final ClassCatalog CLASSES = ClassCatalog.withBackground(List.of("cat", "dog"));

    @TempDir
    Path dir;

    private LabelMap read(int height, int width, int... labels) {
        byte[] bytes = new byte[labels.length];
        for (int i = 0; i < labels.length; i++) {
            bytes[i] = (byte) labels[i];
        }
        LabelPng.write(dir.resolve("a.png"), LabelMap.of(height, width, bytes), ClassCatalog.vocPalette());
        return new LabelFolder(dir, CLASSES).get(sample("a"));
    }

    private static Sample sample(String id) {
        return new Sample(id, new RgbImage(2, 2, new byte[12]), ImageTags.of(CLASSES, 0));
    }

    @Test
    void labelsAndIgnoreAreTakenAsTheyAre() {
        assertThat(read(2, 2, 0, 1, 2, 255).toArray()).containsExactly(0, 1, 2, -1);
    }

    @Test
    void otherValuesAreRefusedWithFileValueAndCount() {
        assertThatThrownBy(() -> read(2, 2, 0, 254, 254, 255))
                .isInstanceOf(InvalidDataException.class)
                .hasMessage(dir.resolve("a.png") + ": 2 pixels have the value 254; expected labels 0..2 or 255");
        assertThatThrownBy(() -> read(2, 2, 0, 3, 1, 255)).hasMessageContaining("1 pixel has the value 3;");
    }

    @Test
    void anotherSizeIsRefused() {
        assertThatThrownBy(() -> read(1, 4, 0, 0, 1, 1))
                .isInstanceOf(InvalidDataException.class)
                .hasMessage(dir.resolve("a.png") + ": labels are 1x4; expected 2x2 as the image");
    }

    @Test
    void whatIsMissingIsKnownWithoutReading() {
        read(2, 2, 0, 0, 0, 0);
        LabelFolder folder = new LabelFolder(dir, CLASSES);
        assertThat(folder.missing("a")).isEmpty();
        assertThat(folder.missing("b")).hasValueSatisfying(reason -> assertThat(reason)
                .contains("b.png: no such file; expected the labels of 'b'"));
        assertThatThrownBy(() -> folder.get(sample("b"))).hasMessageContaining("b.png: no such file");
    }
}
