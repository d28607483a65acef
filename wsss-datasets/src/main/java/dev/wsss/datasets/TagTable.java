package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Tags as text: one line {@code name,class;class} for each image, in file order. */
final class TagTable {
    private static final Set<String> HEADERS = Set.of("id", "image", "file", "filename");

    /** The tags of one line, and where it stands. */
    record Row(ImageTags tags, String origin) {}

    private TagTable() {}

    /**
     * Reads a table. A first line whose first cell is {@code id}, {@code image}, {@code file} or {@code filename} is a
     * header. Nothing after the comma means no tag.
     *
     * @throws InvalidDataException if a line has no comma or an empty name, a name stands twice, or a class is unknown
     */
    static Map<String, Row> read(Path file, ClassCatalog classes) {
        Map<String, Row> rows = new LinkedHashMap<>();
        boolean first = true;
        for (TextLines.Line line : TextLines.read(file, "a table of 'image,class;class' lines")) {
            int comma = line.text().indexOf(',');
            String name = comma < 0 ? "" : line.text().substring(0, comma).strip();
            if (first && HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
                first = false;
                continue;
            }
            first = false;
            if (name.isEmpty()) {
                throw new InvalidDataException(
                        line.origin() + ": is '" + line.text() + "'; expected 'image,class;class'");
            }
            String cell = line.text().substring(comma + 1).strip();
            List<String> names = cell.isEmpty()
                    ? List.of()
                    : Arrays.stream(cell.split(";", -1)).map(String::strip).toList();
            ImageTags tags;
            try {
                tags = ImageTags.ofNames(classes, names);
            } catch (InvalidDataException e) {
                throw new InvalidDataException(line.origin() + ": " + e.getMessage(), e);
            }
            Row before = rows.put(name, new Row(tags, line.origin()));
            if (before != null) {
                throw new InvalidDataException(
                        line.origin() + ": '" + name + "' stands already at " + before.origin() + "; expected it once");
            }
        }
        return rows;
    }
}
