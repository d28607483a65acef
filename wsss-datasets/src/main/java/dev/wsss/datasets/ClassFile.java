package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Classes from a text file.
 *
 * <p>One name a line; labelme's {@code __ignore__} may stand first, then the background, by the names that programs give
 * it. Lines may be numbered from 0 or 1 ({@code 0 background}). Or CVAT's {@code name:red,green,blue:parts:actions}, which
 * tells the colours of masks too. Lines that begin with {@code #} are comments.
 *
 * @param file where they stand
 * @param classes the names
 * @param labelOfColour labels by 0xRRGGBB where the file tells colours; {@link LabelMap#IGNORE} for void
 * @param notes what a user should know of how the file was read
 */
record ClassFile(Path file, ClassCatalog classes, @Nullable Map<Integer, Integer> labelOfColour, List<String> notes) {
    /** Names that programs give to their lists of classes, by precedence. */
    static final List<String> NAMES = List.of("classes.txt", "class_names.txt", "labelmap.txt", "labels.txt");

    private static final Set<String> BACKGROUND = Set.of("background", "_background_", "__background__");
    private static final Set<String> IGNORED = Set.of("__ignore__", "_ignore_", "ignored", "ignore", "void");
    private static final Pattern NUMBERED = Pattern.compile("(\\d{1,3})(?:\\s*[:,;]\\s*|\\s+)(\\S.*)");
    private static final Pattern COLOURED =
            Pattern.compile("([^:]*):\\s*(?:(\\d{1,3})\\s*,\\s*(\\d{1,3})\\s*,\\s*(\\d{1,3}))?\\s*:([^:]*):([^:]*)");

    /** A name, its colour where it has one, and where it stands. */
    private record Item(String name, @Nullable Integer colour, String origin) {
        boolean isBackground() {
            return ClassFile.isBackground(name);
        }

        boolean isIgnored() {
            return IGNORED.contains(name.toLowerCase(Locale.ROOT));
        }
    }

    /** Whether a name is one that programs give to the background. */
    static boolean isBackground(String name) {
        return BACKGROUND.contains(name.strip().toLowerCase(Locale.ROOT));
    }

    /**
     * The list of classes that lies in a folder, if there is one.
     *
     * @throws InvalidDataException if there are several that name other classes
     */
    static Optional<ClassFile> find(Path root, boolean background) {
        Path first = null;
        ClassFile found = null;
        for (String name : NAMES) {
            Path file = root.resolve(name);
            if (!Files.isRegularFile(file) || !(name.equals(NAMES.get(0)) || isClasses(file))) {
                continue;
            }
            ClassFile other = read(file, background);
            if (found != null && !found.classes.equals(other.classes)) {
                throw new InvalidDataException(file + ": names " + other.classes.tagNames() + ", but " + first
                        + " names " + found.classes.tagNames() + "; expected one list of classes, or the same twice");
            }
            if (found == null || found.labelOfColour == null) {
                found = other.labelOfColour != null || found == null ? other : found;
                first = file;
            }
        }
        return Optional.ofNullable(found);
    }

    /** Whether a file, by a name that others use too, may be a list of classes: not long, each line once, no images. */
    private static boolean isClasses(Path file) {
        List<TextLines.Line> lines = TextLines.read(file, "one class name a line");
        return lines.size() <= ClassCatalog.MAX_LABELS + 1
                && lines.stream().map(TextLines.Line::text).distinct().count() == lines.size()
                && lines.stream()
                        .noneMatch(line -> ImageFolder.isImage(line.text().split("[\\s,;]+", -1)[0]));
    }

    /**
     * Reads a list of classes.
     *
     * @param background whether label 0 is a background, which the list may name or not
     * @throws InvalidDataException if the file is missing, a name stands twice, the background stands elsewhere than
     *     first, so that each mask value would be another class, or there are no or too many names
     */
    static ClassFile read(Path file, boolean background) {
        List<Item> items = new ArrayList<>(items(file, background));
        List<String> notes = new ArrayList<>();
        boolean coloured = items.stream().anyMatch(item -> item.colour != null);
        Map<Integer, Integer> colours = new HashMap<>();
        if (coloured) {
            items.stream().filter(Item::isIgnored).forEach(item -> putColour(colours, item, LabelMap.IGNORE));
            items.removeIf(Item::isIgnored);
        } else if (!items.isEmpty()
                && items.get(0).isIgnored()
                && items.get(0).name.startsWith("_")) {
            items.remove(0);
        }
        int label = 0;
        List<String> names = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < items.size(); i++) {
            Item item = items.get(i);
            if (item.isBackground()) {
                if (!background || i > 0) {
                    throw new InvalidDataException(item.origin + ": names the background '" + item.name + "' "
                            + (background
                                    ? "after " + Counts.of(i, "class")
                                            + ", so that it is open which mask value means what; expected it first, or"
                                            + " not at all"
                                    : "of a dataset without one; expected the names of classes only"));
                }
                putColour(colours, item, label++);
                notes.add(
                        file.getFileName() + ": '" + item.name + "' is the background, mask value 0, and not a class");
                continue;
            }
            if (background && i == 0) {
                label = 1;
            }
            if (!seen.add(item.name) || item.name.contains(";")) {
                throw new InvalidDataException(item.origin + ": class name '" + item.name
                        + "' stands twice or has a semicolon; expected distinct names without");
            }
            names.add(item.name);
            putColour(colours, item, label++);
        }
        int most = ClassCatalog.MAX_LABELS - (background ? 1 : 0);
        if (names.isEmpty() || names.size() > most) {
            throw new InvalidDataException(file + ": has " + names.size() + " classes; expected 1 to " + most);
        }
        ClassCatalog classes = background ? ClassCatalog.withBackground(names) : ClassCatalog.withoutBackground(names);
        if (!coloured) {
            return new ClassFile(file, classes, null, notes);
        }
        int[] palette = new int[classes.labelCount()];
        for (int i = 0; i < palette.length; i++) {
            palette[i] = classes.colour(i);
        }
        colours.forEach((rgb, l) -> {
            if (l < palette.length) {
                palette[l] = rgb;
            }
        });
        if (background) {
            colours.putIfAbsent(0x000000, 0);
        }
        return new ClassFile(file, classes.withColours(palette), Map.copyOf(colours), notes);
    }

    private static void putColour(Map<Integer, Integer> colours, Item item, int label) {
        if (item.colour != null && colours.put(item.colour, label) != null) {
            throw new InvalidDataException(item.origin + ": the colour of '" + item.name
                    + "' is that of a class before it; expected a colour of its own");
        }
    }

    private static List<Item> items(Path file, boolean background) {
        List<TextLines.Line> lines = TextLines.read(file, "one class name a line");
        lines = lines.stream().filter(line -> !line.text().startsWith("#")).toList(); // CVAT's heading, comments
        if (lines.size() == 1
                && lines.get(0).text().contains(",")
                && !lines.get(0).text().contains(":")) {
            throw new InvalidDataException(lines.get(0).origin() + ": is '"
                    + lines.get(0).text() + "', the only line; expected one class name a line");
        }
        List<Item> items = coloured(lines);
        if (items.isEmpty()) {
            items = numbered(lines, background);
        }
        return items.isEmpty()
                ? lines.stream()
                        .map(line -> new Item(line.text(), null, line.origin()))
                        .toList()
                : items;
    }

    /** The names and colours of CVAT's form; nothing if a line is not of it. */
    private static List<Item> coloured(List<TextLines.Line> lines) {
        List<Item> items = new ArrayList<>();
        for (TextLines.Line line : lines) {
            Matcher m = COLOURED.matcher(line.text());
            if (!m.matches() || m.group(1).isBlank()) {
                return List.of();
            }
            Integer rgb = null;
            if (m.group(2) != null) {
                rgb = 0;
                for (int g = 2; g <= 4; g++) {
                    int level = Integer.parseInt(m.group(g));
                    if (level > 255) {
                        throw new InvalidDataException(
                                line.origin() + ": colour of '" + m.group(1) + "' has " + level + "; expected 0..255");
                    }
                    rgb = rgb << 8 | level;
                }
            }
            items.add(new Item(m.group(1).strip(), rgb, line.origin()));
        }
        return items;
    }

    /** The names of numbered lines; nothing if a line has no number, or one out of order. */
    private static List<Item> numbered(List<TextLines.Line> lines, boolean background) {
        List<Item> items = new ArrayList<>();
        int first = -1;
        for (TextLines.Line line : lines) {
            Matcher m = NUMBERED.matcher(line.text());
            if (!m.matches()) {
                return List.of();
            }
            int number = Integer.parseInt(m.group(1));
            Item item = new Item(m.group(2).strip(), null, line.origin());
            if (number == LabelMap.IGNORE && item.isIgnored()) {
                continue;
            }
            if (first < 0) {
                first = number;
            }
            if (first > 1 || number != first + items.size()) {
                return List.of();
            }
            items.add(item);
        }
        if (items.size() < 2) {
            return List.of();
        }
        boolean named = items.get(0).isBackground();
        if (background && (first == 0) != named) {
            throw new InvalidDataException(items.get(0).origin + ": '" + items.get(0).name + "' has number " + first
                    + "; expected the background, and nothing else, to have mask value 0: '0 background', or names"
                    + " without numbers");
        }
        return items;
    }
}
