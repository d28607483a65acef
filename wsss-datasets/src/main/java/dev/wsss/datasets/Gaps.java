package dev.wsss.datasets;

import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Images and tags that are named and not there. Whoever learns from a dataset is refused at the first; a check is told of
 * all, so that for it their samples stay. Of one part, filled while that is opened.
 */
final class Gaps {
    private final boolean kept;
    private final Map<String, String> images = new HashMap<>();
    private final List<String> problems = new ArrayList<>();

    /** @param kept whether to go on, for a check */
    Gaps(boolean kept) {
        this.kept = kept;
    }

    boolean kept() {
        return kept;
    }

    /**
     * An image is not there.
     *
     * @throws InvalidDataException the one given, unless gaps are kept
     */
    void image(String id, InvalidDataException missing) {
        if (!kept) {
            throw missing;
        }
        images.put(id, String.valueOf(missing.getMessage()));
    }

    /** Why an image is not there; null if it is. */
    @Nullable
    String image(String id) {
        return images.get(id);
    }

    /** Keeps what is wrong with the annotations of all images, of which the rest is used all the same. */
    void problems(List<String> found) {
        problems.addAll(found);
    }

    List<String> problems() {
        return problems;
    }

    /**
     * The tags of an image are not there.
     *
     * @return what throws when they are asked for
     * @throws InvalidDataException the one given, unless gaps are kept
     */
    Supplier<ImageTags> tags(InvalidDataException missing) {
        if (!kept) {
            throw missing;
        }
        return () -> {
            throw new InvalidDataException(String.valueOf(missing.getMessage()), missing);
        };
    }
}
