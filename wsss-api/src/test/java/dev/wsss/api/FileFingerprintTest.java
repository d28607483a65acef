package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NullUnmarked
class FileFingerprintTest {
    @TempDir
    Path folder;

    private Path file(String name, byte[] content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, content);
    }

    @Test
    void sizeAndBothEndsTellFilesApart() throws IOException {
        byte[] bytes = new byte[5000];
        new Random(1).nextBytes(bytes);
        String one = FileFingerprint.of(file("a.png", bytes));
        assertThat(one).matches("5000-[0-9a-f]{16}");
        assertThat(FileFingerprint.of(file("copy/b.jpg", bytes))).isEqualTo(one);
        for (int at : new int[] {0, 1023, 5000 - 1024, 4999}) {
            byte[] other = bytes.clone();
            other[at] ^= 1;
            assertThat(FileFingerprint.of(file("c.png", other))).isNotEqualTo(one);
        }
        assertThat(FileFingerprint.of(file("short.png", new byte[3]))).startsWith("3-");
        assertThat(FileFingerprint.of(file("empty.png", new byte[0]))).startsWith("0-");
        assertThatThrownBy(() -> FileFingerprint.of(folder.resolve("none.png")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("none.png: cannot be read");
    }

    @Test
    void foldersAreTheirFilesOfAKindByName() throws IOException {
        file("in/a.png", new byte[] {1});
        file("in/sub/b.png", new byte[] {2});
        file("in/notes.txt", new byte[] {3});
        String one = FileFingerprint.ofFolder(folder.resolve("in"), "png");
        assertThat(one).startsWith("2 files, ");
        file("in/notes.txt", new byte[] {4});
        assertThat(FileFingerprint.ofFolder(folder.resolve("in"), "png")).isEqualTo(one);
        file("in/sub/b.png", new byte[] {5});
        String other = FileFingerprint.ofFolder(folder.resolve("in"), "png");
        assertThat(other).isNotEqualTo(one);
        Files.move(folder.resolve("in/a.png"), folder.resolve("in/c.png"));
        assertThat(FileFingerprint.ofFolder(folder.resolve("in"), "png")).isNotEqualTo(other);
        assertThatThrownBy(() -> FileFingerprint.ofFolder(folder.resolve("none"), "png"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("none: no such folder; expected one of *.png files");
    }
}
