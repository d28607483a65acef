package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    @Test
    void aFailedWriteLeavesTheOldFileAndNoOther(@TempDir Path folder) throws IOException {
        Path target = folder.resolve("deep/er/a.txt");
        AtomicFile.write(target, out -> out.write('1'));
        assertThatThrownBy(() -> AtomicFile.write(target, out -> {
                    out.write(new byte[100_000]);
                    throw new IOException("no space left");
                }))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContainingAll("a.txt", "no space left");
        assertThat(target).hasContent("1");
        AtomicFile.write(target, out -> out.write('2'));
        assertThat(target).hasContent("2");
        try (Stream<Path> files = Files.list(target.getParent())) {
            assertThat(files).containsExactly(target);
        }
    }

    @Test
    void aDurableWriteIsAtomicAsWell(@TempDir Path folder) throws IOException {
        Path target = folder.resolve("deep/er/a.bin");
        byte[] large = new byte[300_000];
        large[299_999] = 7;
        AtomicFile.writeDurably(target, out -> out.write('1'));
        AtomicFile.writeDurably(target, out -> out.write(large));
        assertThat(target).hasBinaryContent(large);
        assertThatThrownBy(() -> AtomicFile.writeDurably(target, out -> {
                    out.write(new byte[100_000]);
                    throw new IOException("no space left");
                }))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContainingAll("a.bin", "no space left");
        assertThat(target).hasBinaryContent(large);
        try (Stream<Path> files = Files.list(target.getParent())) {
            assertThat(files).containsExactly(target);
        }
    }

    @Test
    void aTargetThatCannotBeWrittenIsNamed(@TempDir Path folder) throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> AtomicFile.write(file.resolve("a.txt"), out -> out.write('1')))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("a.txt");
        assertThatThrownBy(() -> AtomicFile.write(Path.of("/"), out -> out.write('1')))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
