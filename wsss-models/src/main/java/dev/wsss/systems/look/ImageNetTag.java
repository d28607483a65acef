package dev.wsss.systems.look;

import dev.wsss.models.cam.ImageNetClasses;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A tag that a user gives a photograph, and the classes of ImageNet that it may mean. ImageNet has no "dog" but 118 breeds:
 * a {@link PhotoLook} takes the likeliest of them in the photograph.
 *
 * <pre>{@code
 * ImageNetTag dog = ImageNetTag.of("dog");    // 118 breeds, and whatever else has the word in its name, as "hot dog"
 * ImageNetTag cat = ImageNetTag.of("Egyptian cat");
 * }</pre>
 *
 * @param name as it was given
 * @param classes at least one, ascending, each from 0 to 999 in {@link ImageNetClasses#names}'s order
 */
public record ImageNetTag(String name, List<Integer> classes) {
    private static final Pattern NO_LETTER = Pattern.compile("[^\\p{L}\\p{N}]+");
    private static final int SUGGESTIONS = 5;

    public ImageNetTag {
        classes = List.copyOf(classes);
        if (name.isBlank() || classes.isEmpty()) {
            throw new IllegalArgumentException(
                    "a tag has a name and at least one class, got '" + name + "', " + classes);
        }
        for (int index : classes) {
            if (index < 0 || index >= ImageNetClasses.COUNT) {
                throw new IllegalArgumentException("class " + index + " of tag '" + name + "' is not in 0..999");
            }
        }
    }

    /**
     * The tag of a word, or of several in a row: every class that has one name with these words, in any case, and for a
     * class of VOC (bird, dog, sofa ...) all of its kinds.
     *
     * @throws IllegalArgumentException if no class has it; the message names words that are written alike
     */
    public static ImageNetTag of(String words) {
        return find(words).orElseThrow(() -> new IllegalArgumentException(unknown(words)));
    }

    /** The tag of a word as {@link #of} finds it; empty if no class has it. */
    static Optional<ImageNetTag> find(String words) {
        String asked = plain(words);
        TreeSet<Integer> found = new TreeSet<>(VocGroups.classes(asked.strip()));
        List<String> names = ImageNetClasses.names();
        if (!asked.isBlank()) {
            IntStream.range(0, names.size())
                    .filter(i -> synonyms(names.get(i)).stream().anyMatch(name -> name.contains(asked)))
                    .forEach(found::add);
        }
        return found.isEmpty() ? Optional.empty() : Optional.of(new ImageNetTag(words.strip(), List.copyOf(found)));
    }

    /** What to tell of a word that no class has. */
    static String unknown(String words) {
        return "no class of ImageNet is called '" + words + "'; expected a word of a name, such as "
                + String.join(", ", suggestions(plain(words).strip()));
    }

    /** In lower case, with one blank before and after each word. */
    private static String plain(String text) {
        return " "
                + NO_LETTER
                        .matcher(text.toLowerCase(Locale.ROOT))
                        .replaceAll(" ")
                        .strip() + " ";
    }

    private static List<String> synonyms(String names) {
        List<String> plain = new ArrayList<>();
        for (String name : names.split(",")) {
            plain.add(plain(name));
        }
        return plain;
    }

    private static List<String> suggestions(String asked) {
        TreeSet<String> words = new TreeSet<>(VocGroups.names());
        for (String names : ImageNetClasses.names()) {
            words.addAll(List.of(plain(names).strip().split(" ")));
        }
        return words.stream()
                .sorted(Comparator.comparingInt((String word) -> distance(asked, word))
                        .thenComparing(Comparator.naturalOrder()))
                .limit(SUGGESTIONS)
                .toList();
    }

    /** Letters to put in, leave out or exchange to get from one word to the other (Levenshtein). */
    private static int distance(String a, String b) {
        int[] row = IntStream.rangeClosed(0, b.length()).toArray();
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int exchanged = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(exchanged, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
