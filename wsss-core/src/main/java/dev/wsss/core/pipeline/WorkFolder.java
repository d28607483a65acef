package dev.wsss.core.pipeline;

import dev.wsss.api.WsssException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One run's corner of an output folder, {@code out/.work/<run>}: its journals and the files it is writing. It holds a
 * file lock for as long as its process lives, by which other runs tell a run that is under way from a dead one.
 */
final class WorkFolder implements AutoCloseable {
    static final String NAME = ".work";

    private static final String LOCK = "lock";
    private static final String JOURNAL = ".journal";

    /**
     * Runs of this JVM. Their locks must not be tried: POSIX drops all of a process's locks on a file when the process
     * closes any channel of that file.
     */
    private static final Set<Path> OURS = new HashSet<>();

    private final Path out;
    private final Path run;
    private final FileChannel lockChannel;
    private final AtomicLong files = new AtomicLong();

    private WorkFolder(Path out, Path run, FileChannel lockChannel) {
        this.out = out;
        this.run = run;
        this.lockChannel = lockChannel;
    }

    /**
     * Opens a corner for a run, after having taken over what dead runs left.
     *
     * @throws IllegalArgumentException if the folder cannot be made or written
     */
    static WorkFolder open(Path out) {
        try {
            Path absolute = out.toAbsolutePath().normalize();
            Path work = Files.createDirectories(absolute.resolve(NAME));
            return locked(absolute, () -> {
                takeOverDeadRuns(absolute, work);
                Path run = work.resolve(UUID.randomUUID().toString());
                Files.createDirectory(run);
                FileChannel channel =
                        FileChannel.open(run.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                try {
                    channel.lock();
                } catch (IOException e) {
                    channel.close();
                    throw e;
                }
                OURS.add(run);
                return new WorkFolder(absolute, run, channel);
            });
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "output folder " + out + " cannot be written (" + e + "); expected a folder that can", e);
        }
    }

    /** A file name that no one else uses, on the file system of the products. */
    Path newFile(String extension) {
        return run.resolve(files.incrementAndGet() + "." + extension);
    }

    /** The journal of a stage. */
    Path journal(String stage) {
        return run.resolve(stage + JOURNAL);
    }

    /** Does something that must not happen in two runs at a time. */
    <T> T exclusively(IoSupplier<T> action) throws IOException {
        return locked(out, action);
    }

    /**
     * Checks that no other run is under way, to be asked {@linkplain #exclusively exclusively}.
     *
     * @throws WsssException if one is
     */
    void requireAlone(String purpose) throws IOException {
        try (DirectoryStream<Path> runs = Files.newDirectoryStream(out.resolve(NAME), Files::isDirectory)) {
            for (Path other : runs) {
                if (!other.equals(run)) {
                    throw new WsssException(
                            "another run is writing to " + out + "; " + purpose + " must wait until it has ended");
                }
            }
        }
    }

    /** Moves a stage's folder out of the way; it is deleted with this corner. */
    void discard(Path folder) throws IOException {
        Files.move(folder, newFile("discarded"), StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * Enters this run's journals into the indices and deletes the corner. If that fails, the corner stays, without its
     * lock, as one that a dead run left.
     */
    @Override
    public void close() {
        try {
            locked(out, () -> {
                try {
                    takeOver(out, run);
                } finally {
                    unlock();
                }
                deleteTree(run);
                return run;
            });
        } catch (IOException e) {
            throw new UncheckedIOException(run + ": cannot be removed (" + e + ")", e);
        }
    }

    private void unlock() throws IOException {
        OURS.remove(run);
        lockChannel.close();
    }

    private static void takeOverDeadRuns(Path out, Path work) throws IOException {
        try (DirectoryStream<Path> runs = Files.newDirectoryStream(work, Files::isDirectory)) {
            for (Path run : runs) {
                if (!OURS.contains(run) && isDead(run)) {
                    takeOver(out, run);
                    deleteTree(run);
                }
            }
        }
    }

    private static boolean isDead(Path run) throws IOException {
        try (FileChannel channel = FileChannel.open(run.resolve(LOCK), StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            return lock != null;
        } catch (NoSuchFileException e) {
            // It died between making its folder and its lock, for both are made while the folder's lock is held.
            return true;
        }
    }

    private static void takeOver(Path out, Path run) throws IOException {
        try (DirectoryStream<Path> journals = Files.newDirectoryStream(run, "*" + JOURNAL)) {
            for (Path journal : journals) {
                String file = journal.getFileName().toString();
                Path stage = out.resolve(file.substring(0, file.length() - JOURNAL.length()));
                SortedMap<String, ProductIndex.Entry> entries = ProductIndex.read(journal);
                if (!entries.isEmpty() && Files.isDirectory(stage)) {
                    SortedMap<String, ProductIndex.Entry> index = ProductIndex.read(stage.resolve(StageFolder.INDEX));
                    index.putAll(entries);
                    StageFolder.writeIndex(stage, index);
                }
            }
        }
    }

    private static <T> T locked(Path out, IoSupplier<T> action) throws IOException {
        // Within a JVM file locks do not exclude but throw; hence the monitor as well.
        synchronized (OURS) {
            try (FileChannel channel = FileChannel.open(
                            out.resolve(NAME).resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                assert lock.isValid();
                return action.get();
            }
        }
    }

    private static void deleteTree(Path root) throws IOException {
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException e) throws IOException {
                if (e != null) {
                    throw e;
                }
                Files.delete(dir);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Something that reads or writes files. */
    @FunctionalInterface
    interface IoSupplier<T> {
        T get() throws IOException;
    }
}
