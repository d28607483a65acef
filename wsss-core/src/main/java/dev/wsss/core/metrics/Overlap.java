package dev.wsss.core.metrics;

import dev.wsss.api.Dataset;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Images that are in two datasets: those of a validation list that were trained on are not unseen.
 *
 * <p>Two images are the same if their {@linkplain Dataset#fingerprint fingerprints} are, under whatever ids. Where a dataset
 * has no fingerprints, such as one that draws its images, images of one id are the same if their pixels are.
 *
 * @param name of the dataset that was looked at
 * @param images how many it has
 * @param trained name of the other dataset
 * @param ids of the images that are in both, as the first has them, in its order
 */
public record Overlap(String name, int images, String trained, List<String> ids) {
    private static final int EXAMPLES = 3;

    public Overlap {
        ids = List.copyOf(ids);
    }

    /**
     * Compares two datasets. Reads a little of each image; where there are no fingerprints, decodes images of ids that both
     * have. An image that cannot be read is in neither.
     *
     * @param data of which images is asked
     * @param trained images that a network has seen
     */
    public static Overlap of(Dataset data, Dataset trained) {
        Set<String> seen = new HashSet<>(Arrays.asList(fingerprints(trained, "trained")));
        Map<String, Integer> byId = new HashMap<>();
        for (int i = 0; i < trained.size(); i++) {
            byId.put(trained.id(i), i);
        }
        String[] fingerprints = fingerprints(data, "asked");
        List<String> shared = new ArrayList<>();
        for (int i = 0; i < data.size(); i++) {
            Integer twin = byId.get(data.id(i));
            boolean same = fingerprints[i].isEmpty()
                    ? twin != null && samePixels(pixels(data, i), pixels(trained, twin))
                    : seen.contains(fingerprints[i]);
            if (same) {
                shared.add(data.id(i));
            }
        }
        return new Overlap(data.name(), data.size(), trained.name(), shared);
    }

    private static String[] fingerprints(Dataset data, String role) {
        return IntStream.range(0, data.size())
                .parallel()
                .mapToObj(i -> {
                    try {
                        return data.fingerprint(i);
                    } catch (InvalidDataException e) {
                        return "unreadable " + role; // equal to none of the other dataset
                    }
                })
                .toArray(String[]::new);
    }

    private static @Nullable RgbImage pixels(Dataset data, int index) {
        try {
            return data.get(index).image();
        } catch (InvalidDataException e) {
            return null;
        }
    }

    private static boolean samePixels(@Nullable RgbImage a, @Nullable RgbImage b) {
        return a != null
                && b != null
                && a.height() == b.height()
                && a.width() == b.width()
                && Arrays.equals(a.data(), b.data());
    }

    /** Whether no image is in both. */
    public boolean isEmpty() {
        return ids.isEmpty();
    }

    /** For a row of a table: {@code unseen images}, or {@code validation images, 3 of 20 trained on}. */
    public String words() {
        return isEmpty() ? "unseen images" : "validation images, " + ids.size() + " of " + images + " trained on";
    }

    /** What a user should know, in one sentence; empty if no image is in both. */
    public String warning() {
        if (isEmpty()) {
            return "";
        }
        String some = String.join(", ", ids.subList(0, Math.min(EXAMPLES, ids.size())));
        return ids.size() + " of the " + images + " images of " + name + " are among the training images of " + trained
                + " (" + some + (ids.size() > EXAMPLES ? ", ..." : "")
                + "): scores on " + name + " are not those of unseen images";
    }
}
