package dev.wsss.core.io;

import dev.wsss.core.io.TestFlatBuffers.Table;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** A TFLite model of a few operators; the numbers of fields and enumerations are those of TFLite's schema. */
final class TestTflite {
    private static final byte FLOAT32 = 0;
    private static final byte FLOAT16 = 1;
    private static final byte INT32 = 2;
    private static final byte UINT8 = 3;
    private static final byte INT8 = 9;
    private static final byte INT4 = 17;

    private static final byte SAME = 0;
    private static final byte VALID = 1;
    private static final byte RELU6 = 3;

    private TestTflite() {}

    static byte[] write(Table model) {
        return TestFlatBuffers.write(model, "TFL3");
    }

    /** Convolution of int8 by channel, depthwise of uint8, addition, resizing, a custom and an unknown operator. */
    static Table model() {
        return model(tensors(), operators(), buffers());
    }

    static Table model(List<Table> tensors, List<Table> operators, List<Table> buffers) {
        Table graph = Table.of(0, tensors, 1, new int[] {0}, 2, new int[] {8}, 3, operators, 4, "main");
        return Table.of(0, 3, 1, codes(), 2, List.of(graph), 3, "made for a test", 4, buffers);
    }

    /** The first as files before 2020 have it, the last two beyond a byte's numbers. */
    static List<Table> codes() {
        return List.of(
                Table.of(0, (byte) 3, 2, 5),
                Table.of(0, (byte) 4, 3, 4),
                Table.of(0, (byte) 0),
                Table.of(0, (byte) 23, 3, 23),
                Table.of(0, (byte) 32, 1, "MyOperator", 3, 32),
                Table.of(0, (byte) 127, 3, 4711));
    }

    static List<Table> tensors() {
        return List.of(
                tensor("input", UINT8, 0, 1, 4, 4, 2).with(4, quantization(0.5f, 128)),
                tensor("conv/weights", INT8, 1, 2, 1, 1, 2)
                        .with(4, Table.of(2, new float[] {0.5f, 0.25f}, 3, new long[] {0, 0}, 6, 0)),
                tensor("conv/bias", INT32, 2, 2)
                        .with(4, Table.of(2, new float[] {0.25f, 0.125f}, 3, new long[] {0, 0})),
                tensor("conv", INT8, 0, 1, 4, 4, 2).with(4, quantization(1, -1)),
                tensor("depthwise/weights", UINT8, 3, 1, 1, 1, 2).with(4, quantization(2, 100)),
                tensor("half", FLOAT16, 4, 2),
                tensor("size", INT32, 5, 2),
                tensor("float", FLOAT32, 6, 2),
                tensor("output", FLOAT32, 0, -1, 8, 8, 2),
                tensor("nibbles", INT4, 3, 4));
    }

    static List<Table> buffers() {
        return List.of(
                Table.of(),
                buffer(1, -2, 3, -128),
                buffer(4, 0, 0, 0, -8, -1, -1, -1),
                buffer(100, 250),
                buffer(0, 0x3C, 0, 0xC0),
                buffer(8, 0, 0, 0, 8, 0, 0, 0),
                Table.of(0, floats(1.5f, -2)));
    }

    static List<Table> operators() {
        return List.of(
                Table.of(0, 0, 1, new int[] {0, 1, 2}, 2, new int[] {3}, 3, (byte) 1, 4, conv()),
                Table.of(0, 1, 1, new int[] {3, 4, -1}, 2, new int[] {3}, 3, (byte) 2, 4, depthwise()),
                Table.of(0, 2, 1, new int[] {3, 7}, 2, new int[] {3}, 3, (byte) 11, 4, Table.of(0, (byte) 1)),
                Table.of(0, 3, 1, new int[] {3, 6}, 2, new int[] {8}, 3, (byte) 15, 4, Table.of(2, (byte) 1)),
                Table.of(0, 4, 1, new int[] {3}, 2, new int[] {8}, 5, new byte[] {1, 2, 3}),
                Table.of(0, 5, 1, new int[] {3}, 2, new int[] {8}));
    }

    static Table conv() {
        return Table.of(0, VALID, 1, 3, 2, 2, 3, RELU6, 4, 5, 5, 4);
    }

    static Table depthwise() {
        return Table.of(0, SAME, 1, 1, 2, 1, 3, 1);
    }

    static Table tensor(String name, byte type, int buffer, int... shape) {
        return Table.of(0, shape, 1, type, 2, buffer, 3, name);
    }

    static Table quantization(float scale, long zeroPoint) {
        return Table.of(2, new float[] {scale}, 3, new long[] {zeroPoint});
    }

    static Table buffer(int... bytes) {
        byte[] data = new byte[bytes.length];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) bytes[i];
        }
        return Table.of(0, data);
    }

    private static byte[] floats(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }
}
