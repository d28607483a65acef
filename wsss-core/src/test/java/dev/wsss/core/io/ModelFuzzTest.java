package dev.wsss.core.io;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.InvalidDataException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * TFLite and ONNX models cut at every byte, with every bit turned, and with seeded mutations. Each is refused with an {@link
 * InvalidDataException} that names the file, or read; either way in little memory.
 */
class ModelFuzzTest {
    private static final int MUTATIONS = 20_000;

    /** The readers' buffers, messages and stack traces. */
    private static final int FIXED_BYTES = 192 << 10;

    private static final int FACTOR = 192;

    @ParameterizedTest
    @ValueSource(strings = {"tflite", "onnx"})
    void cutAtEveryByte(String format) {
        byte[] whole = seed(format);
        read(format, whole);
        int refused = 0;
        for (int length = 0; length < whole.length; length++) {
            refused += isRefused(format, Arrays.copyOf(whole, length)) ? 1 : 0;
        }
        // an ONNX model may end between two fields behind its graph, a TFLite model in the padding at its end
        assertThat(refused).isBetween(whole.length - 4, whole.length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tflite", "onnx"})
    void everyBitTurned(String format) {
        byte[] whole = seed(format);
        int refused = 0;
        for (int bit = 0; bit < 8 * whole.length; bit++) {
            byte[] bytes = whole.clone();
            bytes[bit / 8] ^= (byte) (1 << bit % 8);
            refused += isRefused(format, bytes) ? 1 : 0;
        }
        // some turn a number or a letter into another
        assertThat(refused).isBetween(whole.length, 7 * whole.length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tflite", "onnx"})
    void everyMutationIsReadOrRefused(String format) {
        Assertions.assertTimeoutPreemptively(Duration.ofMinutes(2), () -> {
            byte[] whole = seed(format);
            SplittableRandom random = new SplittableRandom(format.hashCode());
            int refused = 0;
            for (int i = 0; i < MUTATIONS; i++) {
                refused += isRefused(format, FormatFuzzTest.mutate(whole, random)) ? 1 : 0;
            }
            assertThat(refused).isBetween(MUTATIONS / 10, MUTATIONS - MUTATIONS / 100);
        });
    }

    private static byte[] seed(String format) {
        return format.equals("tflite")
                ? TestTflite.write(TestTflite.model())
                : TestOnnx.model(TestOnnx.everything()).toBytes();
    }

    private static boolean isRefused(String format, byte[] bytes) {
        boolean refused = false;
        long before = CheckpointFuzzTest.allocatedBytes();
        try {
            read(format, bytes);
        } catch (InvalidDataException e) {
            assertThat(e.getMessage()).startsWith("mutated: ");
            refused = true;
        } catch (RuntimeException | Error e) {
            throw new AssertionError(format + " " + HexFormat.of().formatHex(bytes), e);
        }
        long allocated = CheckpointFuzzTest.allocatedBytes() - before;
        if (allocated > FIXED_BYTES + (long) FACTOR * bytes.length) {
            throw new AssertionError(format + " of " + bytes.length + " bytes allocated " + allocated + ": "
                    + HexFormat.of().formatHex(bytes));
        }
        return refused;
    }

    private static void read(String format, byte[] bytes) {
        ByteSource source = ByteSource.of("mutated", bytes);
        if (format.equals("onnx")) {
            try (OnnxModel model = OnnxModel.open(source, null)) {
                model.initializers().forEach(name -> orRefused(() -> model.initializer(name)));
                assertThat(model.operatorCounts().values().stream()
                                .mapToInt(n -> n)
                                .sum())
                        .isEqualTo(model.nodes().size());
            }
            return;
        }
        try (TfliteModel model = TfliteModel.open(source)) {
            for (TfliteTensor tensor : model.tensors()) {
                if (tensor.constant()) {
                    orRefused(() -> model.constant(tensor.index()));
                    orRefused(() -> model.floats(tensor.index()));
                }
            }
        }
    }

    /** An array of a tensor that can be listed may still be refused. */
    private static void orRefused(Supplier<HostArray> array) {
        try {
            HostArray read = array.get();
            assertThat(read.toDoubles()).hasSize(read.size());
        } catch (InvalidDataException e) {
            assertThat(e.getMessage()).startsWith("mutated: ");
        }
    }
}
