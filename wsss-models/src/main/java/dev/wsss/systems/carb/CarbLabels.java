package dev.wsss.systems.carb;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.ObjectNpy;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The published code's {@code labels.npy}: a dict of each image's tags, a vector of 0 and 1 as long as there are classes, of
 * the training and the validation images together.
 *
 * <pre>{@code
 * CarbLabels.write(Path.of("metadata/cityscapes/labels.npy"), CarbLabels.Form.CITYSCAPES, List.of(train, val));
 * Map<String, ImageTags> tags = CarbLabels.read(Path.of("metadata/cityscapes/labels.npy"), train.classes());
 * }</pre>
 */
public final class CarbLabels {
    /** How a dataset's images are called, and of what type the vectors are, as in the published files. */
    public enum Form {
        /** {@code aachen/aachen_000000_000019}, float32. */
        CITYSCAPES(true, false),
        /** The id, float64. */
        CAMVID(false, true),
        /** The id, float64. */
        WILDDASH2(false, true),
        /** For any other dataset: the id, float32. */
        PLAIN(false, false);

        private final boolean cities;
        private final boolean doubles;

        Form(boolean cities, boolean doubles) {
            this.cities = cities;
            this.doubles = doubles;
        }

        String key(String id) {
            int city = id.indexOf('_');
            return cities && city > 0 && id.indexOf('/') < 0 ? id.substring(0, city) + "/" + id : id;
        }
    }

    private CarbLabels() {}

    /**
     * Writes or replaces a file atomically; no mask is asked for.
     *
     * @param datasets in the order of the file's entries
     * @throws IllegalArgumentException if there are none, they are not of the same classes, or two images of one name have other
     *     tags
     * @throws java.io.UncheckedIOException if writing fails
     */
    public static void write(Path file, Form form, List<? extends Dataset> datasets) {
        if (datasets.isEmpty()) {
            throw new IllegalArgumentException("no dataset is given; expected at least one");
        }
        ClassCatalog classes = datasets.get(0).classes();
        Map<String, float[]> all = new LinkedHashMap<>();
        Map<String, ImageTags> seen = new LinkedHashMap<>();
        for (Dataset each : datasets) {
            if (!each.classes().equals(classes)) {
                throw new IllegalArgumentException(each.name() + " has other classes than "
                        + datasets.get(0).name() + "; expected the same");
            }
            for (int i = 0; i < each.size(); i++) {
                String key = form.key(each.id(i));
                ImageTags tags = each.tags(i);
                ImageTags before = seen.put(key, tags);
                if (before != null && !before.equals(tags)) {
                    throw new IllegalArgumentException("'" + key + "' has the tags " + before.names() + " and, in "
                            + each.name() + ", " + tags.names() + "; expected an image once");
                }
                all.put(key, tags.toMultiHot());
            }
        }
        ObjectNpy.writeClassLabels(file, all, form.doubles);
    }

    /**
     * Reads a file, the published ones included, of either type.
     *
     * @return by key, of Cityscapes with the city
     * @throws InvalidDataException naming file and image, if a vector is of another length than there are classes, holds
     *     anything but 0 and 1, or the file is something else
     */
    public static Map<String, ImageTags> read(Path file, ClassCatalog classes) {
        Map<String, ImageTags> tags = new LinkedHashMap<>();
        ObjectNpy.readClassLabels(file).forEach((id, scores) -> {
            try {
                tags.put(id, ImageTags.ofMultiHot(classes, scores));
            } catch (InvalidDataException e) {
                throw new InvalidDataException(file + ": '" + id + "' " + e.getMessage(), e);
            }
        });
        return tags;
    }
}
