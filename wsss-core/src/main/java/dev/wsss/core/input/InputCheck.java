package dev.wsss.core.input;

import dev.wsss.api.Dataset;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.Sample;
import dev.wsss.api.Source;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How many images of a dataset can be worked with, as far as can be told in seconds: whether there is an image and
 * something of each source for every sample, and what a few of them hold, spread over the dataset, read as the run will
 * read them.
 *
 * <pre>{@code
 * InputCheck.of(train, new LabelFolder(folder, train.classes()))
 *         .orElse("they have VOC's classes", new LabelFolder(folder, VocLayout.VOC_CLASSES))
 *         .requireAtMost(InputCheck.MAX_LEFT_OUT, "pseudo masks");
 * }</pre>
 */
public final class InputCheck {
    /** The share of images that may be left out of a training unless it is told otherwise: one in twenty. */
    public static final double MAX_LEFT_OUT = 0.05;

    /** Images that are read whole: enough to know a folder that is wrong as such, read within a second or two. */
    private static final int LOOKED_AT = 16;

    private static final int SHOWN = 3;

    private final Dataset data;
    private final int lookedAt;
    private final Map<String, String> missing = new LinkedHashMap<>();
    private final Map<String, String> unusable = new LinkedHashMap<>();
    private final List<String> explanations = new ArrayList<>();

    private InputCheck(Dataset data, Function<String, Optional<String>> absent, Consumer<Sample> read) {
        this.data = data;
        @Nullable String[] reasons = new String[data.size()];
        IntStream.range(0, reasons.length).parallel().forEach(i -> reasons[i] = absence(i, absent));
        List<Integer> there = new ArrayList<>();
        for (int i = 0; i < reasons.length; i++) {
            String reason = reasons[i];
            if (reason == null) {
                there.add(i);
            } else {
                missing.put(data.id(i), reason);
            }
        }
        lookedAt = Math.min(LOOKED_AT, there.size());
        for (int k = 0; k < lookedAt; k++) {
            int i = there.get((int) ((long) k * there.size() / lookedAt));
            try {
                read.accept(data.get(i));
            } catch (InvalidDataException e) {
                unusable.put(data.id(i), String.valueOf(e.getMessage()));
            }
        }
    }

    private @Nullable String absence(int i, Function<String, Optional<String>> absent) {
        try {
            data.fingerprint(i);
        } catch (InvalidDataException e) {
            return String.valueOf(e.getMessage());
        }
        return absent.apply(data.id(i)).orElse(null);
    }

    /** Looks at a dataset's images and at what a source has for them. */
    public static InputCheck of(Dataset data, Source<?> source) {
        return of(data, source::missing, sample -> close(source.get(sample)));
    }

    /**
     * Looks at a dataset's images and whatever is wanted beside them.
     *
     * @param absent why there is nothing for the sample of an id, told without reading anything; called from several threads
     * @param read reads and closes all that belongs to a sample; throws {@link InvalidDataException} if that cannot be used
     */
    public static InputCheck of(Dataset data, Function<String, Optional<String>> absent, Consumer<Sample> read) {
        return new InputCheck(data, absent, read);
    }

    /**
     * Tries another reading where what was looked at is of no use as a whole, such as two folders the other way round. If it
     * fits every image looked at, the message of {@link #requireAtMost} says so.
     *
     * @param explanation what is wrong then
     */
    public InputCheck orElse(String explanation, Source<?> reading) {
        if (2 * unusable.size() > lookedAt) {
            InputCheck other = of(data, reading);
            if (other.unusable.isEmpty() && other.missing.size() <= missing.size()) {
                explanations.add(explanation);
            }
        }
        return this;
    }

    /** Images that cannot be used, as far as is known, with the reason, in the order of the dataset. */
    public Map<String, String> leftOut() {
        Map<String, String> all = new LinkedHashMap<>(missing);
        all.putAll(unusable);
        return Collections.unmodifiableMap(all);
    }

    /**
     * Refuses to go on if too many images would be left out: of those known to be missing, or of those looked at.
     *
     * @param share of all images, in [0, 1]
     * @param name of what is wanted, for the message
     * @throws InvalidDataException with how many there are, the first reasons, and what would explain it
     */
    public void requireAtMost(double share, String name) {
        int known = leftOut().size();
        boolean few = known <= share * data.size();
        // one of sixteen is no share to go by
        boolean fewOfThose = unusable.size() <= Math.max(1, share * lookedAt);
        if (!few || !fewOfThose) {
            String count = few ? tally(unusable.size(), lookedAt, " looked at") : tally(known, data.size(), "");
            throw new InvalidDataException(name + ": " + count + " cannot be used, more than " + percent(share)
                    + ": " + reasons(leftOut())
                    + (explanations.isEmpty() ? "" : "; " + String.join(", and ", explanations))
                    + "; " + ALLOW);
        }
    }

    /** The end of messages that say that too many images would be left out. */
    private static final String ALLOW = "allow more images to be left out, if that is meant";

    /**
     * Refuses to go on with a training that has left out too many of its images.
     *
     * @throws InvalidDataException as {@link #requireAtMost}
     */
    public static void requireAtMost(double share, int images, Map<String, String> leftOut, String name) {
        if (leftOut.size() > share * images) {
            throw new InvalidDataException(name + ": " + tally(leftOut.size(), images, "")
                    + " cannot be used, more than " + percent(share) + ": " + reasons(leftOut) + "; " + ALLOW);
        }
    }

    /**
     * A share as given.
     *
     * @throws IllegalArgumentException unless it is in [0, 1]
     */
    public static double requireShare(double share) {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("share of images left out is " + share + "; expected 0 to 1");
        }
        return share;
    }

    private static String tally(int count, int of, String kind) {
        return count + (count == 1 ? " image" : " images") + " of " + of + kind;
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.2f", 100 * share).replaceAll("\\.?0+$", "") + " %";
    }

    private static String reasons(Map<String, String> all) {
        StringBuilder text = new StringBuilder();
        all.values().stream().limit(SHOWN).forEach(r -> text.append(text.isEmpty() ? "" : "; ")
                .append(r));
        return all.size() > SHOWN ? text + "; and " + (all.size() - SHOWN) + " more" : text.toString();
    }

    /** Closes what a source gave, if it is to be closed. */
    public static void close(@Nullable Object value) {
        if (value instanceof AutoCloseable closeable) {
            try {
                closeable.close();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException("what a source gave cannot be closed", e);
            }
        }
    }
}
