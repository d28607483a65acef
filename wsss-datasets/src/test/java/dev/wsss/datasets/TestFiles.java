package dev.wsss.datasets;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.RgbImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Writes small datasets. */
final class TestFiles {
    private TestFiles() {}

    /** An image all of one level; the kind follows the extension. */
    static void image(Path file, int height, int width, int level) throws IOException {
        Files.createDirectories(file.getParent());
        byte[] data = new byte[height * width * 3];
        java.util.Arrays.fill(data, (byte) level);
        String name = file.toString();
        String format = name.substring(name.lastIndexOf('.') + 1);
        ImageIO.write(new RgbImage(height, width, data).toBufferedImage(), format, file.toFile());
    }

    /** A mask whose pixels repeat the labels. */
    static void mask(Path file, int height, int width, int... labels) throws IOException {
        Files.createDirectories(file.getParent());
        byte[] data = new byte[height * width];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) labels[i % labels.length];
        }
        LabelPng.write(file, LabelMap.wrap(height, width, data), ClassCatalog.vocPalette());
    }

    static Path text(Path file, String... lines) throws IOException {
        Files.createDirectories(file.getParent());
        return Files.writeString(file, String.join("\n", lines) + "\n");
    }

    /** Deletes a folder of files. */
    static void delete(Path folder) throws IOException {
        for (Path file : ImageFolder.files(folder)) {
            Files.delete(file);
        }
        Files.delete(folder);
    }

    static void assertInvalid(ThrowingCallable call, String... words) {
        assertThatThrownBy(call).isInstanceOf(InvalidDataException.class).hasMessageContainingAll(words);
    }
}
