package dev.wsss.models.tflite;

import dev.wsss.core.io.TestFlatBuffers;
import dev.wsss.core.io.TestFlatBuffers.Table;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** A TFLite file of integers, tensor by tensor and operator by operator; the numbers are those of TFLite's schema. */
final class IntegerFile {
    static final byte FLOAT32 = 0;
    static final byte INT32 = 2;
    static final byte UINT8 = 3;
    static final byte INT64 = 4;
    static final byte INT8 = 9;

    private final List<Table> tensors = new ArrayList<>();
    private final List<Table> buffers = new ArrayList<>(List.of(Table.of()));
    private final List<Table> operators = new ArrayList<>();
    private final List<Integer> codes = new ArrayList<>();

    /** A tensor between operators, or the model's input, which is the first. */
    int tensor(byte type, float scale, int zeroPoint, int... shape) {
        return tensor(type, 0, new float[] {scale}, zeroPoint, 0, shape);
    }

    /** As {@link #tensor(byte, float, int, int...)}, without a scale. */
    int plain(byte type, int... shape) {
        tensors.add(Table.of(0, shape, 1, type, 2, 0, 3, "t" + tensors.size()));
        return tensors.size() - 1;
    }

    private int tensor(byte type, int buffer, float[] scales, long zeroPoint, int dimension, int... shape) {
        Table quantization = Table.of(2, scales, 3, new long[] {zeroPoint}, 6, dimension);
        tensors.add(Table.of(0, shape, 1, type, 2, buffer, 3, "t" + tensors.size(), 4, quantization));
        return tensors.size() - 1;
    }

    /** Constant 8-bit integers, with a scale for all or one for each index of a dimension. */
    int bytes(byte type, int[] values, float[] scales, int zeroPoint, int dimension, int... shape) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        buffers.add(Table.of(0, bytes));
        return tensor(type, buffers.size() - 1, scales, zeroPoint, dimension, shape);
    }

    /** A constant row of int32. */
    int ints(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(values);
        buffers.add(Table.of(0, bytes.array()));
        tensors.add(Table.of(0, new int[] {values.length}, 1, INT32, 2, buffers.size() - 1, 3, "c" + tensors.size()));
        return tensors.size() - 1;
    }

    /** An operator; options of type 0 are none. */
    void operator(int code, int optionsType, Table options, int output, int... inputs) {
        if (!codes.contains(code)) {
            codes.add(code);
        }
        Table operator = Table.of(0, codes.indexOf(code), 1, inputs, 2, new int[] {output});
        operators.add(
                optionsType == 0
                        ? operator
                        : operator.with(3, (byte) optionsType).with(4, options));
    }

    /** The whole file, of which the first tensor goes in. */
    byte[] write(int output) {
        List<Table> numbers = codes.stream()
                .map(c -> Table.of(0, (byte) Math.min(c, 127), 3, c))
                .toList();
        Table graph = Table.of(0, tensors, 1, new int[] {0}, 2, new int[] {output}, 3, operators, 4, "main");
        return TestFlatBuffers.write(
                Table.of(0, 3, 1, numbers, 2, List.of(graph), 3, "made for a test", 4, buffers), "TFL3");
    }
}
