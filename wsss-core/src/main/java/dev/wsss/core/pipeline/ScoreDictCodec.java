package dev.wsss.core.pipeline;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Npy;
import dev.wsss.core.io.ObjectNpy;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Score maps as the npy files of PSA, SEAM, EPS and PPC. */
final class ScoreDictCodec implements ProductCodec<ScoreMaps> {
    private final ClassCatalog classes;
    /** Keys are tags; otherwise they are labels. */
    private final boolean byTag;

    ScoreDictCodec(ClassCatalog classes, boolean byTag) {
        this.classes = classes;
        this.byTag = byTag;
    }

    @Override
    public String extension() {
        return "npy";
    }

    @Override
    public String format() {
        return "npy: dict of " + (byTag ? "tag" : "label") + " to F32 [H, W], " + classes.labelCount() + " labels";
    }

    /** Says the same in every run: folders of scores are recorded under this name. */
    @Override
    public String toString() {
        return format();
    }

    @Override
    public void write(Path file, ScoreMaps maps) {
        int[] labels = maps.labels();
        int size = maps.height() * maps.width();
        Map<Integer, HostArray> dict = new TreeMap<>();
        for (int k = 0; k < labels.length; k++) {
            float[] map = Arrays.copyOfRange(maps.toArray(), k * size, (k + 1) * size);
            dict.put(
                    byTag ? classes.tagOfLabel(labels[k]) : labels[k],
                    HostArray.ofFloats(map, maps.height(), maps.width()));
        }
        ObjectNpy.writeCamDict(file, dict);
    }

    @Override
    public ScoreMaps read(Path file) {
        ScoreMaps maps = readOrNone(file);
        if (maps == null) {
            throw new InvalidDataException(file + ": is a dict of no map, which is an image's without tags and tells no"
                    + " size; expected a map for each class, or the image to be read with");
        }
        return maps;
    }

    /** A dict of no map is an image's without tags, of the image's size. */
    @Override
    public ScoreMaps read(Path file, Sample sample) {
        ScoreMaps maps = readOrNone(file);
        return maps == null
                ? ScoreMaps.of(
                        new int[0], sample.image().height(), sample.image().width(), new float[0])
                : maps;
    }

    /** Null if there is no map, and so no size. */
    private @Nullable ScoreMaps readOrNone(Path file) {
        Object content = Npy.readObject(file);
        if (content instanceof HostArray array) {
            return ofArray(file, array);
        }
        SortedMap<Integer, HostArray> dict = ObjectNpy.readCamDict(file);
        if (dict.isEmpty()) {
            return null;
        }
        int limit = byTag ? classes.tagCount() : classes.labelCount();
        if (dict.lastKey() >= limit) {
            throw new InvalidDataException(file + ": has a map of class " + dict.lastKey() + "; expected "
                    + (byTag ? "classes 0.." : "labels 0..") + (limit - 1));
        }
        long[] shape = dict.values().iterator().next().shape();
        int[] labels = dict.keySet().stream()
                .mapToInt(key -> byTag ? classes.labelOfTag(key) : key)
                .toArray();
        int height = Math.toIntExact(shape[0]);
        int width = Math.toIntExact(shape[1]);
        float[] values = new float[Math.multiplyExact(labels.length, Math.multiplyExact(height, width))];
        int at = 0;
        for (HostArray map : dict.values()) {
            float[] one = map.toFloats();
            System.arraycopy(one, 0, values, at, one.length);
            at += one.length;
        }
        return maps(file, labels, height, width, values);
    }

    /** wseg's own form of CRF files: all labels in order, without a dict. */
    private ScoreMaps ofArray(Path file, HostArray array) {
        long[] shape = array.shape();
        if (byTag
                || shape.length != 3
                || shape[0] != classes.labelCount()
                || !array.dtype().isFloating()) {
            throw new InvalidDataException(file + ": holds " + array + "; expected a dict of "
                    + (byTag
                            ? "class to floats [H, W]"
                            : "label to floats [H, W], or floats [" + classes.labelCount() + ", H, W]"));
        }
        int[] labels = new int[classes.labelCount()];
        Arrays.setAll(labels, i -> i);
        return maps(file, labels, Math.toIntExact(shape[1]), Math.toIntExact(shape[2]), array.toFloats());
    }

    private static ScoreMaps maps(Path file, int[] labels, int height, int width, float[] values) {
        try {
            return ScoreMaps.of(labels, height, width, values);
        } catch (InvalidDataException e) {
            throw new InvalidDataException(file + ": " + e.getMessage(), e);
        }
    }
}
