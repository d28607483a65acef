package dev.wsss.core.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * NumPy's type strings, such as {@code <f4}: byte order, kind, bytes of an element.
 *
 * @param dtype the element type; null for {@code O}, references to Python objects
 * @param bigEndian whether elements are stored with the high byte first
 */
record NpyType(@Nullable DType dtype, boolean bigEndian) {

    /** The type of a string such as {@code <f4} or {@code |b1}; null if we have none for it. */
    static @Nullable NpyType parse(String text) {
        if (text.isEmpty()) {
            return null;
        }
        char order = text.charAt(0);
        boolean ordered = order == '<' || order == '>' || order == '|' || order == '=';
        String kind = ordered ? text.substring(1) : text;
        if (kind.equals("O") || kind.equals("O8") || kind.equals("O4")) {
            return new NpyType(null, false);
        }
        DType dtype =
                switch (kind) {
                    case "b1" -> DType.BOOL;
                    case "u1" -> DType.U8;
                    case "i1" -> DType.I8;
                    case "u2" -> DType.U16;
                    case "i2" -> DType.I16;
                    case "u4" -> DType.U32;
                    case "i4" -> DType.I32;
                    case "u8" -> DType.U64;
                    case "i8" -> DType.I64;
                    case "f2" -> DType.F16;
                    case "f4" -> DType.F32;
                    case "f8" -> DType.F64;
                    default -> null;
                };
        return dtype == null ? null : new NpyType(dtype, order == '>');
    }

    /** The type string that NumPy itself would write. */
    static String format(DType dtype) {
        return switch (dtype) {
            case BOOL -> "|b1";
            case U8 -> "|u1";
            case I8 -> "|i1";
            case U16 -> "<u2";
            case I16 -> "<i2";
            case U32 -> "<u4";
            case I32 -> "<i4";
            case U64 -> "<u8";
            case I64 -> "<i8";
            case F16 -> "<f2";
            case F32 -> "<f4";
            case F64 -> "<f8";
            case BF16 -> throw new IllegalArgumentException("NumPy has no BF16; convert to F32 first");
        };
    }

    /** Whether {@link #array} copies. */
    boolean copies(long[] shape, boolean fortran) {
        return dtype != null && (bigEndian && dtype.bytes() > 1 || fortran && shape.length > 1);
    }

    /**
     * The array of these bytes, turned to little-endian C order. The caller has checked the number of bytes.
     *
     * @param fortran whether the first index runs fastest in {@code bytes}
     */
    HostArray array(long[] shape, boolean fortran, ByteBuffer bytes) {
        if (dtype == null) {
            throw new IllegalArgumentException("an array of objects has no bytes");
        }
        if (!copies(shape, fortran)) {
            return HostArray.of(dtype, shape, bytes);
        }
        int width = dtype.bytes();
        ByteBuffer from = bytes.slice().order(bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        ByteBuffer to = ByteBuffer.allocate(from.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        int n = from.remaining() / width;
        int[] index = new int[shape.length];
        int[] strides = fortranStrides(shape, n);
        int source = 0;
        for (int i = 0; i < n; i++) {
            int at = fortran ? source : i;
            switch (width) {
                case 1 -> to.put(from.get(at));
                case 2 -> to.putShort(from.getShort(at * 2));
                case 4 -> to.putInt(from.getInt(at * 4));
                default -> to.putLong(from.getLong(at * 8));
            }
            source = fortran ? step(index, shape, strides, source) : 0;
        }
        return HostArray.of(dtype, shape, to.flip());
    }

    private static int[] fortranStrides(long[] shape, int elements) {
        int[] strides = new int[shape.length];
        int stride = 1;
        for (int d = 0; d < shape.length && elements > 0; d++) {
            strides[d] = stride;
            stride *= (int) shape[d];
        }
        return strides;
    }

    /** Steps the index in C order and gives the position of the new one. */
    private static int step(int[] index, long[] shape, int[] strides, int position) {
        int result = position;
        for (int d = shape.length - 1; d >= 0; d--) {
            if (++index[d] < shape[d]) {
                return result + strides[d];
            }
            result -= (index[d] - 1) * strides[d];
            index[d] = 0;
        }
        return result;
    }
}
