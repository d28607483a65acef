package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Tags derived from masks by the any-pixel rule. */
final class MaskTags {
    private MaskTags() {}

    /**
     * The tags of an image, read now; what keeps them from being read is thrown when they are asked for.
     *
     * @param mask null if the image has none: then no tag is known, which serves an evaluation only
     */
    static Supplier<ImageTags> of(
            ClassCatalog classes,
            MaskReader reader,
            @Nullable Path mask,
            String id,
            String origin,
            boolean evaluation) {
        if (mask == null) {
            if (evaluation) {
                ImageTags none = ImageTags.of(classes);
                return () -> none;
            }
            return () -> {
                throw new InvalidDataException(origin + ": '" + id + "' has no mask, from which its tags would come");
            };
        }
        try {
            ImageTags found = ImageTags.anyPixel(classes, reader.read(mask));
            return () -> found;
        } catch (InvalidDataException e) {
            return () -> {
                throw new InvalidDataException(String.valueOf(e.getMessage()), e);
            };
        }
    }
}
