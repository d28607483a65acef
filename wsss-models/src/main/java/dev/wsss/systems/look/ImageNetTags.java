package dev.wsss.systems.look;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The tags that a user gives all photographs, those apart that ImageNet has no class for: "person" is the most frequent of
 * them.
 *
 * @param tags at least one, of different names
 * @param warnings for each word that no class has, a sentence that names it and words that are written alike
 */
public record ImageNetTags(List<ImageNetTag> tags, List<String> warnings) {
    public ImageNetTags {
        tags = List.copyOf(tags);
        warnings = List.copyOf(warnings);
        Set<String> names = new LinkedHashSet<>();
        for (ImageNetTag tag : tags) {
            if (!names.add(tag.name())) {
                throw new IllegalArgumentException("tag '" + tag.name() + "' stands twice");
            }
        }
        if (tags.isEmpty()) {
            throw new IllegalArgumentException("expected at least one tag that ImageNet has a class for, got none");
        }
    }

    /**
     * The tags of words, see {@link ImageNetTag#of}.
     *
     * @throws IllegalArgumentException if no word has a class, or one stands twice; the message names the words, and what
     *     is written alike
     */
    public static ImageNetTags of(List<String> words) {
        List<ImageNetTag> tags = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        for (String word : words) {
            Optional<ImageNetTag> tag = ImageNetTag.find(word);
            tag.ifPresentOrElse(tags::add, () -> warnings.add(ImageNetTag.unknown(word)));
        }
        if (tags.isEmpty() && !warnings.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", warnings));
        }
        return new ImageNetTags(tags, warnings);
    }
}
