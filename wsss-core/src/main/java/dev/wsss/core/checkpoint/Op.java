package dev.wsss.core.checkpoint;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** What a rule does with the arrays of its keys: some in, some out, and back. */
interface Op {
    /** Types and shapes of the result. */
    List<TensorSpec> specs(List<TensorSpec> in);

    /** The result. */
    List<HostArray> apply(List<HostArray> in);

    Op inverse();

    /** One array to one. */
    record Relayout(Layout layout) implements Op {
        @Override
        public List<TensorSpec> specs(List<TensorSpec> in) {
            return List.of(layout.apply(in.get(0)));
        }

        @Override
        public List<HostArray> apply(List<HostArray> in) {
            return List.of(layout.apply(in.get(0)));
        }

        @Override
        public Op inverse() {
            return new Relayout(layout.inverse());
        }
    }

    /** One array unchanged. */
    record Same() implements Op {
        @Override
        public List<TensorSpec> specs(List<TensorSpec> in) {
            return in;
        }

        @Override
        public List<HostArray> apply(List<HostArray> in) {
            return in;
        }

        @Override
        public Op inverse() {
            return this;
        }
    }

    /** One array to equal parts of an axis. */
    record Split(int axis, int parts) implements Op {
        @Override
        public List<TensorSpec> specs(List<TensorSpec> in) {
            long[] shape = in.get(0).shape();
            if (axis >= shape.length || shape[axis] % parts != 0) {
                throw new InvalidDataException("shape " + Arrays.toString(shape) + " cannot be split into " + parts
                        + " equal parts along axis " + axis);
            }
            shape[axis] /= parts;
            TensorSpec part = TensorSpec.of(in.get(0).dtype(), shape);
            return Collections.nCopies(parts, part);
        }

        @Override
        public List<HostArray> apply(List<HostArray> in) {
            long length = in.get(0).shape()[axis] / parts;
            List<HostArray> out = new ArrayList<>();
            for (int i = 0; i < parts; i++) {
                out.add(Strides.slice(in.get(0), axis, i * length, length));
            }
            return out;
        }

        @Override
        public Op inverse() {
            return new Join(axis, parts);
        }
    }

    /** Equal arrays one after the other along an axis. */
    record Join(int axis, int parts) implements Op {
        @Override
        public List<TensorSpec> specs(List<TensorSpec> in) {
            TensorSpec first = in.get(0);
            long[] shape = first.shape();
            if (axis >= shape.length || in.stream().anyMatch(s -> !s.equals(first))) {
                throw new InvalidDataException(
                        "arrays to join along axis " + axis + " must have one type and shape, got " + in);
            }
            try {
                shape[axis] = Math.multiplyExact(shape[axis], (long) parts);
                return List.of(TensorSpec.of(first.dtype(), shape));
            } catch (ArithmeticException | IllegalArgumentException e) {
                throw new InvalidDataException("arrays to join are absurdly large: " + in, e);
            }
        }

        @Override
        public List<HostArray> apply(List<HostArray> in) {
            return List.of(Strides.concat(in.toArray(HostArray[]::new), axis));
        }

        @Override
        public Op inverse() {
            return new Split(axis, parts);
        }
    }

    /** Arrays and a divisor of one element to their quotients; a divisor of 0 gives 0, as Caffe has it. */
    record Quotient() implements Op {
        @Override
        public List<TensorSpec> specs(List<TensorSpec> in) {
            TensorSpec divisor = in.get(in.size() - 1);
            in.forEach(Quotient::requireFloat);
            if (divisor.elements() != 1) {
                throw new InvalidDataException("a divisor must be one number, got " + divisor);
            }
            return in.subList(0, in.size() - 1);
        }

        static void requireFloat(TensorSpec spec) {
            if (spec.dtype() != DType.F32 && spec.dtype() != DType.F64) {
                throw new InvalidDataException("only F32 and F64 can be divided, got " + spec);
            }
        }

        @Override
        public List<HostArray> apply(List<HostArray> in) {
            double divisor = in.get(in.size() - 1).getDouble(0);
            return in.subList(0, in.size() - 1).stream()
                    .map(array -> divide(array, divisor))
                    .toList();
        }

        private static HostArray divide(HostArray array, double divisor) {
            if (divisor == 1) {
                return array;
            }
            double[] values = array.toDoubles();
            for (int i = 0; i < values.length; i++) {
                values[i] = divisor == 0 ? 0 : values[i] / divisor;
            }
            if (array.dtype() == DType.F64) {
                return HostArray.ofDoubles(values, array.shape());
            }
            float[] floats = new float[values.length];
            for (int i = 0; i < values.length; i++) {
                floats[i] = (float) values[i];
            }
            return HostArray.ofFloats(floats, array.shape());
        }

        @Override
        public Op inverse() {
            return new Undivided();
        }
    }

    /** Arrays to themselves and a divisor of 1. */
    record Undivided() implements Op {
        @Override
        public List<TensorSpec> specs(List<TensorSpec> in) {
            in.forEach(Quotient::requireFloat);
            List<TensorSpec> out = new ArrayList<>(in);
            out.add(TensorSpec.of(in.get(0).dtype(), 1));
            return out;
        }

        @Override
        public List<HostArray> apply(List<HostArray> in) {
            List<HostArray> out = new ArrayList<>(in);
            out.add(
                    in.get(0).dtype() == DType.F32
                            ? HostArray.ofFloats(new float[] {1}, 1)
                            : HostArray.ofDoubles(new double[] {1}, 1));
            return out;
        }

        @Override
        public Op inverse() {
            return new Quotient();
        }
    }
}
