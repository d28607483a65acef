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
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Score maps as the npy files of PSA, SEAM, EPS and PPC. */
final class ScoreDictCodec implements ProductCodec<ScoreMaps> {
    /** By how much a score may pass its range: no more than float16 rounds. */
    private static final float ROUNDING = 1e-3f;

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
        ScoreMaps maps = content(file).maps;
        if (maps == null) {
            throw new InvalidDataException(file + ": is a dict of no map, which is an image's without tags and tells no"
                    + " size; expected a map for each class, or the image to be read with");
        }
        return maps;
    }

    /** A dict of no map is an image's without tags, of the image's size. */
    @Override
    public ScoreMaps read(Path file, Sample sample) {
        return content(file).of(sample);
    }

    /**
     * As {@link #read(Path, Sample)}, of a file that another program made, which may be of another image.
     *
     * @throws InvalidDataException naming the file, also if the maps are not of the image's size, of other classes than its
     *     tags (and the background's where keys are labels; of an array of all labels no class is asked), or out of range
     */
    ScoreMaps readFitting(Path file, Sample sample) {
        return fitting(file, content(file), sample);
    }

    /** As {@link #readFitting}, of IRN's form, whose keys are tags. */
    static ScoreMaps readIrnFitting(Path file, Sample sample) {
        ScoreDictCodec codec = new ScoreDictCodec(sample.tags().catalog(), true);
        return codec.fitting(file, codec.content(file, ObjectNpy.readIrnCams(file)), sample);
    }

    /**
     * What a file holds.
     *
     * @param maps null if there is none, and so no size
     * @param keyed whether the file says which classes these are
     */
    private record Content(@Nullable ScoreMaps maps, boolean keyed) {
        ScoreMaps of(Sample sample) {
            return maps == null
                    ? ScoreMaps.none(sample.image().height(), sample.image().width())
                    : maps;
        }
    }

    private Content content(Path file) {
        Object content = Npy.readObject(file);
        if (content instanceof HostArray array) {
            return new Content(ofArray(file, array), false);
        }
        // IRN's keys are tags, and say so
        boolean irn = byTag && content instanceof Map<?, ?> dict && dict.containsKey("keys");
        return content(file, irn ? ObjectNpy.readIrnCams(file) : ObjectNpy.readCamDict(file));
    }

    private Content content(Path file, SortedMap<Integer, HostArray> dict) {
        if (dict.isEmpty()) {
            return new Content(null, true);
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
        return new Content(maps(file, labels, height, width, values), true);
    }

    private ScoreMaps fitting(Path file, Content content, Sample sample) {
        ScoreMaps maps = ScoreFolder.requireSize(file, content.of(sample), sample);
        if (content.keyed) {
            int[] expected = byTag || !classes.hasBackground()
                    ? sample.tags().labels()
                    : IntStream.concat(
                                    IntStream.of(0), Arrays.stream(sample.tags().labels()))
                            .toArray();
            // a dict of labels for an image without tags may be empty, as one of tags is
            boolean none = maps.count() == 0 && sample.tags().isEmpty();
            if (!none && !Arrays.equals(maps.labels(), expected)) {
                throw new InvalidDataException(file + ": " + mismatch(maps.labels(), expected, sample));
            }
        }
        requireRange(file, maps);
        return maps;
    }

    /** Activations that were not normalized and logarithms of probabilities look like scores, and mean nothing to a threshold. */
    private void requireRange(Path file, ScoreMaps maps) {
        float least = Float.POSITIVE_INFINITY;
        float most = Float.NEGATIVE_INFINITY;
        for (float value : maps.toArray()) {
            least = Math.min(least, value);
            most = Math.max(most, value);
        }
        // SEAM's own files fall below 0, which its next steps clip
        boolean right = maps.count() == 0 || most <= 1 + ROUNDING && (byTag ? most >= 0 : least >= -ROUNDING);
        if (!right) {
            throw new InvalidDataException(file + ": scores are from " + least + " to " + most + "; expected "
                    + (byTag ? "CAMs of at most 1 that are not all below 0" : "probabilities, 0 to 1"));
        }
    }

    private String mismatch(int[] found, int[] expected, Sample sample) {
        String what = byTag ? "tags" : "labels";
        String text = "its keys are " + keys(found) + "; expected the image's " + what + ", " + keys(expected) + " for "
                + sample.tags();
        // taken for the other kind of number, every key would be one of the image's; 0 would be the background
        int shift = byTag ? 1 : -1;
        int[] shifted = Arrays.stream(sample.tags().labels())
                .map(label -> label + shift)
                .toArray();
        int[] others = byTag ? Arrays.stream(found).filter(label -> label != 1).toArray() : found;
        boolean other = classes.hasBackground() && shifted.length > 0 && Arrays.equals(others, shifted);
        return other ? text + " (these would be the image's " + (byTag ? "labels" : "tags") + ")" : text;
    }

    /** Keys as the file has them. */
    private String keys(int[] labels) {
        return Arrays.toString(Arrays.stream(labels)
                .map(label -> byTag ? classes.tagOfLabel(label) : label)
                .toArray());
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
