package dev.wsss.api;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads a whole file, with errors that name it. */
final class InputBytes {
    /** Largest image file that is read into memory, 1 GiB. */
    private static final long MAX_BYTES = 1L << 30;

    private InputBytes() {}

    static byte[] read(Path file, String expected) {
        size(file, expected);
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new InvalidDataException(file + ": cannot be read (" + e + "); expected " + expected, e);
        }
    }

    /** The file's number of bytes, 1 to {@link #MAX_BYTES}. */
    static long size(Path file, String expected) {
        try {
            if (Files.isDirectory(file)) {
                throw new InvalidDataException(file + ": is a folder; expected " + expected);
            }
            long size = Files.size(file);
            if (size == 0) {
                throw new InvalidDataException(file + ": file is empty (0 bytes); expected " + expected);
            }
            if (size > MAX_BYTES) {
                throw new InvalidDataException(
                        file + ": file has " + size + " bytes; expected " + expected + " of at most " + MAX_BYTES);
            }
            return size;
        } catch (NoSuchFileException e) {
            throw new InvalidDataException(file + ": no such file; expected " + expected, e);
        } catch (IOException e) {
            throw new InvalidDataException(file + ": cannot be read (" + e + "); expected " + expected, e);
        }
    }
}
