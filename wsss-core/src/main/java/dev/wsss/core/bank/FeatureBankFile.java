package dev.wsss.core.bank;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.io.SafetensorsFile;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Banks as safetensors files. */
final class FeatureBankFile {
    private static final String FORMAT = "wsss feature bank 1";
    private static final String MADE_OF = "madeOf.";

    /** How far a vector's squared length may be from 1: float32 rounds each of its numbers. */
    private static final double LENGTH_ERROR = 1e-3;

    private FeatureBankFile() {}

    static void write(Path file, FeatureBank bank) {
        ClassCatalog classes = bank.classes();
        Map<String, String> text = new TreeMap<>();
        text.put("format", FORMAT);
        text.put("background", Boolean.toString(classes.hasBackground()));
        for (int label = 0; label < classes.labelCount(); label++) {
            text.put("label." + label, classes.labelNames().get(label));
        }
        text.put("erosion", Integer.toString(bank.pooling().erosion()));
        text.put("minArea", Integer.toString(bank.pooling().minArea()));
        bank.madeOf().forEach((key, value) -> text.put(MADE_OF + key, value));
        byte[] labels = new byte[bank.size()];
        int at = 0;
        for (int label = 0; label < classes.labelCount(); label++) {
            Arrays.fill(labels, at, at + bank.size(label), (byte) label);
            at += bank.size(label);
        }
        Safetensors.write(
                file,
                Map.of(
                        "vectors",
                        HostArray.of(DType.F32, new long[] {bank.size(), bank.channels()}, bank.bytes()),
                        "labels",
                        HostArray.ofBytes(labels, labels.length)),
                text);
    }

    static FeatureBank read(Path file) {
        try (SafetensorsFile in = Safetensors.open(file)) {
            Map<String, String> text = in.metadata();
            String format = text.get("format");
            if (!FORMAT.equals(format)) {
                throw new InvalidDataException(file + ": 'format' of its free text is "
                        + (format == null ? "not there" : "'" + format + "'") + "; expected '" + FORMAT + "'");
            }
            ClassCatalog classes = classes(file, text);
            MaskPooling pooling = pooling(file, text);
            HostArray vectors = require(file, in, "vectors", DType.F32, 2);
            byte[] labels = require(file, in, "labels", DType.U8, 1).toBytes();
            long[] shape = vectors.shape();
            if (shape[0] != labels.length || shape[0] == 0 || shape[1] == 0) {
                throw new InvalidDataException(file + ": 'vectors' is " + vectors + " and 'labels' has " + labels.length
                        + " entries; expected one label for each vector, and at least one number in all");
            }
            int channels = Math.toIntExact(shape[1]);
            ByteBuffer unordered = FeatureBank.allocate(labels.length, channels);
            vectors.copyTo(unordered);
            requireUnit(file, unordered.flip().asFloatBuffer(), channels);
            int[] starts = starts(file, labels, classes);
            Map<String, String> madeOf = new TreeMap<>();
            text.forEach((key, value) -> {
                if (key.startsWith(MADE_OF)) {
                    madeOf.put(key.substring(MADE_OF.length()), value);
                }
            });
            return new FeatureBank(classes, pooling, channels, grouped(unordered, labels, starts), starts, madeOf);
        }
    }

    private static ClassCatalog classes(Path file, Map<String, String> text) {
        List<String> names = new ArrayList<>();
        for (String name;
                names.size() <= ClassCatalog.MAX_LABELS && (name = text.get("label." + names.size())) != null; ) {
            names.add(name);
        }
        try {
            String background = required(file, text, "background");
            if (background.equals("true") && !names.isEmpty()) {
                ClassCatalog classes = ClassCatalog.withBackground(names.subList(1, names.size()));
                if (classes.labelNames().equals(names)) {
                    return classes;
                }
            } else if (background.equals("false")) {
                return ClassCatalog.withoutBackground(names);
            }
        } catch (IllegalArgumentException e) {
            throw new InvalidDataException(file + ": not the classes of a bank (" + e.getMessage() + ")", e);
        }
        throw new InvalidDataException(file + ": 'background' is '" + text.get("background") + "' with labels " + names
                + "; expected 'false', or 'true' where label 0 is 'background'");
    }

    private static MaskPooling pooling(Path file, Map<String, String> text) {
        try {
            return new MaskPooling(
                    Integer.parseInt(required(file, text, "erosion")),
                    Integer.parseInt(required(file, text, "minArea")));
        } catch (IllegalArgumentException e) {
            throw new InvalidDataException(file + ": not the pooling of a bank (" + e.getMessage() + ")", e);
        }
    }

    private static String required(Path file, Map<String, String> text, String key) {
        String value = text.get(key);
        if (value == null) {
            throw new InvalidDataException(
                    file + ": its free text has no '" + key + "'; expected what a bank is saved with");
        }
        return value;
    }

    private static HostArray require(Path file, SafetensorsFile in, String name, DType type, int rank) {
        HostArray array = in.view(name);
        if (array.dtype() != type || array.shape().length != rank) {
            throw new InvalidDataException(
                    file + ": '" + name + "' is " + array + "; expected " + type + " of " + rank + " dimensions");
        }
        return array;
    }

    private static void requireUnit(Path file, FloatBuffer vectors, int channels) {
        float[] vector = new float[channels];
        for (int v = 0; vectors.hasRemaining(); v++) {
            vectors.get(vector);
            double square = 0;
            for (float value : vector) {
                square += (double) value * value;
            }
            // NaN is not near 1 either
            if (!(Math.abs(square - 1) <= LENGTH_ERROR)) {
                throw new InvalidDataException(
                        file + ": vector " + v + " has length " + Math.sqrt(square) + "; expected 1");
            }
        }
    }

    private static int[] starts(Path file, byte[] labels, ClassCatalog classes) {
        int[] starts = new int[classes.labelCount() + 1];
        for (int v = 0; v < labels.length; v++) {
            int label = labels[v] & 255;
            if (label >= classes.labelCount()) {
                throw new InvalidDataException(file + ": label of vector " + v + " is " + label + "; expected 0.."
                        + (classes.labelCount() - 1));
            }
            starts[label + 1]++;
        }
        for (int label = 0; label < classes.labelCount(); label++) {
            starts[label + 1] += starts[label];
        }
        return starts;
    }

    /** The vectors by label; the file of another program may have them otherwise. */
    private static ByteBuffer grouped(ByteBuffer unordered, byte[] labels, int[] starts) {
        boolean ascending = true;
        for (int v = 1; v < labels.length; v++) {
            ascending &= (labels[v - 1] & 255) <= (labels[v] & 255);
        }
        if (ascending) {
            return unordered;
        }
        int row = unordered.limit() / labels.length;
        ByteBuffer grouped = FeatureBank.allocate(labels.length, row / Float.BYTES);
        int[] next = starts.clone();
        for (int v = 0; v < labels.length; v++) {
            grouped.put(next[labels[v] & 255]++ * row, unordered, v * row, row);
        }
        return grouped;
    }
}
