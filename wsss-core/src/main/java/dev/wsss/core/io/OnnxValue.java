package dev.wsss.core.io;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What goes into an ONNX graph or comes out of it.
 *
 * @param name by which nodes refer to it
 * @param type of a tensor's elements as ONNX calls it, such as {@code float}; of something else than a tensor what it is,
 *     such as {@code sequence}
 * @param dtype null if none of ours stands for the type
 * @param shape null if the graph does not tell how many dimensions there are
 */
public record OnnxValue(String name, String type, @Nullable DType dtype, @Nullable List<Dimension> shape) {
    /**
     * A dimension: of a known size, or open under a name, or just open.
     *
     * @param size -1 if open
     * @param symbol the name of an open one; may be empty
     */
    public record Dimension(long size, String symbol) {
        /** Checks its parts. */
        public Dimension {
            if (size < -1 || size >= 0 && !symbol.isEmpty()) {
                throw new IllegalArgumentException(
                        "a dimension has a size of 0 or more or a symbol, got " + size + " and '" + symbol + "'");
            }
        }

        /** A dimension of a size of 0 or more. */
        public static Dimension of(long size) {
            if (size < 0) {
                throw new IllegalArgumentException("size must be 0 or more, got " + size);
            }
            return new Dimension(size, "");
        }

        /** An open dimension; those of one name are equal. */
        public static Dimension open(String symbol) {
            return new Dimension(-1, symbol);
        }

        /** Its size, or its symbol, or {@code ?}. */
        @Override
        public String toString() {
            return size >= 0 ? String.valueOf(size) : symbol.isEmpty() ? "?" : symbol;
        }
    }

    /** Keeps a copy of the shape. */
    public OnnxValue {
        shape = shape == null ? null : List.copyOf(shape);
    }

    /** A tensor of a fixed or partly open shape. */
    public static OnnxValue of(String name, DType dtype, Dimension... shape) {
        return new OnnxValue(name, OnnxType.of(dtype).name(), dtype, List.of(shape));
    }

    /** A tensor of a fixed shape. */
    public static OnnxValue of(String name, DType dtype, long... shape) {
        return of(name, dtype, Arrays.stream(shape).mapToObj(Dimension::of).toArray(Dimension[]::new));
    }

    /** Such as {@code 'input' float[n, 3, 224, 224]}. */
    @Override
    public String toString() {
        List<Dimension> dims = shape;
        return Inputs.quote(name) + " " + type
                + (dims == null
                        ? ""
                        : dims.stream().map(Dimension::toString).collect(Collectors.joining(", ", "[", "]")));
    }
}
