package dev.wsss.core.metrics;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Small images of noise with masks, some of them as bad as a test wants. */
public final class FakeData implements Dataset {
    public static final ClassCatalog CLASSES = ClassCatalog.withBackground(List.of("cat", "dog"));

    /** What the values mean. */
    public ClassCatalog classes = CLASSES;

    private final String name;
    private final List<String> ids;
    /** Masks by id; all of label 1 where there is none. */
    public final Map<String, LabelMap> masks = new HashMap<>();

    public final Set<String> unreadable = new HashSet<>();
    public final Set<String> unreadableMasks = new HashSet<>();
    public final Set<String> untagged = new HashSet<>();
    public final Set<String> withoutMask = new HashSet<>();
    /** By id; if null, there are none. */
    public @Nullable Map<String, String> fingerprints;

    public long seed;

    public FakeData(String name, String... ids) {
        this.name = name;
        this.ids = List.of(ids);
    }

    /** A map of 2x2. */
    public static LabelMap map(int... labels) {
        byte[] bytes = new byte[labels.length];
        for (int i = 0; i < labels.length; i++) {
            bytes[i] = (byte) labels[i];
        }
        return LabelMap.of(2, labels.length / 2, bytes);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public ClassCatalog classes() {
        return classes;
    }

    @Override
    public int size() {
        return ids.size();
    }

    @Override
    public String id(int index) {
        return ids.get(index);
    }

    @Override
    public ImageTags tags(int index) {
        return untagged.contains(id(index)) ? ImageTags.of(classes) : ImageTags.of(classes, 0);
    }

    @Override
    public Sample get(int index) {
        if (unreadable.contains(id(index))) {
            throw new InvalidDataException(id(index) + ".png: the data ends early");
        }
        byte[] rgb = new byte[2 * 2 * 3];
        new Random(id(index).hashCode() + 1000 * seed).nextBytes(rgb);
        return new Sample(id(index), new RgbImage(2, 2, rgb), tags(index));
    }

    @Override
    public String fingerprint(int index) {
        if (fingerprints == null) {
            return "";
        }
        String of = fingerprints.get(id(index));
        if (of == null) {
            throw new InvalidDataException(id(index) + ".png: cannot be read");
        }
        return of;
    }

    @Override
    public boolean hasTruth() {
        return true;
    }

    @Override
    public boolean hasTruth(int index) {
        return !withoutMask.contains(id(index));
    }

    @Override
    public LabelMap truth(int index) {
        if (!hasTruth(index)) {
            throw new IllegalStateException("no mask of " + id(index));
        }
        if (unreadableMasks.contains(id(index))) {
            throw new InvalidDataException(id(index) + ".png: is an RGB PNG");
        }
        return masks.getOrDefault(id(index), map(1, 1, 1, 1));
    }
}
