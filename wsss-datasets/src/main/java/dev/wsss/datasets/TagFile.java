package dev.wsss.datasets;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.stream.JsonReader;
import dev.wsss.api.AtomicFile;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Tags as text files: a table of lines {@code id,class;class}, which {@link FolderDataset}, {@link VocLayout} and {@link
 * TreeDataset} read, or, in a file called {@code .json}, an object {@code {"classes": [...], "tags": {"id": ["class", ...]}}}.
 */
public final class TagFile {
    private static final String EXPECTED = "tags as {\"classes\": [...], \"tags\": {\"id\": [\"class\", ...]}}";

    private TagFile() {}

    /** Whether a file is called {@code .json}. */
    private static boolean isJson(Path file) {
        return file.getFileName() != null
                && file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".json");
    }

    /**
     * Reads a file of either kind.
     *
     * @return tags by what the file calls the image, in its order
     * @throws InvalidDataException naming file and line or id, if it cannot be read, a name stands twice, or a class is
     *     unknown
     */
    public static Map<String, ImageTags> read(Path file, ClassCatalog classes) {
        if (isJson(file)) {
            return readJson(file, classes);
        }
        Map<String, ImageTags> tags = new LinkedHashMap<>();
        TagTable.read(file, classes).rows().forEach((id, row) -> tags.put(id, row.tags()));
        return tags;
    }

    /**
     * Writes or replaces a file atomically, JSON if it is called so and a table else, in the map's order.
     *
     * @throws IllegalArgumentException if an id is empty or has white space around it, which a table does not keep, or tags
     *     are of other classes
     * @throws java.io.UncheckedIOException if the file cannot be written
     */
    public static void write(Path file, ClassCatalog classes, Map<String, ImageTags> tags) {
        tags.forEach((id, found) -> {
            if (id.isEmpty() || !id.equals(id.strip())) {
                throw new IllegalArgumentException(
                        "id '" + id + "' is empty or has white space around it; expected a name");
            }
            if (!found.catalog().equals(classes)) {
                throw new IllegalArgumentException("tags of '" + id + "' are of other classes: " + found.catalog());
            }
        });
        AtomicFile.write(file, isJson(file) ? json(classes, tags) : table(classes, tags));
    }

    private static String table(ClassCatalog classes, Map<String, ImageTags> tags) {
        List<String> names = classes.tagNames();
        StringBuilder text = new StringBuilder();
        // where a name holds what separates names, a column for each class
        if (names.stream().anyMatch(name -> name.contains(";"))) {
            line(text, "id", names);
            tags.forEach((id, found) -> {
                List<String> cells = new ArrayList<>();
                for (int tag = 0; tag < names.size(); tag++) {
                    cells.add(found.contains(tag) ? "1" : "0");
                }
                line(text, id, cells);
            });
            return text.toString();
        }
        String heading = "classes";
        while (classes.findTag(heading).isPresent()) {
            heading += "_";
        }
        line(text, "id", List.of(heading));
        tags.forEach((id, found) -> line(text, id, List.of(String.join(";", found.names()))));
        return text.toString();
    }

    private static void line(StringBuilder text, String first, List<String> cells) {
        text.append(quoted(first));
        cells.forEach(cell -> text.append(',').append(quoted(cell)));
        text.append('\n');
    }

    /** In quotes where the text would be read otherwise. */
    private static String quoted(String cell) {
        boolean plain = cell.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return plain ? cell : '"' + cell.replace("\"", "\"\"") + '"';
    }

    private static String json(ClassCatalog classes, Map<String, ImageTags> tags) {
        JsonObject json = new JsonObject();
        json.add("classes", array(classes.tagNames()));
        JsonObject byId = new JsonObject();
        tags.forEach((id, found) -> byId.add(id, array(found.names())));
        json.add("tags", byId);
        return new GsonBuilder()
                        .disableHtmlEscaping()
                        .setPrettyPrinting()
                        .create()
                        .toJson(json)
                + "\n";
    }

    private static JsonArray array(List<String> texts) {
        JsonArray array = new JsonArray();
        texts.forEach(array::add);
        return array;
    }

    private static Map<String, ImageTags> readJson(Path file, ClassCatalog classes) {
        Map<String, ImageTags> tags = new LinkedHashMap<>();
        boolean found = false;
        try (JsonReader in = new JsonReader(new StringReader(TextLines.text(file, EXPECTED)))) {
            in.beginObject();
            while (in.hasNext()) {
                if (in.nextName().equals("tags")) {
                    found = true;
                    in.beginObject();
                    while (in.hasNext()) {
                        readImage(in, file, classes, tags);
                    }
                    in.endObject();
                } else {
                    in.skipValue();
                }
            }
            in.endObject();
        } catch (IOException | IllegalStateException e) {
            throw new InvalidDataException(
                    file + ": holds no tags ("
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse("") + "); expected " + EXPECTED,
                    e);
        }
        if (!found) {
            throw new InvalidDataException(file + ": holds no tags; expected " + EXPECTED);
        }
        return tags;
    }

    private static void readImage(JsonReader in, Path file, ClassCatalog classes, Map<String, ImageTags> tags)
            throws IOException {
        String id = in.nextName();
        List<String> names = new ArrayList<>();
        in.beginArray();
        while (in.hasNext()) {
            names.add(in.nextString());
        }
        in.endArray();
        ImageTags found;
        try {
            found = ImageTags.ofNames(classes, names);
        } catch (InvalidDataException e) {
            throw new InvalidDataException(file + ": '" + id + "': " + e.getMessage(), e);
        }
        if (tags.put(id, found) != null) {
            throw new InvalidDataException(file + ": '" + id + "' stands twice; expected each image once");
        }
    }
}
