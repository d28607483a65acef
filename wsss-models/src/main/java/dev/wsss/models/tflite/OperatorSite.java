package dev.wsss.models.tflite;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.TfliteModel;
import dev.wsss.core.io.TfliteOperator;
import dev.wsss.core.io.TfliteOptions;
import dev.wsss.core.io.TfliteTensor;
import dev.wsss.core.runtime.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * An operator in its model: what it works on and gives. Whatever is asked of it and is not as it should be is refused, with
 * the operator's name.
 */
final class OperatorSite {
    /** As much as one array of Java holds, and far more than a network needs. */
    private static final long MOST_ELEMENTS = Integer.MAX_VALUE / Float.BYTES;

    private final TfliteModel model;
    private final String file;
    private final TfliteOperator operator;
    private final Set<Integer> given;
    private final List<Tensor> owned;
    private final List<Integer> asked = new ArrayList<>();

    /**
     * A site.
     *
     * @param given tensors that are there when the operator runs
     * @param owned takes the constants that the operator keeps
     */
    OperatorSite(TfliteModel model, String file, TfliteOperator operator, Set<Integer> given, List<Tensor> owned) {
        this.model = model;
        this.file = file;
        this.operator = operator;
        this.given = given;
        this.owned = owned;
        if (operator.outputs().size() != 1) {
            throw bad("has " + operator.outputs().size() + " outputs, expected one");
        }
    }

    TfliteOperator operator() {
        return operator;
    }

    /** The inputs that were asked for as {@link #data} or {@link #floats}. */
    List<Integer> asked() {
        return asked;
    }

    int output() {
        return operator.outputs().get(0);
    }

    /** The settings. */
    <O extends TfliteOptions> O options(Class<O> type) {
        if (!type.isInstance(operator.options())) {
            throw bad("has settings " + operator.options() + ", expected " + type.getSimpleName());
        }
        return type.cast(operator.options());
    }

    int inputs() {
        return operator.inputs().size();
    }

    /** Whether there is an {@code i}-th input. */
    boolean has(int i) {
        return i < operator.inputs().size() && operator.inputs().get(i) >= 0;
    }

    /** The {@code i}-th input, of 8-bit integers, which the kernel gets. */
    EightBit data(int i) {
        return eightBit(flowing(i));
    }

    /** The shape of the {@code i}-th input, of float32, which the kernel gets. */
    long[] floats(int i) {
        TfliteTensor tensor = flowing(i);
        if (tensor.dtype() != DType.F32) {
            throw bad("works on " + tensor + ", expected float32");
        }
        return sized(tensor);
    }

    private TfliteTensor flowing(int i) {
        TfliteTensor tensor = input(i);
        if (!given.contains(tensor.index())) {
            throw bad("works on tensor " + tensor.index() + ", which is neither an input nor the output of an operator"
                    + " before it");
        }
        asked.add(tensor.index());
        return tensor;
    }

    /** The {@code i}-th input. */
    TfliteTensor input(int i) {
        if (!has(i)) {
            throw bad("has inputs " + operator.inputs() + ", expected " + (i + 1) + " at least");
        }
        return model.tensor(operator.inputs().get(i));
    }

    /** The elements of the {@code i}-th input, which must be a constant. */
    HostArray constant(int i) {
        return model.constant(input(i).index());
    }

    /** The {@code i}-th input, which must be a constant of whole numbers. */
    long[] numbers(int i) {
        DType dtype = input(i).dtype();
        if (dtype != DType.I32 && dtype != DType.I64) {
            throw bad("has " + input(i) + " as input " + i + ", expected constant whole numbers");
        }
        return constant(i).toLongs();
    }

    /** The output, of 8-bit integers. */
    EightBit result() {
        return eightBit(model.tensor(output()));
    }

    /** The output, of any type. */
    TfliteTensor resultTensor() {
        return model.tensor(output());
    }

    /** Refuses an output of another shape than is computed. */
    void requireResult(long... shape) {
        TfliteTensor tensor = model.tensor(output());
        if (!Arrays.equals(sized(tensor), shape)) {
            throw bad("gives " + tensor + ", expected " + Arrays.toString(shape));
        }
    }

    /** Refuses integers that stand for other numbers. */
    void requireSameNumbers(EightBit a, EightBit b) {
        if (!a.sameNumbers(b)) {
            throw bad("takes " + a + " and gives or joins " + b + ", expected one scale, zero point and type");
        }
    }

    /** Refuses another number of dimensions than batch, height, width and channels. */
    long[] requireImage(EightBit tensor) {
        if (tensor.shape().length != 4) {
            throw bad("works on " + tensor + ", expected four dimensions");
        }
        return tensor.shape();
    }

    /** Refuses windows that reach so far beyond an image that it does not fit with what is around it. */
    void requirePadded(EightBit image, Span rows, Span columns) {
        long[] shape = image.shape();
        double elements = (double) (shape[1] + rows.before() + rows.after())
                * (shape[2] + columns.before() + columns.after())
                * shape[0]
                * shape[3];
        if (elements > MOST_ELEMENTS) {
            throw bad("has windows that reach " + rows + " and " + columns + " beyond " + image + ", expected "
                    + MOST_ELEMENTS + " elements at most");
        }
    }

    private EightBit eightBit(TfliteTensor tensor) {
        TfliteTensor.Quantization quantization = tensor.quantization();
        if (!EightBit.is(tensor) || quantization == null || quantization.perChannel() || quantization.scale() == 0) {
            throw bad("works on " + tensor + " of " + quantization + ", expected 8-bit integers of one scale");
        }
        boolean signed = tensor.dtype() == DType.I8;
        return new EightBit(sized(tensor), signed, quantization.scale(), (int) quantization.zeroPoint());
    }

    private long[] sized(TfliteTensor tensor) {
        double elements = 1;
        for (long side : tensor.shape()) {
            elements *= side < 1 ? Double.NaN : side;
        }
        if (!(elements <= MOST_ELEMENTS)) {
            throw bad(
                    "works on " + tensor + ", expected sizes of 1 or more, and " + MOST_ELEMENTS + " elements at most");
        }
        return tensor.shape();
    }

    /** Keeps a tensor for as long as there is the interpreter. */
    Tensor own(Tensor tensor) {
        owned.add(Scope.own(tensor));
        return tensor;
    }

    InvalidDataException bad(String what) {
        return new InvalidDataException(file + ": operator " + operator.index() + " " + operator.name() + " " + what);
    }
}
