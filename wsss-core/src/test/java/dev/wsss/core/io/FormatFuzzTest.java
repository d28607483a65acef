package dev.wsss.core.io;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Seeded mutations of good files. Each is either refused with an {@link InvalidDataException} or read to arrays whose
 * bytes fit their shapes, and takes little memory either way.
 */
class FormatFuzzTest {
    private static final int MUTATIONS = 20_000;

    /** The readers' buffers, messages and stack traces. */
    private static final int FIXED_BYTES = 64 << 10;

    private final Path folder;

    FormatFuzzTest(@TempDir Path folder) {
        this.folder = folder;
    }

    /**
     * The factor is bytes allocated per byte of the file. A pickle's is the largest: one byte makes an empty dict of 56
     * bytes, and a dict's first entry, of four bytes, a table of 80. An npz is read with a bound of 16 times its size, and
     * the buffer that grows to it takes as much again twice.
     */
    @ParameterizedTest
    @CsvSource({
        "safetensors, 64, python.safetensors",
        "npy, 8, f4.npy fortran.npy version2.npy",
        "npz, 64, stored.npz small.npz",
        "object, 128, cam-protocol0.npy cam-protocol2.npy cam-protocol4.npy cam-protocol5.npy misc-protocol1.npy"
                + " misc-protocol3.npy misc-protocol5.npy labels-int.npy list.npy irn.npy",
    })
    void everyMutationIsReadOrRefused(String format, int factor, String files) {
        Assertions.assertTimeoutPreemptively(Duration.ofMinutes(2), () -> fuzz(format, factor, files.split(" ")));
    }

    /** Pickles that are nothing but the cheapest instruction for each kind of object, all of them kept in a list. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "N",
                "]",
                "}",
                ")",
                "\u008f",
                "(",
                "(l",
                "(d",
                "(t",
                "N\u0085",
                "}NNs",
                "}K\u0001Ns",
                "]Na",
                "N\u0094",
                "]\u0094",
                "\u008f(N\u0090",
                "\u008c\u0001a",
                "K\u0001",
                "J\u0000\u0000\u0001\u0000",
                "GAAAAAAAA",
                "C\u0000",
                "I1\n",
                "V\n",
                "cnumpy\ndtype\n0"
            })
    void aPickleOfOneInstructionTakesLittleMemory(String instruction) {
        String pickle = "\u0080\u0004](" + instruction.repeat(50_000 / instruction.length()) + "e.";
        byte[] header = NpyHeader.format("|O", new long[0]);
        byte[] bytes = splice(header, header.length, header.length, pickle.getBytes(StandardCharsets.ISO_8859_1));
        long allocated = allocated("object", bytes);
        assertThat(allocated)
                .as("%s times the size", allocated / bytes.length)
                .isLessThan(FIXED_BYTES + 128L * bytes.length);
    }

    private void fuzz(String format, int factor, String[] names) throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        for (String name : names) {
            seeds.add(Files.readAllBytes(
                    switch (name) {
                        case "small.npz" -> smallCompressed();
                        case "irn.npy" -> irn();
                        default -> TestFiles.resource(name);
                    }));
        }
        SplittableRandom random = new SplittableRandom(format.hashCode());
        int refused = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] bytes = mutate(seeds.get(random.nextInt(seeds.size())), random);
            Object value = null;
            try {
                value = read(format, bytes);
            } catch (InvalidDataException e) {
                assertThat(e.getMessage()).contains("mutated");
                refused++;
            } catch (RuntimeException | Error e) {
                throw new AssertionError(format + " mutation " + i + ": " + toHex(bytes), e);
            }
            long allocated = allocated(format, bytes);
            if (allocated > FIXED_BYTES + (long) factor * bytes.length) {
                throw new AssertionError(format + " mutation " + i + " of " + bytes.length + " bytes allocated "
                        + allocated + ": " + toHex(bytes));
            }
            checkShape(value);
        }
        // Most mutations of a header break it; if none did, nothing was tested.
        assertThat(refused).isBetween(MUTATIONS / 10, MUTATIONS - 1);
    }

    /** What a reading takes the second time, when all classes are loaded and all calls linked. */
    private static long allocated(String format, byte[] bytes) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        try {
            read(format, bytes);
        } catch (InvalidDataException e) {
            // counted as much as an answer
        }
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    private static @Nullable Object read(String format, byte[] bytes) {
        return switch (format) {
            case "safetensors" -> Safetensors.read(ByteSource.of("mutated", bytes));
            case "npz" -> Npz.read(ByteSource.of("mutated", bytes), 16L * bytes.length);
            default -> Npy.parseObject("mutated", ByteBuffer.wrap(bytes));
        };
    }

    private Path smallCompressed() {
        Path file = folder.resolve("small.npz");
        Npz.writeCompressed(
                file,
                Map.of("a", HostArray.ofInts(new int[40], 5, 8), "b", HostArray.ofDoubles(new double[] {1, 2, 3}, 3)));
        return file;
    }

    private Path irn() {
        HostArray maps = HostArray.ofFloats(new float[] {1, 2, 3, 4}, 2, 1, 2);
        TestPickles.Tensor keys = new TestPickles.Tensor(HostArray.ofLongs(new long[] {1, 0}, 2));
        return TestPickles.npy(
                folder.resolve("irn.npy"),
                Map.of("keys", keys, "cam", new TestPickles.Tensor(maps, Map.of("neg", true)), "high_res", maps));
    }

    private static void checkShape(@Nullable Object value) {
        if (value instanceof HostArray array) {
            assertThat(HostArray.elements(array.shape()) * array.dtype().bytes())
                    .isEqualTo(array.bytes().remaining());
            assertThat(array.toDoubles()).hasSize(array.size());
        } else if (value instanceof Map<?, ?> map) {
            map.values().forEach(FormatFuzzTest::checkShape);
        } else if (value instanceof List<?> list) {
            list.forEach(FormatFuzzTest::checkShape);
        }
    }

    /** One to three of: flipped bit, changed byte, cut, insertion, removed or copied block, edited number. */
    static byte[] mutate(byte[] seed, SplittableRandom random) {
        byte[] bytes = seed.clone();
        for (int n = random.nextInt(1, 4); n > 0 && bytes.length > 16; n--) {
            // Half of the time near the front, where the headers are.
            int bound = random.nextBoolean() ? bytes.length : Math.min(bytes.length, 160);
            int at = random.nextInt(bound);
            int length = random.nextInt(1, 1 + Math.min(24, bytes.length - at));
            switch (random.nextInt(8)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt(256);
                case 2 -> bytes = splice(bytes, random.nextInt(bytes.length), bytes.length, new byte[0]);
                case 3 -> {
                    byte[] inserted = new byte[length];
                    random.nextBytes(inserted);
                    bytes = splice(bytes, at, at, inserted);
                }
                case 4 -> bytes = splice(bytes, at, at + length, new byte[0]);
                case 5 -> {
                    // a block copied over or before another
                    byte[] block = Arrays.copyOfRange(bytes, at, at + length);
                    int to = random.nextInt(bytes.length - length + 1);
                    bytes = splice(bytes, to, random.nextBoolean() ? to : to + length, block);
                }
                case 6 -> {
                    if (at + 8 <= bytes.length) {
                        long[] extremes = {0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, 1L << 33};
                        long value = extremes[random.nextInt(extremes.length)];
                        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
                        switch (random.nextInt(3)) {
                            case 0 -> buffer.putShort(at, (short) value);
                            case 1 -> buffer.putInt(at, (int) value);
                            default -> buffer.putLong(at, value);
                        }
                    }
                }
                default -> {
                    // another digit in a textual number
                    for (int i = at; i < bytes.length; i++) {
                        if (bytes[i] >= '0' && bytes[i] <= '9') {
                            bytes[i] = (byte) ('0' + random.nextInt(10));
                            break;
                        }
                    }
                }
            }
        }
        return bytes;
    }

    private static byte[] splice(byte[] bytes, int from, int to, byte[] replacement) {
        ByteBuffer out = ByteBuffer.allocate(bytes.length - (to - from) + replacement.length);
        out.put(bytes, 0, from).put(replacement).put(bytes, to, bytes.length - to);
        return out.array();
    }

    private static String toHex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
