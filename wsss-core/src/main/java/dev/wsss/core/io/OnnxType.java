package dev.wsss.core.io;

import org.jspecify.annotations.Nullable;

/**
 * A type of a tensor's elements as ONNX numbers it ({@code TensorProto.DataType}).
 *
 * @param name as ONNX calls it
 * @param dtype null if none of ours stands for it
 * @param field of {@code TensorProto} that has the elements if they are not raw: 4 to 7, 10 or 11
 */
record OnnxType(int number, String name, @Nullable DType dtype, int field) {
    static final int FLOAT_DATA = 4;
    static final int INT32_DATA = 5;
    static final int STRING_DATA = 6;
    static final int INT64_DATA = 7;
    static final int DOUBLE_DATA = 10;
    static final int UINT64_DATA = 11;

    private static final OnnxType[] TYPES = {
        new OnnxType(0, "undefined", null, INT32_DATA),
        new OnnxType(1, "float", DType.F32, FLOAT_DATA),
        new OnnxType(2, "uint8", DType.U8, INT32_DATA),
        new OnnxType(3, "int8", DType.I8, INT32_DATA),
        new OnnxType(4, "uint16", DType.U16, INT32_DATA),
        new OnnxType(5, "int16", DType.I16, INT32_DATA),
        new OnnxType(6, "int32", DType.I32, INT32_DATA),
        new OnnxType(7, "int64", DType.I64, INT64_DATA),
        new OnnxType(8, "string", null, STRING_DATA),
        new OnnxType(9, "bool", DType.BOOL, INT32_DATA),
        new OnnxType(10, "float16", DType.F16, INT32_DATA),
        new OnnxType(11, "double", DType.F64, DOUBLE_DATA),
        new OnnxType(12, "uint32", DType.U32, UINT64_DATA),
        new OnnxType(13, "uint64", DType.U64, UINT64_DATA),
        new OnnxType(14, "complex64", null, FLOAT_DATA),
        new OnnxType(15, "complex128", null, DOUBLE_DATA),
        new OnnxType(16, "bfloat16", DType.BF16, INT32_DATA),
        new OnnxType(17, "float8e4m3fn", null, INT32_DATA),
        new OnnxType(18, "float8e4m3fnuz", null, INT32_DATA),
        new OnnxType(19, "float8e5m2", null, INT32_DATA),
        new OnnxType(20, "float8e5m2fnuz", null, INT32_DATA),
        new OnnxType(21, "uint4", null, INT32_DATA),
        new OnnxType(22, "int4", null, INT32_DATA),
        new OnnxType(23, "float4e2m1", null, INT32_DATA)
    };

    /** Of a number in a file; a type that is not known has a name that says so. */
    static OnnxType of(long number) {
        return number >= 0 && number < TYPES.length
                ? TYPES[(int) number]
                : new OnnxType(-1, "type " + number, null, INT32_DATA);
    }

    static OnnxType of(DType dtype) {
        for (OnnxType type : TYPES) {
            if (type.dtype == dtype) {
                return type;
            }
        }
        throw new AssertionError(dtype);
    }
}
