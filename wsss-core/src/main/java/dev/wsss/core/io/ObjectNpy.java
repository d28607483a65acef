package dev.wsss.core.io;

import dev.wsss.api.AtomicFile;
import dev.wsss.api.InvalidDataException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The two npy files of Python dicts that weakly supervised segmentation passes around: an image's CAMs, and the class
 * labels of all images. Python reads ours with {@code np.load(path, allow_pickle=True).item()}.
 */
public final class ObjectNpy {
    private ObjectNpy() {}

    /**
     * Reads an image's CAMs, a dict of class id to float {@code [H, W]}, as PSA, SEAM, IRN and their descendants save it.
     *
     * @return float32 {@code [H, W]} by class id, ascending; all of one shape
     * @throws InvalidDataException if there is no such file, or it is something else
     * @throws java.io.UncheckedIOException if reading fails
     */
    public static SortedMap<Integer, HostArray> readCamDict(Path path) {
        SortedMap<Integer, HostArray> cams = new TreeMap<>();
        @Nullable HostArray first = null;
        for (Map.Entry<?, ?> e : dict(path).entrySet()) {
            if (!(e.getKey() instanceof Long id) || id < 0 || id > Integer.MAX_VALUE) {
                throw new InvalidDataException(path + ": key " + describe(e.getKey()) + ", expected a class id >= 0");
            }
            if (!(e.getValue() instanceof HostArray cam) || !cam.dtype().isFloating() || cam.shape().length != 2) {
                throw new InvalidDataException(path + ": class " + id + " is " + describe(e.getValue())
                        + ", expected an array of floats [H, W]");
            }
            first = first == null ? cam : first;
            if (!Arrays.equals(first.shape(), cam.shape())) {
                throw new InvalidDataException(
                        path + ": class " + id + " is " + cam + ", expected the shape of the first, " + first);
            }
            cams.put(id.intValue(), cam.dtype() == DType.F32 ? cam : HostArray.ofFloats(cam.toFloats(), cam.shape()));
        }
        return cams;
    }

    /**
     * Reads an image's CAMs as IRN saves them: a dict of tensors {@code keys} and {@code cam}, which are passed over, and
     * of the NumPy array {@code high_res} of the image's size, with a map for each of the image's classes, ascending.
     *
     * @return {@code high_res}, float32 {@code [K, H, W]}
     * @throws InvalidDataException if there is no such file, or it is something else
     * @throws java.io.UncheckedIOException if reading fails
     */
    public static HostArray readIrnCams(Path path) {
        Object content;
        try (ByteSource source = ByteSource.open(path)) {
            content = Npy.parseObject(source.name(), ByteBuffer.wrap(source.readAll()), NumpyPickle.WITH_INERT_TENSORS);
        }
        Object maps = content instanceof Map<?, ?> dict ? dict.get("high_res") : null;
        if (!(maps instanceof HostArray array) || !array.dtype().isFloating() || array.shape().length != 3) {
            throw new InvalidDataException(path + ": holds " + describe(content) + ", and "
                    + (maps == null ? "no 'high_res'" : "'high_res' is " + describe(maps))
                    + "; expected IRN's dict with an array of floats [K, H, W]");
        }
        return array.dtype() == DType.F32 ? array : HostArray.ofFloats(array.toFloats(), array.shape());
    }

    /**
     * Writes or replaces an image's CAMs atomically, ascending by class id.
     *
     * @param cams float {@code [H, W]} by class id
     * @throws IllegalArgumentException if an id is negative or an array is of another rank or type
     * @throws java.io.UncheckedIOException if writing fails
     */
    public static void writeCamDict(Path path, Map<Integer, HostArray> cams) {
        cams.forEach((id, cam) -> {
            if (id < 0 || !cam.dtype().isFloating() || cam.shape().length != 2) {
                throw new IllegalArgumentException(
                        "class " + id + " is " + cam + ", expected an id >= 0 and an array of floats [H, W]");
            }
        });
        write(path, new TreeMap<>(cams));
    }

    /**
     * Reads the class labels of all images, a dict of image id to float {@code [C]} ({@code cls_labels.npy}). IRN and its
     * descendants key it by the integer that the digits of a VOC id make; such keys are turned back,
     * {@code 2007000032 -> 2007_000032}.
     *
     * @return one score for each class, usually 0 or 1, by image id, in the file's order; all of one length
     * @throws InvalidDataException if there is no such file, or it is something else
     * @throws java.io.UncheckedIOException if reading fails
     */
    public static Map<String, float[]> readClassLabels(Path path) {
        Map<String, float[]> labels = new LinkedHashMap<>();
        int classes = -1;
        for (Map.Entry<?, ?> e : dict(path).entrySet()) {
            String id;
            if (e.getKey() instanceof Long number && number >= 0) {
                id = String.format(Locale.ROOT, "%04d_%06d", number / 1_000_000, number % 1_000_000);
            } else if (e.getKey() instanceof String text) {
                id = text;
            } else {
                throw new InvalidDataException(
                        path + ": key " + describe(e.getKey()) + ", expected an image id (text or integer)");
            }
            if (!(e.getValue() instanceof HostArray scores) || scores.shape().length != 1) {
                throw new InvalidDataException(path + ": image " + Inputs.quote(id) + " is " + describe(e.getValue())
                        + ", expected an array of one score for each class");
            }
            classes = classes < 0 ? scores.size() : classes;
            if (scores.size() != classes) {
                throw new InvalidDataException(path + ": image " + Inputs.quote(id) + " has " + scores.size()
                        + " classes, expected " + classes + " as the first");
            }
            if (labels.put(id, scores.toFloats()) != null) {
                throw new InvalidDataException(path + ": image " + Inputs.quote(id) + " occurs twice");
            }
        }
        return labels;
    }

    /**
     * Writes or replaces the class labels of all images atomically, as float32 by textual id, in the map's order.
     *
     * @throws java.io.UncheckedIOException if writing fails
     */
    public static void writeClassLabels(Path path, Map<String, float[]> labels) {
        Map<String, HostArray> arrays = new LinkedHashMap<>();
        labels.forEach((id, scores) -> arrays.put(id, HostArray.ofFloats(scores, scores.length)));
        write(path, arrays);
    }

    private static Map<?, ?> dict(Path path) {
        Object value = Npy.readObject(path);
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw new InvalidDataException(path + ": holds " + describe(value) + ", expected a dict");
    }

    private static void write(Path path, Map<?, HostArray> dict) {
        byte[] header = NpyHeader.format("|O", new long[0]);
        AtomicFile.write(path, out -> {
            out.write(header);
            new Pickler(out).writeDict(dict);
        });
    }

    /** What a value is, never the whole of it. */
    private static String describe(@Nullable Object value) {
        if (value instanceof String text) {
            return Inputs.quote(text);
        }
        return value == null || value instanceof Number || value instanceof Boolean || value instanceof HostArray
                ? String.valueOf(value)
                : "a " + value.getClass().getSimpleName();
    }
}
