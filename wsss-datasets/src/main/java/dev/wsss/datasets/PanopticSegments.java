package dev.wsss.datasets;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.MalformedJsonException;
import dev.wsss.api.ImageFiles;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import java.io.EOFException;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Masks in COCO's panoptic form: a colour image whose pixels are segments, red + 256 green + 65536 blue, and a JSON file
 * that says which category a segment is. Segment 0 is nothing.
 */
final class PanopticSegments {
    private final Path json;
    /** Categories by segment, by the name of the mask's file. */
    private final Map<String, Map<Integer, Integer>> categories = new HashMap<>();

    private PanopticSegments(Path json) {
        this.json = json;
    }

    /**
     * Reads the JSON file as a stream; only segments and categories are kept.
     *
     * @throws InvalidDataException if the file is missing, is cut off or no such JSON, or names a mask or a segment twice
     */
    static PanopticSegments read(Path json) {
        PanopticSegments segments = new PanopticSegments(json);
        String expected = "; expected COCO's panoptic JSON with annotations of file_name and segments_info";
        if (Files.exists(json) && !Files.isRegularFile(json)) { // a pipe would be waited for
            throw new InvalidDataException(json + ": is a folder or another thing" + expected);
        }
        try (Reader text = Files.newBufferedReader(json);
                JsonReader in = new JsonReader(text)) {
            in.beginObject();
            while (in.hasNext()) {
                if (in.nextName().equals("annotations")) {
                    in.beginArray();
                    while (in.hasNext()) {
                        segments.annotation(in);
                    }
                    in.endArray();
                } else {
                    in.skipValue();
                }
            }
            in.endObject();
        } catch (NoSuchFileException e) {
            throw new InvalidDataException(json + ": no such file" + expected, e);
        } catch (EOFException | MalformedJsonException | IllegalStateException | NumberFormatException e) {
            throw new InvalidDataException(
                    json + ": is cut off or of another form (" + e.getMessage() + ")" + expected, e);
        } catch (IOException e) {
            throw new InvalidDataException(json + ": cannot be read (" + e + ")" + expected, e);
        }
        if (segments.categories.isEmpty()) {
            throw new InvalidDataException(json + ": has no annotations" + expected);
        }
        return segments;
    }

    /** The file that says which categories the segments are of. */
    Path json() {
        return json;
    }

    private void annotation(JsonReader in) throws IOException {
        String file = "";
        Map<Integer, Integer> found = new HashMap<>();
        in.beginObject();
        while (in.hasNext()) {
            switch (in.nextName()) {
                case "file_name" -> file = in.nextString();
                case "segments_info" -> {
                    in.beginArray();
                    while (in.hasNext()) {
                        segment(in, found);
                    }
                    in.endArray();
                }
                default -> in.skipValue();
            }
        }
        in.endObject();
        if (file.isEmpty() || categories.put(file, found) != null) {
            throw new InvalidDataException(json + ": an annotation has the file_name '" + file
                    + "', which is empty or stands twice; expected each mask once");
        }
    }

    private void segment(JsonReader in, Map<Integer, Integer> found) throws IOException {
        int id = -1;
        int category = -1;
        in.beginObject();
        while (in.hasNext()) {
            switch (in.nextName()) {
                case "id" -> id = in.nextInt();
                case "category_id" -> category = in.nextInt();
                default -> in.skipValue();
            }
        }
        in.endObject();
        if (id < 0 || category < 0 || found.put(id, category) != null) {
            throw new InvalidDataException(json + ": a segment has id " + id + " and category_id " + category
                    + "; expected both, not negative, and each id of a mask once");
        }
    }

    /**
     * Reads a mask.
     *
     * @throws InvalidDataException if the file cannot be read, the JSON does not name it, a pixel is of a segment that it
     *     does not name, or a category is no id of the set
     */
    LabelMap labels(Path mask, LabelSet set) {
        Map<Integer, Integer> known = categories.get(mask.getFileName().toString());
        if (known == null) {
            throw new InvalidDataException(mask + ": " + json + " has no annotation of that file_name; expected one");
        }
        Map<Integer, Integer> labelOfSegment = new HashMap<>();
        labelOfSegment.put(0, LabelMap.IGNORE);
        known.forEach((segment, category) -> labelOfSegment.put(
                segment,
                set.findId(category)
                        .orElseThrow(() -> new InvalidDataException(mask + ": segment " + segment + " has category_id "
                                + category + " in " + json + "; expected an id of " + set.name()))));
        RgbImage image = ImageFiles.readRgb(mask);
        byte[] rgb = image.data();
        byte[] labels = new byte[rgb.length / 3];
        for (int i = 0; i < labels.length; i++) {
            int segment = (rgb[3 * i] & 255) | (rgb[3 * i + 1] & 255) << 8 | (rgb[3 * i + 2] & 255) << 16;
            Integer label = labelOfSegment.get(segment);
            if (label == null) {
                throw new InvalidDataException(mask + ": pixel (" + i % image.width() + ", " + i / image.width()
                        + ") is of segment " + segment + ", which " + json + " does not name; expected one of its "
                        + known.size());
            }
            labels[i] = (byte) (int) label;
        }
        return LabelMap.wrap(image.height(), image.width(), labels);
    }
}
