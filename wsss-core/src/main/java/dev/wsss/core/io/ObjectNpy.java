package dev.wsss.core.io;

import dev.wsss.api.AtomicFile;
import dev.wsss.api.InvalidDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The two npy files of Python dicts that weakly supervised segmentation passes around: an image's CAMs, and the class
 * labels of all images. Python reads ours with {@code np.load(path, allow_pickle=True).item()}.
 */
public final class ObjectNpy {
    /** What programs call the maps of the image's size in a dict of IRN's form. */
    private static final List<String> IRN_MAPS = List.of("high_res", "highres", "hr_cam", "attn_highres");

    private ObjectNpy() {}

    /**
     * Reads an image's CAMs, a dict of class id to float {@code [H, W]}, as PSA, SEAM and their descendants save it. Ids may
     * be Python's or NumPy's integers, or text of digits; maps may be arrays or tensors of any kind of float.
     *
     * @return float32 {@code [H, W]} by class id, ascending; all of one shape; none of an image without tags
     * @throws InvalidDataException if there is no such file, or it is something else; the message names the class or the
     *     fields
     * @throws java.io.UncheckedIOException if reading fails
     */
    public static SortedMap<Integer, HostArray> readCamDict(Path path) {
        SortedMap<Integer, HostArray> cams = new TreeMap<>();
        Map<?, ?> dict = dict(path);
        for (Map.Entry<?, ?> e : dict.entrySet()) {
            long id = id(e.getKey());
            if (id < 0) {
                throw new InvalidDataException(path + ": key " + describe(e.getKey())
                        + ", expected a class id >= 0; has " + StateDict.keys(dict));
            }
            put(path, cams, (int) id, map(path, "class " + id, e.getValue()));
        }
        return cams;
    }

    /**
     * Reads an image's CAMs as IRN saves them: a dict of {@code keys}, the image's classes, and {@code high_res}, a map of
     * the image's size for each of them, in their order; others call it {@code highres}, {@code hr_cam} or {@code
     * attn_highres}. Either may be an array, a tensor or a list. What else is there, such as the small maps of {@code cam},
     * is passed over.
     *
     * @return float32 {@code [H, W]} by the class that {@code keys} says, ascending; all of one shape; none if there are no
     *     keys
     * @throws InvalidDataException if there is no such file, or it is something else; the message names the field, or the
     *     fields that there are
     * @throws java.io.UncheckedIOException if reading fails
     */
    public static SortedMap<Integer, HostArray> readIrnCams(Path path) {
        Map<?, ?> dict = dict(path);
        List<String> fields = IRN_MAPS.stream().filter(dict::containsKey).toList();
        if (!dict.containsKey("keys") || fields.size() > 1) {
            throw new InvalidDataException(path + ": has the fields " + StateDict.keys(dict)
                    + "; expected IRN's 'keys', the classes, and their maps in one of " + IRN_MAPS);
        }
        int[] keys = keys(path, dict.get("keys"));
        SortedMap<Integer, HostArray> cams = new TreeMap<>();
        if (fields.isEmpty()) {
            if (keys.length > 0) {
                throw new InvalidDataException(path + ": has the fields " + StateDict.keys(dict)
                        + " and no maps of 'keys' " + Arrays.toString(keys) + "; expected them in one of " + IRN_MAPS);
            }
            return cams;
        }
        String field = fields.get(0);
        List<HostArray> maps = maps(path, field, dict.get(field), keys.length);
        if (maps.size() != keys.length) {
            throw new InvalidDataException(path + ": '" + field + "' has " + maps.size() + " maps and 'keys' has "
                    + keys.length + " classes, " + Arrays.toString(keys) + "; expected a map for each");
        }
        for (int k = 0; k < keys.length; k++) {
            if (cams.containsKey(keys[k])) {
                throw new InvalidDataException(
                        path + ": 'keys' is " + Arrays.toString(keys) + "; expected class " + keys[k] + " once");
            }
            put(path, cams, keys[k], maps.get(k));
        }
        return cams;
    }

    /** The classes that {@code keys} names: whole numbers in an array of one dimension or in a list, or one alone. */
    private static int[] keys(Path path, @Nullable Object value) {
        List<?> items = value instanceof HostArray array && isRow(array) ? numbers(array) : List.of();
        if (value instanceof List<?> list) {
            items = list;
        } else if (value instanceof Long) {
            items = List.of(value);
        } else if (!(value instanceof HostArray array) || !isRow(array)) {
            throw new InvalidDataException(path + ": 'keys' is " + describe(value) + "; expected class ids in a row");
        }
        int[] keys = new int[items.size()];
        for (int k = 0; k < keys.length; k++) {
            long id = id(items.get(k));
            if (id < 0) {
                throw new InvalidDataException(
                        path + ": 'keys' holds " + describe(items.get(k)) + "; expected class ids >= 0");
            }
            keys[k] = (int) id;
        }
        return keys;
    }

    /** Whether all elements lie along one dimension, as after {@code nonzero()} with or without {@code [:, 0]}. */
    private static boolean isRow(HostArray array) {
        return Arrays.stream(array.shape()).filter(size -> size != 1).count() <= 1;
    }

    private static List<? extends Object> numbers(HostArray array) {
        if (array.dtype() == DType.BOOL) {
            return IntStream.range(0, array.size())
                    .mapToObj(i -> array.getLong(i) != 0)
                    .toList();
        }
        return array.dtype().isFloating()
                ? Arrays.stream(array.toDoubles()).boxed().toList()
                : Arrays.stream(array.toLongs()).boxed().toList();
    }

    /** A class id; -1 if it is none. */
    private static long id(@Nullable Object value) {
        Object number = value instanceof HostArray array && array.size() == 1
                ? numbers(array).get(0)
                : value;
        if (number instanceof String text && text.matches("[0-9]{1,9}")) {
            return Long.parseLong(text);
        }
        if (number instanceof Double fraction && fraction == Math.rint(fraction)) {
            number = fraction.longValue();
        }
        return number instanceof Long id && id >= 0 && id <= Integer.MAX_VALUE ? id : -1;
    }

    /** The maps of a field: an array of them, a list of arrays, or the only one. */
    private static List<HostArray> maps(Path path, String field, @Nullable Object value, int expected) {
        List<HostArray> maps = new ArrayList<>();
        if (value instanceof List<?> list) {
            for (int k = 0; k < list.size(); k++) {
                maps.add(map(path, "'" + field + "' [" + k + "]", list.get(k)));
            }
            return maps;
        }
        if (value instanceof HostArray array && array.size() == 0 && expected == 0) {
            return maps;
        }
        if (value instanceof HostArray array && array.dtype().isFloating()) {
            long[] shape = array.shape();
            if (shape.length == 2 && expected == 1) {
                return List.of(map(path, "'" + field + "'", array));
            }
            if (shape.length == 3) {
                HostArray all = floats(array);
                int size = shape[0] == 0 ? 0 : all.byteSize() / (int) shape[0];
                for (int k = 0; k < shape[0]; k++) {
                    maps.add(HostArray.of(
                            DType.F32,
                            new long[] {shape[1], shape[2]},
                            all.bytes().slice(k * size, size)));
                }
                return maps;
            }
        }
        throw new InvalidDataException(
                path + ": '" + field + "' is " + describe(value) + "; expected floats [K, H, W], a map for each class");
    }

    /** One map as float32; one in a further dimension of 1 is taken out of it. */
    private static HostArray map(Path path, String what, @Nullable Object value) {
        if (value instanceof HostArray array && array.dtype().isFloating()) {
            long[] shape = array.shape();
            if (shape.length == 2) {
                return floats(array);
            }
            if (shape.length == 3 && shape[0] == 1) {
                return floats(array).reshape(shape[1], shape[2]);
            }
        }
        throw new InvalidDataException(
                path + ": " + what + " is " + describe(value) + ", expected an array of floats [H, W]");
    }

    private static HostArray floats(HostArray array) {
        return array.dtype() == DType.F32 ? array : HostArray.ofFloats(array.toFloats(), array.shape());
    }

    private static void put(Path path, SortedMap<Integer, HostArray> cams, int id, HostArray cam) {
        HostArray first = cams.isEmpty() ? cam : cams.values().iterator().next();
        if (!Arrays.equals(first.shape(), cam.shape())) {
            throw new InvalidDataException(path + ": class " + id + " is " + cam + ", expected the shape of class "
                    + cams.firstKey() + ", " + first);
        }
        if (cams.put(id, cam) != null) {
            throw new InvalidDataException(path + ": class " + id + " occurs twice, expected one map of a class");
        }
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
     * Reads the class labels of all images, a dict of image id to {@code [C]} values of 0 and 1 ({@code cls_labels.npy}).
     * IRN and its descendants key it by the integer that the digits of a VOC id make; such keys are turned back,
     * {@code 2007000032 -> 2007_000032}. The values of an image may be an array or a tensor of any kind of number, or a list.
     *
     * <p>Anything but 0 and 1 (255 for unsure, a probability) is refused, as it does not say whether the class is there.
     * {@link Npy#readObject} reads such a file as it is.
     *
     * @return 0 or 1 for each class, by image id, in the file's order; all of one length
     * @throws InvalidDataException if there is no such file, or it is something else; of values that are neither 0 nor 1
     *     the message tells the first, and how many there are in how many images
     * @throws java.io.UncheckedIOException if reading fails
     */
    public static Map<String, float[]> readClassLabels(Path path) {
        Map<String, float[]> labels = new LinkedHashMap<>();
        Strangers strangers = new Strangers();
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
            double[] values = presence(e.getValue());
            if (values == null) {
                throw new InvalidDataException(path + ": image " + Inputs.quote(id) + " is " + describe(e.getValue())
                        + ", expected an array or a list of 0 or 1 for each class");
            }
            strangers.look(id, values);
            classes = classes < 0 ? values.length : classes;
            if (values.length != classes) {
                throw new InvalidDataException(path + ": image " + Inputs.quote(id) + " has " + values.length
                        + " classes, expected " + classes + " as the first");
            }
            float[] present = new float[classes];
            for (int c = 0; c < classes; c++) {
                present[c] = (float) values[c];
            }
            if (labels.put(id, present) != null) {
                throw new InvalidDataException(path + ": image " + Inputs.quote(id) + " occurs twice");
            }
        }
        if (strangers.values > 0) {
            throw new InvalidDataException(path + ": " + strangers + "; expected 0 or 1 for each class");
        }
        return labels;
    }

    /** The values of an image's classes; null if they are no numbers in a row. */
    private static double @Nullable [] presence(@Nullable Object value) {
        if (value instanceof HostArray array) {
            return array.shape().length > 0 && isRow(array) ? array.toDoubles() : null;
        }
        if (!(value instanceof List<?> list)) {
            return null;
        }
        double[] values = new double[list.size()];
        for (int c = 0; c < values.length; c++) {
            Object item = list.get(c);
            if (item instanceof Boolean present) {
                values[c] = present ? 1 : 0;
            } else if (item instanceof Number number) {
                values[c] = number.doubleValue();
            } else if (item instanceof HostArray array && array.size() == 1) {
                values[c] = array.getDouble(0);
            } else {
                return null;
            }
        }
        return values;
    }

    /** Class labels that are neither 0 nor 1. */
    private static final class Strangers {
        private final Map<Double, Integer> counts = new TreeMap<>();
        private String first = "";
        private int values;
        private int images;

        void look(String id, double[] labels) {
            int before = values;
            for (int c = 0; c < labels.length; c++) {
                if (labels[c] != 0 && labels[c] != 1) {
                    if (values++ == 0) {
                        first = "image " + Inputs.quote(id) + " has " + text(labels[c]) + " for class " + c;
                    }
                    counts.merge(labels[c], 1, Integer::sum);
                }
            }
            images += values > before ? 1 : 0;
        }

        private static String text(double value) {
            return value == Math.rint(value) && Math.abs(value) < 1e9
                    ? String.valueOf((long) value)
                    : String.valueOf((float) value);
        }

        @Override
        public String toString() {
            String kinds = counts.entrySet().stream()
                    .limit(4)
                    .map(e -> e.getValue() + " of " + text(e.getKey()))
                    .collect(Collectors.joining(", "));
            return first + "; " + values + (values == 1 ? " value of " : " values of ") + images
                    + (images == 1 ? " image" : " images") + (values == 1 ? " is" : " are") + " neither 0 nor 1 ("
                    + kinds
                    + (counts.size() > 4 ? ", and others)" : ")");
        }
    }

    /**
     * Writes or replaces the class labels of all images atomically, as float32 by textual id, in the map's order.
     *
     * @throws java.io.UncheckedIOException if writing fails
     */
    public static void writeClassLabels(Path path, Map<String, float[]> labels) {
        writeClassLabels(path, labels, false);
    }

    /**
     * As {@link #writeClassLabels(Path, Map)}, in the type that a program expects.
     *
     * @param doubles whether as float64, as CARB has those of some datasets
     */
    public static void writeClassLabels(Path path, Map<String, float[]> labels, boolean doubles) {
        Map<String, HostArray> arrays = new LinkedHashMap<>();
        labels.forEach((id, scores) -> {
            HostArray floats = HostArray.ofFloats(scores, scores.length);
            arrays.put(id, doubles ? HostArray.ofDoubles(floats.toDoubles(), scores.length) : floats);
        });
        write(path, arrays);
    }

    private static Map<?, ?> dict(Path path) {
        Object value = Npy.readObject(path);
        // An array of the one dict is saved where a program gave the array a dimension.
        Object only = value instanceof List<?> list && list.size() == 1 ? list.get(0) : value;
        if (only instanceof Map<?, ?> map) {
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
                : value instanceof Map<?, ?> map
                        ? "a dict of " + map.size()
                        : value instanceof List<?> list ? "a list of " + list.size() : "no number, text or container";
    }
}
