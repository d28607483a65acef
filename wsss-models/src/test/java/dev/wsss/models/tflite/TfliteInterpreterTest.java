package dev.wsss.models.tflite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.core.image.Resize;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.TestFlatBuffers.Table;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each operator against loops of whole numbers, on the integers as the file has them. */
class TfliteInterpreterTest {
    private static final byte U8 = IntegerFile.UINT8;
    private static final byte I8 = IntegerFile.INT8;
    private static final int ADD = 0;
    private static final int AVERAGE = 1;
    private static final int CONCAT = 2;
    private static final int CONV = 3;
    private static final int DEPTHWISE = 4;
    private static final int DEQUANTIZE = 6;
    private static final int CONNECTED = 9;
    private static final int LSTM = 16;
    private static final int MAX = 17;
    private static final int RESHAPE = 22;
    private static final int RESIZE = 23;
    private static final int SOFTMAX = 25;
    private static final int PAD = 34;
    private static final int MEAN = 40;
    private static final int ARG_MAX = 56;
    private static final int TILE = 69;
    private static final int QUANTIZE = 114;
    private static final Table NONE = Table.of();

    private final Path path;
    private final IntegerFile file = new IntegerFile();
    private final Random random = new Random(5);

    TfliteInterpreterTest(@TempDir Path folder) {
        path = folder.resolve("integers.tflite");
    }

    private int[] draw(byte type, int count) {
        return random.ints(count, type == U8 ? 0 : -128, type == U8 ? 256 : 128).toArray();
    }

    private static HostArray array(byte type, int[] values, int... shape) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        long[] sides = Arrays.stream(shape).asLongStream().toArray();
        return HostArray.of(type == U8 ? DType.U8 : DType.I8, sides, ByteBuffer.wrap(bytes));
    }

    private HostArray run(int output, HostArray input) throws IOException {
        Files.write(path, file.write(output));
        try (TfliteInterpreter model = TfliteInterpreter.of(path)) {
            return model.run(List.of(input)).get(0).values();
        }
    }

    private static long clamp(byte type, long q) {
        return Math.min(Math.max(q, type == U8 ? 0 : -128), type == U8 ? 255 : 127);
    }

    private static long requantized(byte type, long sum, float scale, int zeroPoint) {
        return clamp(type, (long) Math.rint((float) sum * scale) + zeroPoint);
    }

    /** Sizes even and odd, so that the padding is on one side, on both or lacking. */
    @ParameterizedTest
    @CsvSource({"7, 6, 2, 1, 0", "6, 7, 2, 1, 0", "5, 8, 1, 2, 0", "8, 9, 3, 1, 1", "9, 9, 1, 2, 1"})
    void convolution(int h, int w, int stride, int dilation, int valid) throws IOException {
        int ins = 3;
        int outs = 5;
        int k = 3;
        int reach = (k - 1) * dilation + 1;
        int oh = valid == 1 ? (h - reach) / stride + 1 : (h + stride - 1) / stride;
        int ow = valid == 1 ? (w - reach) / stride + 1 : (w + stride - 1) / stride;
        int top = valid == 1 ? 0 : Math.max(0, (oh - 1) * stride + reach - h) / 2;
        int left = valid == 1 ? 0 : Math.max(0, (ow - 1) * stride + reach - w) / 2;
        int[] x = draw(U8, h * w * ins);
        int[] weights = draw(U8, outs * k * k * ins);
        int[] bias = random.ints(outs, -9000, 9000).toArray();
        int in = file.tensor(U8, 0.02f, 100, 1, h, w, ins);
        int filter = file.bytes(U8, weights, new float[] {0.012f}, 130, 0, outs, k, k, ins);
        int out = file.tensor(U8, 0.025f, 3, 1, oh, ow, outs);
        Table options = Table.of(0, (byte) valid, 1, stride, 2, stride, 3, (byte) 3, 4, dilation, 5, dilation);
        file.operator(CONV, 1, options, out, in, filter, file.ints(bias));
        float scale = 0.02f * 0.012f / 0.025f;
        long six = Math.round(6 / 0.025) + 3;
        long[] expected = new long[oh * ow * outs];
        for (int i = 0; i < expected.length; i++) {
            int o = i % outs;
            int y = i / outs / ow * stride - top;
            int z = i / outs % ow * stride - left;
            long sum = bias[o];
            for (int t = 0; t < k * k * ins; t++) {
                int yy = y + t / ins / k * dilation;
                int zz = z + t / ins % k * dilation;
                if (yy >= 0 && yy < h && zz >= 0 && zz < w) {
                    sum += (long) (x[(yy * w + zz) * ins + t % ins] - 100) * (weights[o * k * k * ins + t] - 130);
                }
            }
            // ReLU6: not below 0's integer, nor above 6's
            expected[i] = Math.min(Math.max(requantized(U8, sum, scale, 3), 3), six);
        }
        assertThat(expected).contains(3, six);
        assertThat(run(out, array(U8, x, 1, h, w, ins)).toLongs()).containsExactly(expected);
    }

    @Test
    void depthwiseByChannelWithTwoOutputsEach() throws IOException {
        int h = 5;
        int w = 4;
        int ins = 3;
        int outs = 6;
        int[] x = draw(I8, h * w * ins);
        int[] weights = draw(I8, 9 * outs);
        int[] bias = random.ints(outs, -900, 900).toArray();
        float[] scales = {0.01f, 0.02f, 0.03f, 0.005f, 0.0123f, 0.02f};
        int in = file.tensor(I8, 0.02f, -7, 1, h, w, ins);
        int filter = file.bytes(I8, weights, scales, 0, 3, 1, 3, 3, outs);
        int out = file.tensor(I8, 0.9f, 4, 1, h, w, outs);
        Table options = Table.of(0, (byte) 0, 1, 1, 2, 1, 3, 2, 4, (byte) 0, 5, 1, 6, 1);
        file.operator(DEPTHWISE, 2, options, out, in, filter, file.ints(bias));
        long[] expected = new long[h * w * outs];
        for (int i = 0; i < expected.length; i++) {
            int o = i % outs;
            long sum = bias[o];
            for (int t = 0; t < 9; t++) {
                int y = i / outs / w + t / 3 - 1;
                int z = i / outs % w + t % 3 - 1;
                if (y >= 0 && y < h && z >= 0 && z < w) {
                    sum += (long) (x[(y * w + z) * ins + o / 2] + 7) * weights[t * outs + o];
                }
            }
            expected[i] = requantized(I8, sum, 0.02f * scales[o] / 0.9f, 4);
        }
        assertThat(run(out, array(I8, x, 1, h, w, ins)).toLongs()).containsExactly(expected);
    }

    /** Sums pass 2^25 on their way to a small number: in float32, units would be lost. */
    @ParameterizedTest
    @ValueSource(ints = {CONV, CONNECTED})
    void sumsBeyondFloat32(int code) throws IOException {
        int ins = 4000;
        int outs = 8;
        int[] x = new int[ins];
        int[] weights = new int[outs * ins];
        for (int i = 0; i < ins; i++) {
            x[i] = 129 + random.nextInt(127);
        }
        for (int o = 0; o < outs; o++) {
            long sum = o;
            for (int i = ins - 1; i >= 0; i--) {
                int w = 64 + random.nextInt(64);
                // the second half takes away, and the very first inputs bring the rest down
                w = i >= ins / 2 ? -w : i < 100 ? (int) Math.max(-128, Math.min(127, -sum / x[i])) : w;
                weights[o * ins + i] = w + 128;
                sum += (long) w * x[i];
            }
        }
        int in = file.tensor(U8, 1, 0, 1, 1, 1, ins);
        int out;
        float scale = 0.25f;
        if (code == CONV) {
            int filter = file.bytes(U8, weights, new float[] {scale}, 128, 0, outs, 1, 1, ins);
            out = file.tensor(U8, 1, 128, 1, 1, 1, outs);
            file.operator(CONV, 1, Table.of(0, (byte) 1, 1, 1, 2, 1), out, in, filter, file.ints(new int[outs]));
        } else {
            int filter = file.bytes(U8, weights, new float[] {scale}, 128, 0, outs, ins);
            out = file.tensor(U8, 1, 128, 1, outs);
            file.operator(CONNECTED, 8, NONE, out, in, filter);
        }
        long[] expected = new long[outs];
        for (int o = 0; o < outs; o++) {
            long sum = 0;
            for (int i = 0; i < ins; i++) {
                sum += (long) x[i] * (weights[o * ins + i] - 128);
            }
            expected[o] = requantized(U8, sum, scale, 128);
        }
        assertThat(run(out, array(U8, x, 1, 1, 1, ins)).toLongs()).containsExactly(expected);
    }

    @ParameterizedTest
    @ValueSource(bytes = {U8, I8})
    void addition(byte type) throws IOException {
        int n = 600;
        int[] x = draw(type, n);
        int in = file.tensor(type, 0.031f, 12, 1, n);
        int other = file.tensor(type, 0.011f, 40, 1, n);
        int out = file.tensor(type, 0.027f, -3 + (type == U8 ? 128 : 0), 1, n);
        file.operator(QUANTIZE, 0, NONE, other, in);
        file.operator(ADD, 11, NONE, out, in, other);
        // 21 bits of the larger, 0.031 / 0.027, which is between 1 and 2
        long factorA = Math.round((double) (0.031f / 0.027f) * (1 << 20));
        long factorB = Math.round((double) (0.011f / 0.027f) * (1 << 20));
        long[] expected = new long[n];
        for (int i = 0; i < n; i++) {
            long b = clamp(type, ((x[i] - 12) * Math.round(256 * (double) (0.031f / 0.011f)) + 128 >> 8) + 40);
            long sum = (x[i] - 12) * factorA + (b - 40) * factorB + (1 << 19);
            expected[i] = clamp(type, (sum >> 20) - 3 + (type == U8 ? 128 : 0));
        }
        assertThat(run(out, array(type, x, 1, n)).toLongs()).containsExactly(expected);
    }

    @ParameterizedTest
    @ValueSource(bytes = {U8, I8})
    void windowsAndTheirBorders(byte type) throws IOException {
        int side = 5;
        int[] x = draw(type, side * side * 2);
        for (int code : new int[] {AVERAGE, MAX}) {
            IntegerFile model = new IntegerFile();
            int in = model.tensor(type, 0.5f, 17, 1, side, side, 2);
            int out = model.tensor(type, 0.5f, 17, 1, 3, 3, 2);
            model.operator(code, 5, Table.of(0, (byte) 0, 1, 2, 2, 2, 3, 3, 4, 3), out, in);
            long[] expected = new long[3 * 3 * 2];
            for (int i = 0; i < expected.length; i++) {
                long sum = 0;
                long most = -1000;
                int count = 0;
                for (int t = 0; t < 9; t++) {
                    int y = i / 6 * 2 - 1 + t / 3;
                    int z = i / 2 % 3 * 2 - 1 + t % 3;
                    if (y >= 0 && y < side && z >= 0 && z < side) {
                        sum += x[(y * side + z) * 2 + i % 2];
                        most = Math.max(most, x[(y * side + z) * 2 + i % 2]);
                        count++;
                    }
                }
                long half = sum > 0 ? count / 2 : -(count / 2);
                expected[i] = code == MAX ? most : (sum + half) / count;
            }
            Files.write(path, model.write(out));
            try (TfliteInterpreter interpreter = TfliteInterpreter.of(path)) {
                HostArray got = interpreter
                        .run(List.of(array(type, x, 1, side, side, 2)))
                        .get(0)
                        .values();
                assertThat(got.toLongs()).containsExactly(expected);
            }
        }
    }

    @Test
    void meanOfTheImage() throws IOException {
        int[] x = draw(I8, 7 * 7 * 40);
        int in = file.tensor(I8, 0.0235f, -128, 1, 7, 7, 40);
        int out = file.tensor(I8, 0.019f, -120, 1, 40);
        file.operator(MEAN, 27, NONE, out, in, file.ints(1, 2));
        float scale = 0.0235f / 0.019f * (1.0f / 49);
        long[] expected = new long[40];
        for (int c = 0; c < 40; c++) {
            int sum = 0;
            for (int p = 0; p < 49; p++) {
                sum += x[p * 40 + c];
            }
            expected[c] = clamp(I8, (long) Math.rint(sum * scale + (-120 - (49 * -128) * scale)));
        }
        assertThat(run(out, array(I8, x, 1, 7, 7, 40)).toLongs()).containsExactly(expected);
    }

    /** With aligned corners, with centres of pixels, and with neither. */
    @ParameterizedTest
    @CsvSource({"1, 0", "0, 1", "0, 0"})
    void resizing(byte corners, byte centres) throws IOException {
        int h = 4;
        int w = 5;
        int oh = 9;
        int ow = 3;
        int[] x = draw(U8, h * w * 2);
        int in = file.tensor(U8, 0.2f, 82, 1, h, w, 2);
        int out = file.tensor(U8, 0.2f, 82, 1, oh, ow, 2);
        file.operator(RESIZE, 15, Table.of(2, corners, 3, centres), out, in, file.ints(oh, ow));
        float sy = corners == 1 ? (h - 1f) / (oh - 1f) : (float) h / oh;
        float sx = corners == 1 ? (w - 1f) / (ow - 1f) : (float) w / ow;
        long[] expected = new long[oh * ow * 2];
        for (int i = 0; i < expected.length; i++) {
            float y = i / 2 / ow * sy;
            float z = i / 2 % ow * sx;
            if (centres == 1) {
                y = Math.max(0, y + (0.5f * sy - 0.5f));
                z = Math.max(0, z + (0.5f * sx - 0.5f));
            }
            y = Math.min(y, h - 1);
            z = Math.min(z, w - 1);
            int y0 = (int) y;
            int z0 = (int) z;
            int y1 = Math.min(y0 + 1, h - 1);
            int z1 = Math.min(z0 + 1, w - 1);
            long down = (long) Math.rint((y - y0) * 2048);
            long across = (long) Math.rint((z - z0) * 2048);
            int c = i % 2;
            long top = ((long) x[(y0 * w + z0) * 2 + c] << 11)
                    + (x[(y0 * w + z1) * 2 + c] - x[(y0 * w + z0) * 2 + c]) * across;
            long bottom = ((long) x[(y1 * w + z0) * 2 + c] << 11)
                    + (x[(y1 * w + z1) * 2 + c] - x[(y1 * w + z0) * 2 + c]) * across;
            expected[i] = (top << 11) + (bottom - top) * down + (1 << 21) >> 22;
        }
        assertThat(run(out, array(U8, x, 1, h, w, 2)).toLongs()).containsExactly(expected);
    }

    @ParameterizedTest
    @ValueSource(bytes = {U8, I8})
    void softmax(byte type) throws IOException {
        int n = 50;
        int[] x = draw(type, 2 * n);
        int in = file.tensor(type, 0.05f, 3, 2, n);
        int out = file.tensor(type, 0.00390625f, type == U8 ? 0 : -128, 2, n);
        file.operator(SOFTMAX, 9, Table.of(0, 1f), out, in);
        long[] got = run(out, array(type, x, 2, n)).toLongs();
        for (int row = 0; row < 2; row++) {
            double sum = 0;
            for (int i = 0; i < n; i++) {
                sum += Math.exp(0.05 * x[row * n + i]);
            }
            for (int i = 0; i < n; i++) {
                double exact = 256 * Math.exp(0.05 * x[row * n + i]) / sum;
                // what rounds to 256 is cut
                assertThat(got[row * n + i] + (type == U8 ? 0.0 : 128.0))
                        .isEqualTo(Math.min(255, Math.floor(exact + 0.5)));
            }
        }
    }

    @Test
    void bytesBecomeSignedAndFloats() throws IOException {
        int[] x = draw(U8, 90);
        int in = file.tensor(U8, 0.0078f, 127, 1, 90);
        int signed = file.tensor(I8, 0.0078f, -1, 1, 90);
        int floats = file.plain(IntegerFile.FLOAT32, 1, 90);
        int again = file.tensor(I8, 0.01f, 5, 1, 90);
        file.operator(QUANTIZE, 0, NONE, signed, in);
        file.operator(DEQUANTIZE, 0, NONE, floats, signed);
        file.operator(QUANTIZE, 0, NONE, again, floats);
        long[] integers = run(signed, array(U8, x, 1, 90)).toLongs();
        float[] numbers = run(floats, array(U8, x, 1, 90)).toFloats();
        long[] back = run(again, array(U8, x, 1, 90)).toLongs();
        for (int i = 0; i < 90; i++) {
            assertThat(integers[i]).isEqualTo(x[i] - 128);
            assertThat(numbers[i]).isEqualTo((x[i] - 127) * 0.0078f);
            assertThat(back[i]).isEqualTo(clamp(I8, (long) Math.rint(numbers[i] * (1 / 0.01f)) + 5));
        }
    }

    @Test
    void whatOnlyMoves() throws IOException {
        int[] x = draw(U8, 2 * 3 * 2);
        int in = file.tensor(U8, 0.5f, 9, 1, 2, 3, 2);
        int pair = file.tensor(U8, 0.5f, 9, 1, 2, 3, 4);
        int padded = file.tensor(U8, 0.5f, 9, 1, 3, 5, 4);
        int tiled = file.tensor(U8, 0.5f, 9, 2, 3, 5, 4);
        int flat = file.tensor(U8, 0.5f, 9, 6, 20);
        file.operator(CONCAT, 10, Table.of(0, -1), pair, in, in);
        file.operator(PAD, 22, NONE, padded, pair, file.ints(0, 0, 1, 0, 2, 0, 0, 0));
        file.operator(TILE, 0, NONE, tiled, padded, file.ints(2, 1, 1, 1));
        file.operator(RESHAPE, 17, NONE, flat, tiled);
        long[] got = run(flat, array(U8, x, 1, 2, 3, 2)).toLongs();
        for (int i = 0; i < got.length; i++) {
            int y = i / 20 % 3 - 1;
            int z = i / 4 % 5 - 2;
            assertThat(got[i]).isEqualTo(y < 0 || z < 0 ? 9 : x[(y * 3 + z) * 2 + i % 2]);
        }
    }

    /** Labels {@code [1][2][2]} of three scores each, the first of equal ones. */
    private int labels() {
        int in = file.tensor(U8, 1, 0, 1, 2, 2, 3);
        int out = file.plain(IntegerFile.INT64, 1, 2, 2);
        file.operator(ARG_MAX, 40, Table.of(0, IntegerFile.INT64), out, in, file.ints(3));
        return out;
    }

    @Test
    void theFirstOfTheLargest() throws IOException {
        int[] x = {5, 5, 4, 1, 2, 3, 7, 9, 9, 0, 0, 0};
        HostArray got = run(labels(), array(U8, x, 1, 2, 2, 3));
        assertThat(got.dtype()).isEqualTo(DType.I64);
        assertThat(got.toLongs()).containsExactly(0, 2, 1, 0);
    }

    @Test
    void photographsAreLabelledInTheirOwnSize() throws IOException {
        RgbImage photograph = new RgbImage(4, 6, new byte[72]);
        for (int i = 0; i < 24; i++) {
            // red above, blue on the right of what is below
            photograph.data()[3 * i + (i < 12 ? 0 : i % 6 < 3 ? 1 : 2)] = (byte) 200;
        }
        Files.write(path, file.write(labels()));
        try (TfliteInterpreter model = TfliteInterpreter.of(path)) {
            LabelMap map = model.segmenter().segment(photograph);
            LabelMap small = LabelMap.wrap(2, 2, new byte[] {0, 0, 1, 2});
            assertThat(map).isEqualTo(Resize.PIL_NEAREST.apply(small, 4, 6));
            assertThat(model.segmenter().description().entries()).containsKey("sha256");
        }
    }

    @Test
    void scoresLabelToo() throws IOException {
        int in = file.tensor(U8, 1, 0, 1, 1, 2, 3);
        int out = file.tensor(I8, 1, -128, 1, 1, 2, 3);
        file.operator(QUANTIZE, 0, NONE, out, in);
        Files.write(path, file.write(out));
        try (TfliteInterpreter model = TfliteInterpreter.of(path)) {
            RgbImage photograph = new RgbImage(1, 2, new byte[] {0, (byte) 200, 3, 1, 2, (byte) 250});
            assertThat(model.segmenter().segment(photograph).toArray()).containsExactly(1, 2);
            assertThat(model.run(photograph).toFloats()).containsExactly(0, 200, 3, 1, 2, 250);
        }
    }

    private void refused(int output, String... words) throws IOException {
        Files.write(path, file.write(output));
        assertThatThrownBy(() -> TfliteInterpreter.of(path).close())
                .isInstanceOf(InvalidDataException.class)
                .hasMessageStartingWith(path.toString())
                .hasMessageContainingAll(words);
    }

    @Test
    void otherOperatorsAreNamed() throws IOException {
        int in = file.tensor(U8, 1, 0, 1, 2);
        int out = file.tensor(U8, 1, 0, 1, 2);
        file.operator(LSTM, 0, NONE, out, in);
        refused(out, "operator 0", "LSTM", "CONV_2D");
    }

    @Test
    void otherShapesAreRefused() throws IOException {
        int in = file.tensor(U8, 1, 0, 1, 2, 2, 3);
        int out = file.tensor(U8, 1, 0, 1, 4, 5, 3);
        file.operator(RESIZE, 15, NONE, out, in, file.ints(4, 4));
        refused(out, "operator 0 RESIZE_BILINEAR", "[1, 4, 4, 3]");
    }

    @Test
    void hugeSizesAreRefusedBeforeAnythingIsMade() throws IOException {
        int in = file.tensor(U8, 1, 0, 1, 2, 2, 3);
        int out = file.tensor(U8, 1, 0, 1, 1 << 20, 1 << 20, 3);
        file.operator(RESIZE, 15, NONE, out, in, file.ints(1 << 20, 1 << 20));
        refused(out, "RESIZE_BILINEAR", "expected");
    }

    @Test
    void hugeDilationsAreRefused() throws IOException {
        int in = file.tensor(U8, 1, 0, 1, 2, 2, 1);
        int out = file.tensor(U8, 1, 0, 1, 2, 2, 1);
        int filter = file.bytes(U8, new int[9], new float[] {1}, 0, 0, 1, 3, 3, 1);
        Table options = Table.of(0, (byte) 0, 1, 1, 2, 1, 4, 1 << 30, 5, 1 << 30);
        file.operator(CONV, 1, options, out, in, filter, file.ints(0));
        refused(out, "CONV_2D", "reach");
    }

    @Test
    void otherScalesAreRefusedWhereNothingIsComputed() throws IOException {
        int in = file.tensor(U8, 1, 0, 1, 4);
        int out = file.tensor(U8, 0.5f, 0, 4, 1);
        file.operator(RESHAPE, 17, NONE, out, in);
        refused(out, "RESHAPE", "expected one scale");
    }

    @Test
    void tensorsThatNobodyGivesAreRefused() throws IOException {
        file.tensor(U8, 1, 0, 1, 4);
        int nowhere = file.tensor(U8, 1, 0, 1, 4);
        int out = file.tensor(U8, 1, 0, 4, 1);
        file.operator(RESHAPE, 17, NONE, out, nowhere);
        refused(out, "tensor 1", "neither an input");
        refused(nowhere, "tensor 1");
    }

    @Test
    void aTensorIsGivenOnce() throws IOException {
        int in = file.tensor(U8, 1, 0, 1, 4);
        file.operator(RESHAPE, 17, NONE, in, in);
        refused(in, "tensor 0", "given already");
    }

    @Test
    void integersWithoutScaleAreRefused() throws IOException {
        int in = file.plain(U8, 1, 4);
        int out = file.tensor(U8, 1, 0, 4, 1);
        file.operator(RESHAPE, 17, NONE, out, in);
        refused(out, "expected one scale");
    }

    @Test
    void otherInputsAreRefused() throws IOException {
        Files.write(path, file.write(labels()));
        TfliteInterpreter model = TfliteInterpreter.of(path);
        assertThatThrownBy(() -> model.run(List.of(array(U8, new int[4], 1, 2, 2))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[1, 2, 2, 3]");
        assertThatThrownBy(() -> model.run(List.of())).isInstanceOf(IllegalArgumentException.class);
        model.close();
        model.close();
        assertThatThrownBy(() -> model.run(List.of(array(U8, new int[12], 1, 2, 2, 3))))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void whatIsNoPhotographOrLabelMapIsSaid() throws IOException {
        int in = file.tensor(U8, 1, 0, 1, 4);
        int out = file.tensor(U8, 1, 0, 4, 1);
        file.operator(RESHAPE, 17, NONE, out, in);
        Files.write(path, file.write(out));
        try (TfliteInterpreter model = TfliteInterpreter.of(path)) {
            assertThatThrownBy(model::segmenter)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("uint8");
        }
    }

    @Test
    void turnedBytesAreRefusedOrRun() throws IOException {
        int in = file.tensor(U8, 0.02f, 100, 1, 6, 6, 3);
        int middle = file.tensor(U8, 0.025f, 3, 1, 3, 3, 4);
        int out = file.tensor(U8, 0.025f, 3, 1, 7, 7, 4);
        int filter = file.bytes(U8, draw(U8, 4 * 9 * 3), new float[] {0.004f}, 130, 0, 4, 3, 3, 3);
        file.operator(CONV, 1, Table.of(0, (byte) 0, 1, 2, 2, 2), middle, in, filter, file.ints(1, 2, 3, 4));
        file.operator(RESIZE, 15, NONE, out, middle, file.ints(7, 7));
        byte[] whole = file.write(out);
        HostArray x = array(U8, draw(U8, 108), 1, 6, 6, 3);
        int refused = 0;
        int ran = 0;
        for (int i = 0; i < 600; i++) {
            byte[] turned = whole.clone();
            turned[random.nextInt(turned.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(path, turned);
            try (TfliteInterpreter model = TfliteInterpreter.of(path)) {
                boolean same = Arrays.equals(model.inputs().get(0).shape(), x.shape())
                        && model.inputs().get(0).dtype() == DType.U8;
                ran += same ? model.run(List.of(x)).size() : 0;
            } catch (InvalidDataException e) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
        assertThat(ran).isPositive();
    }
}
