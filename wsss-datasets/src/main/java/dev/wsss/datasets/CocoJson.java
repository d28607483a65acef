package dev.wsss.datasets;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import dev.wsss.api.InvalidDataException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads COCO's instances file in one pass, in whatever order its parts stand. Nothing is kept but what the lists hold; what
 * the numbers mean together is looked at by {@link CocoInstances}.
 */
final class CocoJson {
    /** @param name as it stands in the file */
    record Category(long id, String name) {}

    static final String EXPECTED = "COCO's instances JSON";

    /** Largest file, 4 GiB; the largest known, that of LVIS, has a quarter of it. */
    private static final long MAX_BYTES = 1L << 32;

    private static final int BUFFER = 1 << 16;

    final List<CocoImage> images = new ArrayList<>();
    final List<Category> categories = new ArrayList<>();
    final List<CocoEntry> annotations = new ArrayList<>();

    private final JsonReader reader;
    private final boolean outlines;
    private final Coordinates coordinates = new Coordinates();

    private CocoJson(JsonReader reader, boolean outlines) {
        this.reader = reader;
        this.outlines = outlines;
    }

    /**
     * Reads a file.
     *
     * @param outlines whether polygons are kept once they have been looked at; they are most of what a file holds
     * @throws InvalidDataException if it cannot be read, is too large, no whole JSON, or lacks a part; the message names the
     *     place
     */
    static CocoJson read(Path file, boolean outlines) {
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
                throw new InvalidDataException(file + ": is a folder or another thing, or has more than " + MAX_BYTES
                        + " bytes (" + Files.size(file) + "); expected " + EXPECTED);
            }
            // a decoder of its own, since the stream reader's would put other characters for bytes that are not UTF-8
            try (JsonReader reader = new JsonReader(new BufferedReader(
                    new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8.newDecoder()), BUFFER))) {
                CocoJson json = new CocoJson(reader, outlines);
                json.readTop(file);
                return json;
            }
        } catch (NoSuchFileException e) {
            throw new InvalidDataException(file + ": no such file; expected " + EXPECTED, e);
        } catch (IOException | IllegalStateException | NumberFormatException e) {
            // Gson's message names line, column and path; behind the first line stands advice for programmers
            String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw new InvalidDataException(
                    file + ": " + e.getClass().getSimpleName() + ", " + message + "; expected " + EXPECTED, e);
        }
    }

    private void readTop(Path file) throws IOException {
        Set<String> seen = new HashSet<>();
        reader.beginObject();
        while (reader.hasNext()) {
            String name = reader.nextName();
            Part part =
                    switch (name) {
                        case "images" -> this::readImage;
                        case "categories" -> this::readCategory;
                        case "annotations" -> this::readAnnotation;
                        default -> null;
                    };
            if (part == null) {
                reader.skipValue();
                continue;
            }
            if (!seen.add(name)) {
                throw new InvalidDataException(file + ": '" + name + "' stands twice; expected it once");
            }
            reader.beginArray();
            while (reader.hasNext()) {
                part.read();
            }
            reader.endArray();
        }
        reader.endObject();
        if (reader.peek() != JsonToken.END_DOCUMENT) {
            throw new IllegalStateException("more text behind the JSON object");
        }
        for (String name : List.of("images", "annotations", "categories")) {
            if (!seen.contains(name)) {
                throw new InvalidDataException(file + ": has no '" + name + "'; expected " + EXPECTED);
            }
        }
    }

    private interface Part {
        void read() throws IOException;
    }

    private void readImage() throws IOException {
        Long id = null;
        String fileName = null;
        int height = 0;
        int width = 0;
        reader.beginObject();
        while (reader.hasNext()) {
            switch (reader.nextName()) {
                case "id" -> id = reader.nextLong();
                case "file_name" -> fileName = reader.nextString();
                case "height" -> height = reader.nextInt();
                case "width" -> width = reader.nextInt();
                default -> reader.skipValue();
            }
        }
        images.add(new CocoImage(require(id, "id"), require(fileName, "file_name"), height, width));
        reader.endObject();
    }

    private void readCategory() throws IOException {
        Long id = null;
        String name = null;
        reader.beginObject();
        while (reader.hasNext()) {
            switch (reader.nextName()) {
                case "id" -> id = reader.nextLong();
                case "name" -> name = reader.nextString();
                default -> reader.skipValue();
            }
        }
        categories.add(new Category(require(id, "id"), require(name, "name")));
        reader.endObject();
    }

    private void readAnnotation() throws IOException {
        Long id = null;
        Long imageId = null;
        Long categoryId = null;
        double area = Double.NaN;
        int crowd = 0;
        CocoShape shape = new CocoShape.Broken("has no segmentation; expected polygons or run lengths");
        reader.beginObject();
        while (reader.hasNext()) {
            switch (reader.nextName()) {
                case "id" -> id = reader.nextLong();
                case "image_id" -> imageId = reader.nextLong();
                case "category_id" -> categoryId = reader.nextLong();
                case "area" -> area = reader.nextDouble();
                case "iscrowd" -> crowd = reader.nextInt();
                case "segmentation" -> shape = readShape();
                default -> reader.skipValue();
            }
        }
        if (crowd != 0 && crowd != 1) {
            shape = new CocoShape.Broken("has iscrowd " + crowd + "; expected 0 or 1");
        }
        annotations.add(new CocoEntry(
                require(id, "id"),
                require(imageId, "image_id"),
                require(categoryId, "category_id"),
                area,
                crowd == 1,
                shape));
        reader.endObject();
    }

    private <T> T require(@Nullable T value, String name) {
        if (value == null) {
            throw new IllegalStateException("no '" + name + "' in the object at path " + reader.getPath());
        }
        return value;
    }

    private CocoShape readShape() throws IOException {
        return switch (reader.peek()) {
            case BEGIN_ARRAY -> readPolygons();
            case BEGIN_OBJECT -> readRuns();
            default -> {
                String found = reader.peek().toString();
                reader.skipValue();
                yield new CocoShape.Broken(
                        "has a segmentation that is a " + found + "; expected polygons or run lengths");
            }
        };
    }

    private CocoShape readPolygons() throws IOException {
        // Python writes NaN into JSON, which has no such number: read leniently, it can be told where it stands
        Strictness strictness = reader.getStrictness();
        reader.setStrictness(Strictness.LENIENT);
        coordinates.clear();
        String why = null;
        reader.beginArray();
        while (reader.hasNext()) {
            if (reader.peek() != JsonToken.BEGIN_ARRAY) {
                why = "has a segmentation that holds a " + reader.peek()
                        + "; expected polygons, each a list of numbers";
                reader.skipValue();
                continue;
            }
            reader.beginArray();
            while (reader.hasNext()) {
                JsonToken token = reader.peek();
                if (token == JsonToken.NUMBER) {
                    coordinates.add(reader.nextString());
                } else {
                    why = "polygon " + coordinates.polygons() + " holds "
                            + (token == JsonToken.STRING ? "'" + shorten(reader.nextString()) + "'" : "a " + token)
                            + "; expected numbers";
                    if (token != JsonToken.STRING) {
                        reader.skipValue();
                    }
                }
            }
            reader.endArray();
            coordinates.endPolygon();
        }
        reader.endArray();
        reader.setStrictness(strictness);
        if (why != null) {
            return new CocoShape.Broken(why);
        }
        return outlines ? coordinates.shape() : CocoShape.NotKept.of(coordinates.shape());
    }

    private static String shorten(String text) {
        return text.length() <= 20 ? text : text.substring(0, 20) + "...";
    }

    private CocoShape readRuns() throws IOException {
        int[] size = {};
        String text = null;
        int[] counts = null;
        reader.beginObject();
        while (reader.hasNext()) {
            switch (reader.nextName()) {
                case "size" -> size = readInts();
                case "counts" -> {
                    if (reader.peek() == JsonToken.STRING) {
                        text = reader.nextString();
                    } else {
                        counts = readInts();
                    }
                }
                default -> reader.skipValue();
            }
        }
        reader.endObject();
        if (size.length != 2) {
            return new CocoShape.Broken("has run lengths of a size of " + size.length + " numbers; expected 2");
        }
        if (text != null) {
            return new CocoShape.Text(size[0], size[1], text);
        }
        return counts != null
                ? new CocoShape.Runs(size[0], size[1], counts)
                : new CocoShape.Broken("has a size but no counts; expected run lengths");
    }

    private int[] readInts() throws IOException {
        int[] values = new int[16];
        int n = 0;
        reader.beginArray();
        while (reader.hasNext()) {
            if (n == values.length) {
                values = Arrays.copyOf(values, 2 * n);
            }
            values[n++] = reader.nextInt();
        }
        reader.endArray();
        return Arrays.copyOf(values, n);
    }
}
