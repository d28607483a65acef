package dev.wsss.benchmarks;

import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.TorchArchive;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.NativeMemory;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.checkpoint.Weights;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * How long a PyTorch file of 1 GiB takes into a network, from the start of a JVM on; a program and not a JMH benchmark, as
 * the first load counts too. {@code peers/checkpoint.sh} pairs it with Python.
 *
 * <pre>
 * CheckpointLoad make FILE        writes the file: 64 float32 tensors of 1024 x 4096, random
 * CheckpointLoad FILE LOADS       loads it so often, and prints one line: the seconds of the first load and the median of
 *                                 the others, MB at the peak and beyond what the process had with its network before, and
 *                                 the last value, to be compared
 * </pre>
 */
public final class CheckpointLoad {
    private static final int TENSORS = 64;
    private static final int ROWS = 1024;
    private static final int COLUMNS = 4096;
    private static final int THREADS = 2;

    private CheckpointLoad() {}

    private static final class Layer extends Network {
        Layer() {
            parameter("weight", Init.zeros(ROWS, COLUMNS));
        }
    }

    private static final class Layers extends Network {
        Layers() {
            for (int i = 0; i < TENSORS; i++) {
                child("layer" + i, new Layer());
            }
        }
    }

    /** Runs. */
    public static void main(String[] args) {
        if (args.length != 2) {
            throw new IllegalArgumentException("expected 'make FILE' or 'FILE LOADS', got " + Arrays.toString(args));
        }
        if (args[0].equals("make")) {
            make(Path.of(args[1]));
        } else {
            load(Path.of(args[0]), Integer.parseInt(args[1]));
        }
    }

    private static void make(Path file) {
        SplittableRandom random = new SplittableRandom(0);
        Map<String, HostArray> tensors = new LinkedHashMap<>();
        for (int i = 0; i < TENSORS; i++) {
            float[] values = new float[ROWS * COLUMNS];
            for (int j = 0; j < values.length; j++) {
                values[j] = (float) random.nextDouble();
            }
            tensors.put("layer" + i + ".weight", HostArray.ofFloats(values, ROWS, COLUMNS));
        }
        TorchArchive.write(file, tensors);
    }

    private static void load(Path file, int loads) {
        Torch.setThreads(THREADS);
        try (Network network = new Layers()) {
            long before = NativeMemory.now().residentBytes();
            double[] seconds = new double[loads];
            for (int i = 0; i < loads; i++) {
                long start = System.nanoTime();
                Weights.load(network, file, CheckpointFamily.WSSS);
                seconds[i] = (System.nanoTime() - start) / 1e9;
            }
            long peak = NativeMemory.now().peakResidentBytes();
            double[] later = Arrays.copyOfRange(seconds, Math.min(1, loads - 1), loads);
            Arrays.sort(later);
            float[] last =
                    Tensors.toFloats(Objects.requireNonNull(network.state().get("layer" + (TENSORS - 1) + ".weight")));
            System.out.printf(
                    Locale.ROOT,
                    "%.3f %.3f %d %d %.6f%n",
                    seconds[0],
                    later[later.length / 2],
                    peak >> 20,
                    peak - before >> 20,
                    last[last.length - 1]);
        }
    }
}
