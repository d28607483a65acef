package dev.wsss.datasets;

import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.nio.charset.Charset;
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

    private static final String NO_NAME = "is not a file name";

    private TextLines() {}

    /** The lines of a UTF-8 file, blank ones left out. */
    static List<Line> read(Path file, String expected) {
        List<Line> lines = new ArrayList<>();
        int number = 0;
        for (String line : text(file, expected).split("\n", -1)) {
            number++;
            if (!line.isBlank()) {
                lines.add(new Line(line.strip(), file + ":" + number));
            }
        }
        return lines;
    }

    /** The text of a UTF-8 file, without a byte order mark. */
    static String text(Path file, String expected) {
        String text;
        try {
            long size = Files.size(file);
            if (size > MAX_BYTES || !Files.isRegularFile(file)) { // a pipe would be waited for
                throw new InvalidDataException(file + ": is a folder or another thing, or has more than " + MAX_BYTES
                        + " bytes (" + size + "); expected " + expected);
            }
            text = Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new InvalidDataException(file + ": no such file; expected " + expected, e);
        } catch (IOException e) {
            throw new InvalidDataException(
                    file + ": cannot be read as UTF-8 text (" + e + "); expected " + expected, e);
        }
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
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

    /**
     * A path inside a folder; the file need not exist. Absolute paths are taken where they lie inside it.
     *
     * @throws InvalidDataException if the path leads out of the folder or cannot be a file's name
     */
    static Path inside(Path root, String name, String origin) {
        Path path;
        try {
            path = Path.of(name);
        } catch (InvalidPathException e) {
            throw new InvalidDataException(origin + ": '" + name + "' " + noFileName(name), e);
        }
        for (Path base : bases(root)) {
            Path file = base.resolve(path).normalize();
            if (!name.isEmpty() && file.startsWith(base) && !file.equals(base)) {
                return root.resolve(base.relativize(file));
            }
        }
        throw new InvalidDataException(origin + ": '" + name + "' "
                + (path.isAbsolute() ? "is an absolute path that is not inside " : "leads out of ") + root
                + "; expected a path relative to that folder, or an absolute one inside it");
    }

    /** The folder's absolute path, and the one that it has once links are followed. */
    private static List<Path> bases(Path root) {
        Path base = root.toAbsolutePath().normalize();
        try {
            Path real = root.toRealPath();
            return real.equals(base) ? List.of(base) : List.of(base, real);
        } catch (IOException e) {
            return List.of(base);
        }
    }

    /** Why a text cannot be the name of a file. */
    static String noFileName(String name) {
        return noFileName(name, System.getProperty("sun.jnu.encoding", ""));
    }

    /**
     * The same, of a JVM that has its file names in an encoding.
     *
     * <p>The property follows the locale: {@code -Dsun.jnu.encoding=UTF-8} is not heeded by JDK 17.
     */
    static String noFileName(String name, String encoding) {
        try {
            if (!Charset.forName(encoding).newEncoder().canEncode(name)) {
                return "is no file name for this JVM: the locale that it was started in gave it sun.jnu.encoding="
                        + encoding + ", which cannot write that name; expected a UTF-8 locale, such as by"
                        + " LC_ALL=C.UTF-8 in the environment";
            }
        } catch (IllegalArgumentException | UnsupportedOperationException e) {
            return NO_NAME; // an encoding that is not known explains nothing
        }
        return NO_NAME;
    }

    /** Whether this JVM can write a name. */
    static boolean canName(String name) {
        return noFileName(name).equals(NO_NAME);
    }

    /** A file as seen from a folder, for reports; whole where it lies elsewhere. */
    static String within(Path root, Path file) {
        Path base = root.toAbsolutePath().normalize();
        Path absolute = file.toAbsolutePath().normalize();
        return absolute.startsWith(base) ? base.relativize(absolute).toString() : file.toString();
    }

    /** The name of a folder for reports, or another where it has none. */
    static String folderName(Path root, String otherwise) {
        Path name = root.toAbsolutePath().normalize().getFileName();
        return name == null ? otherwise : name.toString();
    }

    /** The file name without folder and extension. */
    static String stem(String path) {
        String file = path.substring(path.lastIndexOf('/') + 1);
        int dot = file.lastIndexOf('.');
        return dot > 0 ? file.substring(0, dot) : file;
    }
}
