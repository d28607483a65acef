package dev.wsss.models.tflite;

import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.TfliteOptions;
import dev.wsss.core.io.TfliteOptions.Activation;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** What moves integers and computes none. */
final class IntegerShapes {
    private IntegerShapes() {}

    /** RESHAPE and SQUEEZE, to the shape that the file gives the output. */
    static IntegerKernel reshape(OperatorSite site) {
        EightBit in = site.data(0);
        EightBit out = site.result();
        site.requireSameNumbers(in, out);
        if (HostArray.elements(in.shape()) != HostArray.elements(out.shape())) {
            throw site.bad("takes " + in + " to " + out + ", expected as many elements");
        }
        site.requireResult(out.shape());
        return x -> x[0].reshape(out.shape());
    }

    /** CONCATENATION. */
    static IntegerKernel concatenation(OperatorSite site) {
        TfliteOptions.Concatenation o = site.options(TfliteOptions.Concatenation.class);
        EightBit out = site.result();
        EightBit first = site.data(0);
        int rank = first.shape().length;
        int axis = o.axis() < 0 ? o.axis() + rank : o.axis();
        if (axis < 0 || axis >= rank || o.activation() != Activation.NONE) {
            throw site.bad("has " + o + " for " + first + ", expected one of its dimensions and no activation");
        }
        long[] shape = first.shape().clone();
        for (int i = 0; i < site.inputs(); i++) {
            EightBit part = i == 0 ? first : site.data(i);
            site.requireSameNumbers(part, out);
            long[] others = part.shape().clone();
            if (others.length != rank) {
                throw site.bad("joins " + first + " and " + part + ", expected as many dimensions");
            }
            shape[axis] += i == 0 ? 0 : others[axis];
            others[axis] = shape[axis];
            if (!Arrays.equals(others, shape)) {
                throw site.bad("joins " + first + " and " + part + ", expected equal sizes but along " + axis);
            }
        }
        site.requireResult(shape);
        return x -> torch.cat(new TensorVector(x), axis);
    }

    /** TILE. */
    static IntegerKernel tile(OperatorSite site) {
        EightBit in = site.data(0);
        site.requireSameNumbers(in, site.result());
        long[] times = site.numbers(1);
        long[] shape = in.shape().clone();
        for (int d = 0; d < shape.length; d++) {
            shape[d] *= d < times.length ? times[d] : 0;
        }
        if (times.length != shape.length) {
            throw site.bad(
                    "repeats " + in + " " + Arrays.toString(times) + " times, expected a number for each dimension");
        }
        site.requireResult(shape);
        return x -> x[0].repeat(times);
    }

    /** PAD, with the zero point. */
    static IntegerKernel pad(OperatorSite site) {
        EightBit in = site.data(0);
        site.requireSameNumbers(in, site.result());
        long[] sides = site.numbers(1);
        int rank = in.shape().length;
        if (sides.length != 2 * rank || Arrays.stream(sides).anyMatch(s -> s < 0)) {
            throw site.bad(
                    "pads " + in + " by " + Arrays.toString(sides) + ", expected two numbers for each dimension");
        }
        long[] shape = in.shape().clone();
        long[] lastFirst = new long[2 * rank];
        for (int d = 0; d < rank; d++) {
            shape[d] += sides[2 * d] + sides[2 * d + 1];
            lastFirst[2 * (rank - 1 - d)] = sides[2 * d];
            lastFirst[2 * (rank - 1 - d) + 1] = sides[2 * d + 1];
        }
        site.requireResult(shape);
        return x -> torch.constant_pad_nd(x[0], lastFirst, new Scalar(0.0));
    }

    /** ARG_MAX along the last dimension; the first of equal ones. */
    static IntegerKernel argMax(OperatorSite site) {
        EightBit in = site.data(0);
        long[] shape = in.shape();
        int last = shape.length - 1;
        long[] axis = site.numbers(1);
        DType dtype = site.resultTensor().dtype();
        if (axis.length != 1 || (axis[0] != last && axis[0] != -1) || (dtype != DType.I64 && dtype != DType.I32)) {
            throw site.bad("takes " + in + " along " + Arrays.toString(axis) + " to " + site.resultTensor()
                    + ", expected the last dimension and whole numbers");
        }
        site.requireResult(Arrays.copyOf(shape, last));
        return x -> {
            Tensor indices = x[0].argmax(new LongOptional(last), false);
            return indices.to(Tensors.scalarType(dtype));
        };
    }
}
