package dev.wsss.core.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** ONNX models that {@link OnnxWriter} does not write: initializers in fields, beside the file, and of other types. */
final class TestOnnx {
    static final int FLOAT = 1;
    static final int UINT8 = 2;
    static final int INT8 = 3;
    static final int INT32 = 6;
    static final int INT64 = 7;
    static final int STRING = 8;
    static final int BOOL = 9;
    static final int FLOAT16 = 10;
    static final int DOUBLE = 11;
    static final int UINT32 = 12;
    static final int BFLOAT16 = 16;

    private TestOnnx() {}

    /** A model of a graph. */
    static ProtoWriter model(ProtoWriter graph) {
        return new ProtoWriter()
                .number(1, 8)
                .text(2, "test")
                .text(3, "1.2")
                .message(8, new ProtoWriter().text(1, "ai.onnx").number(2, 17))
                .message(8, new ProtoWriter().text(1, "com.example").number(2, 3))
                .message(7, graph)
                .message(14, new ProtoWriter().text(1, "licence").text(2, "none"));
    }

    /** Initializers of every form, nodes with attributes of every kind. */
    static ProtoWriter everything() {
        return new ProtoWriter()
                .message(1, node())
                .text(2, "main")
                .message(5, tensor("raw", FLOAT, 2).bytes(9, floats(1.5f, -2)))
                .message(5, tensor("floats", FLOAT, 1, 2).bytes(4, floats(3, 4)))
                .message(5, tensor("separate", FLOAT, 2).f32(4, 5).f32(4, 6))
                .message(5, tensor("doubles", DOUBLE, 1).bytes(10, doubles(0.1)))
                .message(5, tensor("longs", INT64, 3).bytes(7, varints(1, -1, 1L << 40)))
                .message(5, tensor("ints", INT32, 2).number(5, 7).number(5, -8))
                .message(5, tensor("bytes", INT8, 2).bytes(5, varints(-128, 127)))
                .message(5, tensor("unsigned", UINT8, 2).bytes(5, varints(0, 255)))
                .message(5, tensor("flags", BOOL, 2).bytes(5, varints(1, 0)))
                .message(5, tensor("half", FLOAT16, 2).bytes(5, varints(0x3C00, 0xC000)))
                .message(5, tensor("brain", BFLOAT16, 1).bytes(5, varints(0x3FC0)))
                .message(5, tensor("wide", UINT32, 1).bytes(11, varints(4294967295L)))
                .message(5, tensor("scalar", FLOAT).bytes(9, floats(9)))
                .message(5, tensor("empty", INT64, 0))
                .message(5, tensor("words", STRING, 1).text(6, "word"))
                .message(11, value("input", FLOAT, new ProtoWriter().text(2, "n"), new ProtoWriter().number(1, 3)))
                .message(12, value("output", FLOAT, new ProtoWriter(), new ProtoWriter().number(1, -1)))
                .message(12, new ProtoWriter().text(1, "list").message(2, new ProtoWriter().bytes(4, new byte[0])));
    }

    private static ProtoWriter node() {
        return new ProtoWriter()
                .text(1, "input")
                .text(1, "")
                .text(1, "raw")
                .text(2, "output")
                .text(3, "first")
                .text(4, "Mystery")
                .message(5, attribute("f", 1).f32(2, 0.5f))
                .message(5, attribute("i", 2).number(3, -3))
                .message(5, attribute("default", 2))
                .message(5, attribute("s", 3).text(4, "SAME_UPPER"))
                .message(5, attribute("t", 4).message(5, tensor("", FLOAT, 2).bytes(9, floats(1, 2))))
                .message(5, attribute("g", 5).bytes(6, new byte[0]))
                .message(5, attribute("packed", 6).bytes(7, floats(1, 2)))
                .message(5, attribute("ints", 7).number(8, 1).number(8, 2))
                .message(5, attribute("no ints", 7))
                .message(5, attribute("packed ints", 7).bytes(8, varints(3, -4)))
                .message(5, attribute("strings", 8).text(9, "a").text(9, "b"))
                .message(5, attribute("binary", 3).bytes(4, new byte[] {(byte) 0xFF}))
                .message(5, new ProtoWriter().text(1, "untyped").number(8, 5))
                .text(7, "com.example");
    }

    static ProtoWriter attribute(String name, int type) {
        return new ProtoWriter().text(1, name).number(20, type);
    }

    static ProtoWriter tensor(String name, int type, long... dims) {
        ProtoWriter tensor = new ProtoWriter();
        Arrays.stream(dims).forEach(dim -> tensor.number(1, dim));
        return tensor.number(2, type).optText(8, name);
    }

    static ProtoWriter external(String name, String location, String offset, String length, long... dims) {
        return tensor(name, FLOAT, dims)
                .message(13, new ProtoWriter().text(1, "location").text(2, location))
                .message(13, new ProtoWriter().text(1, "offset").text(2, offset))
                .message(13, new ProtoWriter().text(1, "length").text(2, length))
                .number(14, 1);
    }

    private static ProtoWriter value(String name, int type, ProtoWriter... dims) {
        ProtoWriter shape = new ProtoWriter();
        Arrays.stream(dims).forEach(dim -> shape.message(1, dim));
        return new ProtoWriter()
                .text(1, name)
                .message(
                        2,
                        new ProtoWriter()
                                .message(1, new ProtoWriter().number(1, type).message(2, shape)));
    }

    static byte[] floats(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }

    private static byte[] doubles(double... values) {
        ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asDoubleBuffer().put(values);
        return bytes.array();
    }

    /** The values of fields without their tags. */
    static byte[] varints(long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(10 * values.length);
        for (long value : values) {
            byte[] field = new ProtoWriter().number(1, value).toBytes();
            bytes.put(field, 1, field.length - 1);
        }
        return Arrays.copyOf(bytes.array(), bytes.position());
    }
}
