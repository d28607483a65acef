package dev.wsss.systems.look;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Look} says, without its pixels: a few kilobytes.
 *
 * @param name the photograph's in the page and in the names of files, unlike all others of the folder
 * @param height rows of the pictures
 * @param width columns
 * @param likeliest the likeliest classes, in descending order
 * @param mapped what has a map
 * @param agreements with the supervised segmenter, see {@link Look.Supervised}; null if there was none
 * @param pictures the files in the folder, by caption: "map of ..." for each of {@code mapped}, "labels", and where there are
 *     such, "labels with CRF" and "supervised"
 */
public record LookSummary(
        String name,
        int height,
        int width,
        List<LikelyClass> likeliest,
        List<Mapped> mapped,
        @Nullable List<Agreement> agreements,
        Map<String, String> pictures) {
    public LookSummary {
        likeliest = List.copyOf(likeliest);
        mapped = List.copyOf(mapped);
        agreements = agreements == null ? null : List.copyOf(agreements);
        pictures = Collections.unmodifiableMap(new LinkedHashMap<>(pictures));
    }

    /**
     * A tag and the class of ImageNet whose map it got.
     *
     * @param tag as it was given, or the class's own name
     * @param shown the likeliest of the tag's classes
     * @param classes how many classes the tag may mean; 0 where no tags were given
     */
    public record Mapped(String tag, LikelyClass shown, int classes) {
        @Override
        public String toString() {
            String one = String.format(Locale.ROOT, "%s: mapped as %s, %.3f", tag, shown.name(), shown.probability());
            return classes > 1 ? one + ", the likeliest of " + classes : one;
        }
    }

    /** Of a look for tags, or for the likeliest classes where {@code tags} is null. */
    static LookSummary of(String name, Look look, @Nullable ImageNetTags tags, Map<String, String> pictures) {
        List<Mapped> mapped = new ArrayList<>();
        for (int k = 0; k < look.shown().size(); k++) {
            int classes = tags == null ? 0 : tags.tags().get(k).classes().size();
            mapped.add(new Mapped(look.classes().tagNames().get(k), look.shown().get(k), classes));
        }
        Look.Supervised supervised = look.supervised();
        return new LookSummary(
                name,
                look.image().height(),
                look.image().width(),
                look.likeliest(),
                mapped,
                supervised == null ? null : supervised.agreements(),
                pictures);
    }

    /** Sentences: for each tag that was given the class it was mapped as, and how far the segmenter agrees. */
    public List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        mapped.stream().filter(each -> each.classes() > 0).forEach(each -> remarks.add(each.toString()));
        if (agreements != null) {
            agreements.forEach(each -> remarks.add(each.toString()));
            if (agreements.isEmpty()) {
                remarks.add("the supervised network sees none of its classes that could be compared");
            }
        }
        return remarks;
    }
}
