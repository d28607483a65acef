package dev.wsss.api;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Writes a file so that no reader ever sees half of it: into a temporary file in the same folder, then moved over the
 * target in one step. A write that fails leaves the target as it was and no temporary file behind.
 */
public final class AtomicFile {
    private AtomicFile() {}

    /** Produces a file's content. */
    @FunctionalInterface
    public interface Content {
        /** Writes everything to a buffered stream, which the caller closes. */
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Writes or replaces a file. Missing parent folders are made.
     *
     * @throws UncheckedIOException naming the target, if the content or the disk fails
     */
    public static void write(Path target, Content content) {
        write(target, content, false);
    }

    /**
     * As {@link #write(Path, Content)}, and on the disk when it returns: after a power cut there is the old file or the
     * whole new one. For what must not be lost, such as the checkpoints of a training; takes as long as the disk does.
     *
     * @throws UncheckedIOException as {@link #write(Path, Content)}
     */
    public static void writeDurably(Path target, Content content) {
        write(target, content, true);
    }

    private static void write(Path target, Content content, boolean durably) {
        Path absolute = target.toAbsolutePath();
        Path folder = absolute.getParent();
        if (folder == null || absolute.getFileName() == null) {
            throw new IllegalArgumentException("target must name a file, got " + target);
        }
        // Not Files.createTempFile: that makes files only their owner may read.
        Path temporary = folder.resolve("." + absolute.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            Files.createDirectories(folder);
            try {
                try (FileChannel channel =
                                FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                        OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16)) {
                    content.writeTo(out);
                    if (durably) {
                        out.flush();
                        channel.force(true);
                    }
                }
                move(temporary, absolute);
                if (durably) {
                    forceEntries(folder);
                }
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(target + ": cannot be written (" + e + ")", e);
        }
    }

    /**
     * Writes or replaces a text file, in UTF-8.
     *
     * @throws UncheckedIOException as {@link #write(Path, Content)}
     */
    public static void write(Path target, String text) {
        write(target, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** The name too, which is an entry of the folder; Windows, which opens no folders, writes it with the move. */
    private static void forceEntries(Path folder) throws IOException {
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (FileChannel entries = FileChannel.open(folder, StandardOpenOption.READ)) {
                entries.force(true);
            }
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
