package dev.wsss.core.metrics;

import dev.wsss.api.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What each image adds to a confusion matrix, so that evaluations of different images can be compared on the common ones
 * without looking at an image again. An image takes a few numbers: the pairs of labels that occur in it.
 *
 * <p>Immutable.
 */
public final class ImageCounts {
    /** Of no image. */
    static final ImageCounts NONE = new ImageCounts("", 1, Map.of());

    private final String origin;
    private final int labels;
    private final Map<String, ConfusionMatrix.Cells> images;

    /** @param origin of the images, so that ids of other images are told from these */
    ImageCounts(String origin, int labels, Map<String, ConfusionMatrix.Cells> images) {
        this.origin = origin;
        this.labels = labels;
        this.images = Collections.unmodifiableMap(new LinkedHashMap<>(images));
    }

    /** Ids of the images, in the order of their dataset. */
    public Set<String> ids() {
        return images.keySet();
    }

    /** A hash of what dataset the images are of, and of their ids. */
    public String imageSet() {
        return imageSet(origin, ids());
    }

    /** The counts of some of the images. */
    ImageCounts only(Predicate<String> which) {
        Map<String, ConfusionMatrix.Cells> some = new LinkedHashMap<>();
        images.forEach((id, cells) -> {
            if (which.test(id)) {
                some.put(id, cells);
            }
        });
        return new ImageCounts(origin, labels, some);
    }

    ConfusionMatrix sum() {
        ConfusionMatrix sum = new ConfusionMatrix(labels);
        images.values().forEach(sum::add);
        return sum;
    }

    static String imageSet(String origin, Collection<String> ids) {
        MessageDigest sha = Sha256.digest();
        sha.update((origin + "\n").getBytes(StandardCharsets.UTF_8));
        ids.forEach(id -> sha.update((id + "\n").getBytes(StandardCharsets.UTF_8)));
        return Sha256.hex(sha.digest()).substring(0, 16);
    }

    /**
     * The ids that all sets have in common, in the order of the first; sets of none do not count, as there is nothing to
     * compare.
     */
    public static Set<String> common(List<Set<String>> sets) {
        Set<String> common = new LinkedHashSet<>();
        boolean first = true;
        for (Set<String> ids : sets) {
            if (ids.isEmpty()) {
                continue;
            }
            if (first) {
                common.addAll(ids);
            } else {
                common.retainAll(ids);
            }
            first = false;
        }
        return common;
    }

    @Override
    public String toString() {
        return "ImageCounts[" + images.size() + " images]";
    }
}
