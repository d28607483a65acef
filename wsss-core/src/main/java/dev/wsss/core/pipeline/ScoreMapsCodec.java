package dev.wsss.core.pipeline;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** Score maps as safetensors files. */
enum ScoreMapsCodec implements ProductCodec<ScoreMaps> {
    INSTANCE;

    @Override
    public String extension() {
        return "safetensors";
    }

    @Override
    public String format() {
        return "safetensors: scores F32 [K, H, W], labels I32 [K]";
    }

    @Override
    public void write(Path file, ScoreMaps maps) {
        int[] labels = maps.labels();
        Safetensors.write(
                file,
                Map.of(
                        "scores",
                        HostArray.ofFloats(maps.toArray(), labels.length, maps.height(), maps.width()),
                        "labels",
                        HostArray.ofInts(labels, labels.length)),
                Map.of());
    }

    @Override
    public ScoreMaps read(Path file) {
        Map<String, HostArray> tensors = Safetensors.read(file);
        HostArray scores = require(file, tensors, "scores", DType.F32, 3);
        HostArray labels = require(file, tensors, "labels", DType.I32, 1);
        long[] shape = scores.shape();
        if (shape[0] != labels.shape()[0]) {
            throw new InvalidDataException(
                    file + ": 'scores' has " + shape[0] + " maps and 'labels' names " + labels.shape()[0]);
        }
        try {
            return ScoreMaps.of(
                    labels.toInts(), Math.toIntExact(shape[1]), Math.toIntExact(shape[2]), scores.toFloats());
        } catch (IllegalArgumentException | ArithmeticException | InvalidDataException e) {
            throw new InvalidDataException(file + ": not score maps (" + e.getMessage() + ")", e);
        }
    }

    /** The tensor of this name, refused if it is of another type or number of dimensions. */
    static HostArray require(Path file, Map<String, HostArray> tensors, String name, DType type, int rank) {
        HostArray array = tensors.get(name);
        if (array == null) {
            throw new InvalidDataException(file + ": has no tensor '" + name + "'; it has " + tensors.keySet());
        }
        if (array.dtype() != type || array.shape().length != rank) {
            throw new InvalidDataException(file + ": '" + name + "' is " + array.dtype()
                    + Arrays.toString(array.shape()) + "; expected " + type + " with " + rank + " dimensions");
        }
        return array;
    }
}
