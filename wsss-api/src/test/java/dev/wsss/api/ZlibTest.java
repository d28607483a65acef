package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Beside the JDK's inflater: the same bytes of what is sound, and the same verdict on what is damaged. */
class ZlibTest {
    private static final int[] STRATEGIES = {Deflater.DEFAULT_STRATEGY, Deflater.FILTERED, Deflater.HUFFMAN_ONLY};

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void expandsWhatTheJdkCompressed(int kind) throws DataFormatException {
        Random random = new Random(kind);
        for (int length : new int[] {0, 1, 2, 15, 257, 258, 259, 5000, 70_000, 200_000}) {
            byte[] data = data(random, kind, length);
            for (int level = 0; level <= 9; level++) {
                byte[] packed = deflate(data, level, STRATEGIES[level % STRATEGIES.length]);
                byte[] out = new byte[length + 1];
                assertThat(Zlib.inflate(packed, 0, packed.length, out)).isEqualTo(length);
                assertThat(Arrays.copyOf(out, length)).isEqualTo(data);
            }
        }
    }

    @Test
    void readsNothingBeforeOrBehindItsPart() throws DataFormatException {
        byte[] data = data(new Random(1), 2, 1000);
        byte[] packed = deflate(data, 6, Deflater.DEFAULT_STRATEGY);
        byte[] within = new byte[packed.length + 20];
        Arrays.fill(within, (byte) 0xFF);
        System.arraycopy(packed, 0, within, 7, packed.length);
        byte[] out = new byte[1001];

        assertThat(Zlib.inflate(within, 7, within.length, out)).isEqualTo(1000);
        assertThat(Arrays.copyOf(out, 1000)).isEqualTo(data);
        assertThatThrownBy(() -> Zlib.inflate(within, 7, 7 + packed.length - 1, out))
                .isInstanceOf(DataFormatException.class)
                .hasMessageContaining("truncated");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void stopsWhereThereIsNoMoreRoom(int kind) throws DataFormatException {
        byte[] data = data(new Random(kind), kind, 3000);
        for (int level : new int[] {0, 1, 9}) {
            byte[] packed = deflate(data, level, Deflater.DEFAULT_STRATEGY);
            for (int room : new int[] {1, 2, 999, 2999, 3000}) {
                byte[] out = new byte[room];
                assertThat(Zlib.inflate(packed, 0, packed.length, out)).isEqualTo(room);
                assertThat(out).isEqualTo(Arrays.copyOf(data, room));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void judgesDamageAsTheJdkDoes(int kind) {
        Random random = new Random(100 + kind);
        for (int i = 0; i < 4000; i++) {
            int length = random.nextInt(400);
            byte[] packed = deflate(data(random, kind, length), i % 10, STRATEGIES[i % STRATEGIES.length]);
            int changes = random.nextInt(4);
            for (int c = 0; c < changes; c++) {
                packed[random.nextInt(packed.length)] ^= (byte) (1 << random.nextInt(8));
            }
            if (random.nextInt(5) == 0) {
                packed = Arrays.copyOf(packed, random.nextInt(packed.length));
            }
            assertSameVerdict(packed);
        }
    }

    @Test
    void judgesNoiseAsTheJdkDoes() {
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            byte[] noise = new byte[2 + random.nextInt(60)];
            random.nextBytes(noise);
            noise[0] = 0x78;
            noise[1] = 0x01;
            // every kind of block, the last or not
            noise[2 % noise.length] = (byte) (noise[2 % noise.length] & ~7 | i & 7);
            assertSameVerdict(noise);
        }
    }

    private static void assertSameVerdict(byte[] packed) {
        int room = 1 << 16;
        byte[] expected = new byte[room];
        int size = -1;
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(packed);
            int n = 0;
            int k;
            while ((k = inflater.inflate(expected, n, room - n)) > 0) {
                n += k;
            }
            if (inflater.finished() || n == room) {
                size = n;
            }
        } catch (DataFormatException e) {
            size = -1;
        } finally {
            inflater.end();
        }
        byte[] out = new byte[room];
        int found;
        try {
            found = Zlib.inflate(packed, 0, packed.length, out);
        } catch (DataFormatException e) {
            found = -1;
        }
        assertThat(found).as("of %s", Arrays.toString(packed)).isEqualTo(size);
        if (found >= 0) {
            assertThat(Arrays.copyOf(out, found)).isEqualTo(Arrays.copyOf(expected, found));
        }
    }

    /** Of one value, of long runs, of a short period, of few values, of all. */
    private static byte[] data(Random random, int kind, int length) {
        byte[] data = new byte[length];
        byte run = 0;
        int period = 2 + random.nextInt(40);
        for (int i = 0; i < length; i++) {
            if (random.nextInt(90) == 0) {
                run = (byte) random.nextInt(21);
            }
            data[i] = switch (kind) {
                case 0 -> 3;
                case 1 -> run;
                case 2 -> (byte) (i % period * 7);
                case 3 -> (byte) (random.nextGaussian() * 3);
                default -> (byte) random.nextInt();
            };
        }
        return data;
    }

    private static byte[] deflate(byte[] data, int level, int strategy) {
        Deflater deflater = new Deflater(level);
        deflater.setStrategy(strategy);
        deflater.setInput(data);
        deflater.finish();
        byte[] packed = new byte[data.length + data.length / 100 + 100];
        int n = 0;
        while (!deflater.finished()) {
            n += deflater.deflate(packed, n, packed.length - n);
        }
        deflater.end();
        return Arrays.copyOf(packed, n);
    }
}
