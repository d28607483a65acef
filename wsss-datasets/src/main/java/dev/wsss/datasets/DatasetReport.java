package dev.wsss.datasets;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** What {@link DatasetCheck} has found: what is wrong, and what there is. Immutable. */
public final class DatasetReport {
    /** Kinds of what can be wrong. */
    public enum Kind {
        /** The image is listed, and not there. */
        IMAGE_MISSING("image that is not there"),
        /** The image cannot be read. */
        IMAGE_UNREADABLE("image that cannot be read"),
        /** The tags are not there or cannot be read, for another reason than that their mask cannot. */
        TAGS_UNREADABLE("image whose tags are not there or cannot be read"),
        /** A problem of COCO's annotations, for which an image or an object is left out. */
        ANNOTATIONS("problem of the annotations"),
        /** There is no mask, though there are masks of other images of the part. */
        MASK_MISSING("image without a mask"),
        /** The mask is no intact file. */
        MASK_UNREADABLE("mask that cannot be read"),
        /** The mask is intact, and its values or colours are none of the classes'. */
        MASK_VALUES("mask with values that are no label"),
        /** The mask has another size than the image. */
        MASK_SIZE("mask of another size than its image"),
        /** An image has tags of which the mask has no pixel. */
        TAG_WITHOUT_PIXEL("image with a tag that its mask does not show"),
        /** A mask has pixels of classes that are no tags of the image. */
        PIXEL_WITHOUT_TAG("image whose mask shows a class that is no tag of it"),
        /** The image's file has the same bytes as that of another sample. */
        DUPLICATE_IMAGE("image whose bytes are those of another"),
        /** The id is in another part too, which is evaluated on or trained on. */
        SHARED_ID("id that is in two parts");

        private final String words;

        Kind(String words) {
            this.words = words;
        }

        /** The kind in words, of one sample: {@code image without a mask}. */
        public String words() {
            return words;
        }
    }

    /**
     * Something wrong with one sample, or with what all samples of a part are read from.
     *
     * @param part the name of the part
     * @param id of the sample, empty where it is none of one sample
     * @param message what was found, with the file's name where there is one
     */
    public record Finding(Kind kind, String part, String id, String message) {}

    /** Of numbers: the least, the middle one (of two, the lower), and the largest. */
    public record Extent(int min, int median, int max) {}

    /**
     * A label in numbers.
     *
     * @param imagesByTag images that are tagged with it; none for a background
     * @param imagesByMask images whose mask has a pixel of it; none where masks were not read
     * @param pixels of it in all masks; none where masks were not read
     * @param tagsWithoutPixel images that are tagged with it, and whose mask has no pixel of it
     * @param pixelsWithoutTag images whose mask has pixels of it, and that are not tagged with it
     */
    public record ClassCount(
            String name,
            OptionalInt imagesByTag,
            OptionalInt imagesByMask,
            OptionalLong pixels,
            int tagsWithoutPixel,
            int pixelsWithoutTag) {}

    /**
     * A part of the dataset in numbers, such as what is trained on.
     *
     * @param samples listed
     * @param images that can be read; in a fast check, whose header can
     * @param masks that are there
     * @param tags of all images
     * @param tagged images whose tags can be read, those without any among them
     * @param untagged images without a tag
     * @param ignoredPixels of value 255 in all masks; none where masks were not read
     * @param heights rows of the images
     * @param widths columns of the images
     * @param grey images of one channel
     * @param cmyk images of four inks
     * @param deep images of more than 8 bits a sample, of which the high ones are taken
     * @param turned images whose EXIF says that they are to be turned, which is not done
     * @param classes by label
     * @param published how the number of samples compares with that of the published list of this name, where there is one
     */
    public record Part(
            String name,
            int samples,
            int images,
            int masks,
            int tags,
            int tagged,
            int untagged,
            OptionalLong ignoredPixels,
            Optional<Extent> heights,
            Optional<Extent> widths,
            int grey,
            int cmyk,
            int deep,
            int turned,
            List<ClassCount> classes,
            Optional<String> published) {
        /** Copies the list. */
        public Part {
            classes = List.copyOf(classes);
        }

        /** Tags of an image in the mean, of those whose tags can be read; NaN if there is none. */
        public double meanTags() {
            return tagged == 0 ? Double.NaN : (double) tags / tagged;
        }
    }

    private final boolean fast;
    private final List<Part> parts;
    private final List<Finding> findings;
    private final List<String> notes;

    DatasetReport(boolean fast, List<Part> parts, List<Finding> findings, List<String> notes) {
        this.fast = fast;
        this.parts = List.copyOf(parts);
        this.findings = List.copyOf(findings);
        this.notes = List.copyOf(notes);
    }

    /** Whether headers only were read. */
    public boolean fast() {
        return fast;
    }

    /** The parts in numbers. */
    public List<Part> parts() {
        return parts;
    }

    /** What is wrong, by part and sample. */
    public List<Finding> findings() {
        return findings;
    }

    /** How many findings of each kind there are; kinds without one are left out. */
    public Map<Kind, Integer> counts() {
        Map<Kind, Integer> counts = new EnumMap<>(Kind.class);
        findings.forEach(finding -> counts.merge(finding.kind, 1, Integer::sum));
        return counts;
    }

    /** Whether nothing is wrong. */
    public boolean isClean() {
        return findings.isEmpty();
    }

    /** What the datasets tell of themselves: lists, files that are not used. */
    public List<String> notes() {
        return notes;
    }

    /** All of it as JSON; what was not counted is null. */
    public String toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("clean", isClean());
        json.addProperty("fast", fast);
        JsonObject counts = new JsonObject();
        counts().forEach((kind, n) -> counts.addProperty(kind.name(), n));
        json.add("counts", counts);
        JsonArray all = new JsonArray();
        parts.forEach(part -> all.add(json(part)));
        json.add("parts", all);
        JsonArray wrong = new JsonArray();
        for (Finding finding : findings) {
            JsonObject one = new JsonObject();
            one.addProperty("kind", finding.kind.name());
            one.addProperty("part", finding.part);
            one.addProperty("id", finding.id);
            one.addProperty("message", finding.message);
            wrong.add(one);
        }
        json.add("findings", wrong);
        JsonArray told = new JsonArray();
        notes.forEach(told::add);
        json.add("notes", told);
        return new GsonBuilder()
                        .disableHtmlEscaping()
                        .serializeNulls()
                        .setPrettyPrinting()
                        .create()
                        .toJson(json)
                + "\n";
    }

    private static JsonObject json(Part part) {
        JsonObject json = new JsonObject();
        json.addProperty("name", part.name);
        json.addProperty("samples", part.samples);
        part.published.ifPresent(text -> json.addProperty("published", text));
        json.addProperty("images", part.images);
        json.addProperty("masks", part.masks);
        json.addProperty("tags", part.tags);
        json.addProperty("tagged", part.tagged);
        json.addProperty("untagged", part.untagged);
        put(json, "meanTags", part.tagged == 0 ? null : part.meanTags());
        put(json, "ignoredPixels", boxed(part.ignoredPixels));
        put(json, "heights", part.heights);
        put(json, "widths", part.widths);
        json.addProperty("grey", part.grey);
        json.addProperty("cmyk", part.cmyk);
        json.addProperty("deep", part.deep);
        json.addProperty("turned", part.turned);
        JsonArray classes = new JsonArray();
        for (ClassCount count : part.classes) {
            JsonObject one = new JsonObject();
            one.addProperty("name", count.name);
            put(one, "imagesByTag", boxed(count.imagesByTag));
            put(one, "imagesByMask", boxed(count.imagesByMask));
            put(one, "pixels", boxed(count.pixels));
            one.addProperty("tagsWithoutPixel", count.tagsWithoutPixel);
            one.addProperty("pixelsWithoutTag", count.pixelsWithoutTag);
            classes.add(one);
        }
        json.add("classes", classes);
        return json;
    }

    private static @Nullable Number boxed(OptionalInt value) {
        return value.isPresent() ? value.getAsInt() : null;
    }

    private static @Nullable Number boxed(OptionalLong value) {
        return value.isPresent() ? value.getAsLong() : null;
    }

    private static void put(JsonObject json, String key, @Nullable Number value) {
        if (value == null) {
            json.add(key, JsonNull.INSTANCE);
        } else {
            json.addProperty(key, value);
        }
    }

    private static void put(JsonObject json, String key, Optional<Extent> extent) {
        if (extent.isEmpty()) {
            json.add(key, JsonNull.INSTANCE);
            return;
        }
        JsonObject numbers = new JsonObject();
        numbers.addProperty("min", extent.get().min);
        numbers.addProperty("median", extent.get().median);
        numbers.addProperty("max", extent.get().max);
        json.add(key, numbers);
    }

    @Override
    public String toString() {
        return "DatasetReport[" + parts.stream().map(Part::name).toList() + ", " + findings.size() + " findings]";
    }
}
