package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A tensor of an ONNX file that can be read, checked against its shape.
 *
 * @param element its type as ONNX has it
 * @param dtype as ours
 * @param shape of the tensor
 * @param source the file of the elements: the model's, or one beside it
 * @param start of the tensor's message in the model's file, where elements lie in its fields
 * @param end of that message
 * @param run where the elements begin in the source if they lie one after the other, little-endian; else -1
 */
record OnnxTensor(OnnxType element, DType dtype, long[] shape, ByteSource source, long start, long end, long run)
        implements StoredTensor {
    @Override
    public HostArray read() {
        if (!Inputs.representable(dtype, shape)) {
            throw new InvalidDataException(
                    source.name() + ": a tensor " + dtype + Inputs.shape(shape) + ", expected less than 2 GiB");
        }
        int bytes = (int) Inputs.byteCount(dtype, shape);
        return run < 0
                ? HostArray.of(dtype, shape, gather(bytes))
                : HostArray.of(dtype, shape, source.range(run, bytes));
    }

    /** Elements that are numbers of variable width, or lie in several runs. */
    private ByteBuffer gather(int bytes) {
        ByteBuffer out = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        ProtoReader in = new ProtoReader(source, start);
        while (in.position() < end) {
            if (in.field(end) != element.field()) {
                in.skip(end);
                continue;
            }
            boolean packed = in.wire() == ProtoReader.LENGTH;
            long to = packed ? in.endOfValue(end) : end;
            do {
                if (in.position() < to) {
                    put(in, to, out);
                }
            } while (packed && in.position() < to);
        }
        return out.flip();
    }

    private void put(ProtoReader in, long to, ByteBuffer out) {
        switch (element.field()) {
            case OnnxType.FLOAT_DATA -> out.putInt((int) in.fixed(4, to));
            case OnnxType.DOUBLE_DATA -> out.putLong(in.fixed(8, to));
            default -> {
                long value = in.varint(to);
                if (!fits(value)) {
                    throw new InvalidDataException(source.name() + ": before byte " + in.position() + " is the element "
                            + value + " of a tensor of " + element.name() + ", which has no such number");
                }
                switch (dtype.bytes()) {
                    case 1 -> out.put((byte) value);
                    case 2 -> out.putShort((short) value);
                    case 4 -> out.putInt((int) value);
                    default -> out.putLong(value);
                }
            }
        }
    }

    private boolean fits(long value) {
        return switch (dtype) {
            case BOOL -> value == 0 || value == 1;
            case U8 -> value == (value & 0xFF);
            case I8 -> value == (byte) value;
            case U16, F16, BF16 -> value == (value & 0xFFFF);
            case I16 -> value == (short) value;
            case U32 -> value == (value & 0xFFFFFFFFL);
            case I32 -> value == (int) value;
            default -> true;
        };
    }
}
