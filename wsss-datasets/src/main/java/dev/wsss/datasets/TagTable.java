package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Tags as text, in file order: one line {@code name,class;class} for each image, or a heading {@code name,class,class}
 * over lines of 0 and 1.
 */
final class TagTable {
    private static final Set<String> HEADERS = Set.of(
            "id",
            "image",
            "file",
            "filename",
            "file_name",
            "image_id",
            "image_name",
            "img",
            "name",
            "path",
            "filepath");

    private static final Set<String> ONES = Set.of("1", "1.0", "true");
    private static final Set<String> ZEROS = Set.of("0", "0.0", "false");

    /** The tags of one line, and where it stands. */
    record Row(ImageTags tags, String origin) {}

    private final Path file;
    private final ClassCatalog classes;
    private final Map<String, Row> rows = new LinkedHashMap<>();
    private int backgrounds;

    private TagTable(Path file, ClassCatalog classes) {
        this.file = file;
        this.classes = classes;
    }

    /**
     * Reads a table, as {@link CsvRecords} has it. A first line whose first cell is {@code id}, {@code image}, {@code
     * file}, {@code filename} or the like is a header. Nothing after the comma means no tag; several cells after it are
     * all tags. Where a header names classes in all cells but the first, the others hold 0 and 1.
     *
     * @throws InvalidDataException if a line has no comma or an empty name, a name stands twice, a class is unknown, or
     *     a cell under a class is neither 0 nor 1
     */
    static TagTable read(Path file, ClassCatalog classes) {
        TagTable table = new TagTable(file, classes);
        table.readRecords(CsvRecords.parse(file, TextLines.text(file, "a table of 'image,class;class' lines")));
        return table;
    }

    /** Tags by what their lines call the image, in order. */
    Map<String, Row> rows() {
        return rows;
    }

    /** How often the background is named as a class, which no image is tagged with. */
    int backgrounds() {
        return backgrounds;
    }

    private void readRecords(List<CsvRecords.Csv> records) {
        int first = 0;
        List<String> header = List.of();
        if (!records.isEmpty()) {
            boolean heading = HEADERS.contains(records.get(0).cells().get(0).toLowerCase(Locale.ROOT));
            header = columns(records, heading);
            first = heading || !header.isEmpty() ? 1 : 0;
        }
        for (CsvRecords.Csv record : records.subList(first, records.size())) {
            String origin = file + ":" + record.line();
            List<String> cells = record.cells();
            if (cells.size() < 2 || cells.get(0).isEmpty()) {
                throw new InvalidDataException(
                        origin + ": is '" + String.join(",", cells) + "'; expected 'image,class;class'");
            }
            ImageTags tags;
            try {
                tags = header.isEmpty() ? ofNames(cells) : ofColumns(header, cells);
            } catch (InvalidDataException e) {
                throw new InvalidDataException(origin + ": " + e.getMessage(), e);
            }
            Row before = rows.put(cells.get(0), new Row(tags, origin));
            if (before != null) {
                throw new InvalidDataException(origin + ": '" + cells.get(0) + "' stands already at " + before.origin()
                        + "; expected it once");
            }
        }
    }

    /** The classes that the first line names as columns; none if its cells are something else. */
    private List<String> columns(List<CsvRecords.Csv> records, boolean heading) {
        CsvRecords.Csv line = records.get(0);
        List<String> names = line.cells().subList(1, line.cells().size());
        List<String> others = names.stream().filter(name -> !isClass(name)).toList();
        if (heading) {
            if (!others.isEmpty() && others.size() < names.size()) {
                throw new InvalidDataException(file + ":" + line.line() + ": heading names " + Counts.names(others)
                        + " beside classes; expected classes only, of " + classes.tagNames());
            }
            return others.isEmpty() ? names : List.of();
        }
        // a table without a name over its ids, as pandas writes it
        boolean unnamed = line.cells().get(0).isEmpty() && others.isEmpty() && records.size() > 1;
        return unnamed
                        && records.stream()
                                .skip(1)
                                .allMatch(r -> r.cells().stream().skip(1).allMatch(TagTable::isBit))
                ? names
                : List.of();
    }

    private static boolean isBit(String cell) {
        String lower = cell.toLowerCase(Locale.ROOT);
        return ONES.contains(lower) || ZEROS.contains(lower);
    }

    private boolean isClass(String name) {
        return isBackground(name) || classes.findTag(name).isPresent();
    }

    /** Whether a name is the background's, which is a label but no tag. */
    private boolean isBackground(String name) {
        return classes.hasBackground()
                && ClassFile.isBackground(name)
                && classes.findTag(name).isEmpty();
    }

    private ImageTags ofNames(List<String> cells) {
        List<String> names = new ArrayList<>();
        for (String cell : cells.subList(1, cells.size())) {
            if (cell.isEmpty()) {
                continue;
            }
            if (isClass(cell)) {
                names.add(cell);
                continue;
            }
            for (String part : cell.split(";", -1)) {
                if (isClass(part)) {
                    names.add(part);
                    continue;
                }
                for (String piece : part.split("[,|]", -1)) {
                    names.add(piece.strip());
                }
            }
        }
        int all = names.size();
        names.removeIf(this::isBackground);
        backgrounds += all - names.size();
        return ImageTags.ofNames(classes, names);
    }

    private ImageTags ofColumns(List<String> header, List<String> cells) {
        if (cells.size() != header.size() + 1) {
            throw new InvalidDataException(
                    "has " + cells.size() + " cells; expected " + (header.size() + 1) + " as the heading");
        }
        List<String> names = new ArrayList<>();
        for (int i = 0; i < header.size(); i++) {
            String cell = cells.get(i + 1).toLowerCase(Locale.ROOT);
            if (!isBit(cell)) {
                throw new InvalidDataException("column '" + header.get(i) + "' has '" + cells.get(i + 1)
                        + "'; expected 1 where the image shows the class, else 0");
            }
            OptionalInt tag = classes.findTag(header.get(i));
            if (ONES.contains(cell) && tag.isPresent()) {
                names.add(header.get(i));
            }
        }
        return ImageTags.ofNames(classes, names);
    }
}
