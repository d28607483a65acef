package dev.wsss.api;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.stream.Stream;

/**
 * Tells files apart without reading the whole of them: by size, first and last kilobyte. That is where PNG has its
 * checksums, where JPEG and array files differ as soon as any pixel or value before does, and what a folder of thousands
 * of large files can be asked in a moment. Neither name nor date play a part, so that a copy elsewhere is the same file.
 */
public final class FileFingerprint {
    private static final int PART = 1024;

    private FileFingerprint() {}

    /**
     * Of one file: its size and 16 hex digits.
     *
     * @throws InvalidDataException if the file cannot be read; the message names it
     */
    public static String of(Path file) {
        // not a channel: an interrupt would close it
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            long size = in.length();
            MessageDigest sha = Sha256.digest();
            byte[] part = new byte[(int) Math.min(PART, size)];
            in.readFully(part);
            sha.update(part);
            in.seek(size - part.length);
            in.readFully(part);
            sha.update(part);
            return size + "-" + Sha256.hex(sha.digest()).substring(0, 16);
        } catch (IOException e) {
            throw new InvalidDataException(file + ": cannot be read (" + e + ")", e);
        }
    }

    /**
     * Of the files of a folder, those below it among them, with one extension: their number, and a hash over their names
     * and fingerprints.
     *
     * @param extension without a dot
     * @throws InvalidDataException if the folder does not exist
     */
    public static String ofFolder(Path folder, String extension) {
        if (!Files.isDirectory(folder)) {
            throw new InvalidDataException(folder + ": no such folder; expected one of *." + extension + " files");
        }
        List<String> lines;
        try (Stream<Path> files = Files.walk(folder)) {
            lines = files.filter(f -> f.getFileName().toString().endsWith("." + extension) && Files.isRegularFile(f))
                    .parallel()
                    .map(f -> folder.relativize(f).toString().replace('\\', '/') + "\t" + of(f))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be listed (" + e + ")", e);
        }
        MessageDigest sha = Sha256.digest();
        lines.forEach(line -> sha.update((line + "\n").getBytes(StandardCharsets.UTF_8)));
        return lines.size() + " files, " + Sha256.hex(sha.digest()).substring(0, 16);
    }
}
