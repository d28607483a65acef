package dev.wsss.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkFolderTest {
    @Test
    void aCornerThatCannotBeEnteredGivesItsLockUp(@TempDir Path out) throws IOException {
        WorkFolder work = WorkFolder.open(out);
        Path journal = Files.createDirectory(work.journal("cam")); // none that can be read
        assertThatThrownBy(work::close).isInstanceOf(UncheckedIOException.class);
        Path lock = journal.resolveSibling("lock");
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE);
                FileLock taken = channel.tryLock()) {
            assertThat(taken).isNotNull();
        }

        Files.delete(journal);
        try (WorkFolder next = WorkFolder.open(out)) {
            next.exclusively(() -> {
                next.requireAlone("the test"); // the dead corner is gone
                return next;
            });
        }
        assertThat(lock).doesNotExist();
    }
}
