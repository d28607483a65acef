package dev.wsss.datasets;

import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The lines of the small text files that describe a dataset, and the files that they name. */
final class TextLines {
    /** Largest text file that is read, 64 MiB: ten times the largest list in use. */
    private static final long MAX_BYTES = 64L << 20;

    /**
     * A line that is not blank.
     *
     * @param text without white space around it
     * @param origin file and line number, for errors
     */
    record Line(String text, String origin) {}

    private TextLines() {}

    /** The lines of a UTF-8 file, blank ones left out. */
    static List<Line> read(Path file, String expected) {
        String text;
        try {
            long size = Files.size(file);
            if (size > MAX_BYTES || Files.isDirectory(file)) {
                throw new InvalidDataException(file + ": is a folder or has more than " + MAX_BYTES + " bytes (" + size
                        + "); expected " + expected);
            }
            text = Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new InvalidDataException(file + ": no such file; expected " + expected, e);
        } catch (IOException e) {
            throw new InvalidDataException(
                    file + ": cannot be read as UTF-8 text (" + e + "); expected " + expected, e);
        }
        if (text.startsWith("\uFEFF")) {
            text = text.substring(1);
        }
        List<Line> lines = new ArrayList<>();
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            if (!line.isBlank()) {
                lines.add(new Line(line.strip(), file.getFileName() + ":" + number));
            }
        }
        return lines;
    }

    static void requireFolder(Path folder, String expected) {
        if (!Files.isDirectory(folder)) {
            throw new InvalidDataException(folder + ": no such folder; expected " + expected);
        }
    }

    /**
     * The file that a line names.
     *
     * @throws InvalidDataException if the name leads out of the folder or no such file exists
     */
    static Path resolve(Path root, String name, String origin) {
        Path file = inside(root, name, origin);
        if (!Files.isRegularFile(file)) {
            throw new InvalidDataException(origin + ": names '" + name + "', but there is no file " + file);
        }
        return file;
    }

    /** A path inside a folder; the file need not exist. */
    static Path inside(Path root, String name, String origin) {
        try {
            Path base = root.toAbsolutePath().normalize();
            Path file = base.resolve(name).normalize();
            if (!name.isEmpty() && !Path.of(name).isAbsolute() && file.startsWith(base) && !file.equals(base)) {
                return root.resolve(base.relativize(file));
            }
        } catch (InvalidPathException e) {
            throw new InvalidDataException(origin + ": '" + name + "' is not a file name", e);
        }
        throw new InvalidDataException(
                origin + ": '" + name + "' leads out of " + root + "; expected a path relative to that folder");
    }

    /** The file name without folder and extension. */
    static String stem(String path) {
        String file = path.substring(path.lastIndexOf('/') + 1);
        int dot = file.lastIndexOf('.');
        return dot > 0 ? file.substring(0, dot) : file;
    }
}
