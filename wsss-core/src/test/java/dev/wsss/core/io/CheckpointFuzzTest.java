package dev.wsss.core.io;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Seeded mutations of good checkpoints. Each is either refused with an {@link InvalidDataException} or read to arrays
 * whose bytes fit their shapes, and takes little memory either way.
 */
class CheckpointFuzzTest {
    private static final int MUTATIONS = 20_000;

    /** The readers' buffers, messages and stack traces. */
    private static final int FIXED_BYTES = 128 << 10;

    /** Bytes allocated per byte of the file: what a pickle may unfold to, and windows that repeat storages. */
    private static final int FACTOR = 192;

    private final Map<String, byte[]> shards = new HashMap<>();

    @ParameterizedTest
    @CsvSource({
        "zip, flat.pth wrapped.pth teacher.pth module.pth no-checksum.pth big-endian.pth compressed.pth negative.pth",
        "types, other-types.pth other-types-legacy.pth",
        "legacy, flat-legacy.pth wrapped-legacy.pth negative-legacy.pth",
        "torchscript, scripted.pt traced.pt",
        "mxnet, mxnet-legacy.params mxnet-v1.params mxnet-v2.params mxnet-v3.params",
        "caffe, now.caffemodel v1.caffemodel",
        "tflite, made.tflite",
        "onnx, made.onnx",
        "index, model.safetensors.index.json pytorch_model.bin.index.json",
        "npz, plain.npz shrunk.npz",
        "pickle, numpy.pkl",
    })
    void everyMutationIsReadOrRefused(String format, String files) {
        Assertions.assertTimeoutPreemptively(Duration.ofMinutes(2), () -> fuzz(format, files.split(" ")));
    }

    private void fuzz(String format, String[] names) throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        for (String name : names) {
            byte[] bytes = bytes(name);
            seeds.add(bytes);
            if (bytes[0] == 'P') {
                // Else nearly every mutation of a pickle would end at its checksum.
                seeds.add(withoutChecksums(bytes));
            }
        }
        SplittableRandom random = new SplittableRandom(format.hashCode());
        int refused = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] bytes = FormatFuzzTest.mutate(seeds.get(random.nextInt(seeds.size())), random);
            boolean inert = random.nextBoolean();
            Map<String, HostArray> arrays = Map.of();
            try {
                arrays = read(bytes, inert);
            } catch (InvalidDataException e) {
                assertThat(e.getMessage()).contains("mutated");
                refused++;
            } catch (RuntimeException | Error e) {
                throw new AssertionError(format + " mutation " + i + ": " + toHex(bytes), e);
            }
            long allocated = allocated(bytes, inert);
            if (allocated > FIXED_BYTES + (long) FACTOR * bytes.length) {
                throw new AssertionError(format + " mutation " + i + " of " + bytes.length + " bytes allocated "
                        + allocated + ": " + toHex(bytes));
            }
            for (HostArray array : arrays.values()) {
                assertThat(HostArray.elements(array.shape()) * array.dtype().bytes())
                        .isEqualTo(array.bytes().remaining());
                assertThat(array.toDoubles()).hasSize(array.size());
            }
        }
        // Most mutations break a file, and some only change an element.
        assertThat(refused).isBetween(MUTATIONS / 10, MUTATIONS - MUTATIONS / 100);
    }

    private Map<String, HostArray> read(byte[] bytes, boolean inert) {
        Checkpoint.Builder options = Checkpoint.builder().optInertGlobals(inert);
        try (Checkpoint checkpoint = Checkpoint.read(ByteSource.of("mutated", bytes), this::shard, options)) {
            Map<String, HostArray> arrays = new HashMap<>();
            checkpoint.info().forEach(info -> arrays.put(info.name(), checkpoint.get(info.name())));
            assertThat(checkpoint.names())
                    .hasSize(arrays.size() + checkpoint.unreadable().size())
                    .containsAll(arrays.keySet());
            return arrays;
        }
    }

    private ByteSource shard(String name) {
        if (!name.endsWith(".safetensors") && !name.endsWith(".bin")) {
            throw new InvalidDataException("mutated: no file " + name);
        }
        return ByteSource.of("mutated/" + name, shards.computeIfAbsent(name, n -> {
            try {
                return bytes(n);
            } catch (IOException | AssertionError e) {
                return new byte[0];
            }
        }));
    }

    /** What a reading takes the second time, when all classes are loaded and all calls linked. */
    private long allocated(byte[] bytes, boolean inert) {
        long before = allocatedBytes();
        try {
            read(bytes, inert);
        } catch (InvalidDataException e) {
            // counted as much as an answer
        }
        return allocatedBytes() - before;
    }

    /** What this thread has taken from the heap so far. */
    static long allocatedBytes() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    /** With 0 in place of every checksum, as PyTorch writes where it is told to leave them out. */
    private static byte[] withoutChecksums(byte[] zip) {
        byte[] bytes = zip.clone();
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i + 46 <= bytes.length; i++) {
            if (buffer.getInt(i) == 0x02014b50) {
                buffer.putInt(i + 16, 0);
            }
        }
        return bytes;
    }

    private static byte[] bytes(String name) throws IOException {
        if (name.equals("made.tflite")) {
            return TestTflite.write(TestTflite.model());
        }
        if (name.equals("made.onnx")) {
            return TestOnnx.model(TestOnnx.everything()).toBytes();
        }
        return Files.readAllBytes(TestFiles.resource("checkpoint/" + name));
    }

    private static String toHex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
