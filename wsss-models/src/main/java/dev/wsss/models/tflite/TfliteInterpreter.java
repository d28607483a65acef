package dev.wsss.models.tflite;

import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Segmenter;
import dev.wsss.api.Sha256;
import dev.wsss.core.image.Resize;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.TfliteModel;
import dev.wsss.core.io.TfliteOperator;
import dev.wsss.core.io.TfliteTensor;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Runs a TFLite file of 8-bit integers as TensorFlow's own interpreter does, with its roundings: the integers that come out
 * are the same. {@link TfliteNetworks} gives the float network that such a file approximates instead, which can be trained,
 * looked into and run at any size.
 *
 * <pre>{@code
 * try (TfliteInterpreter model = TfliteInterpreter.of(Path.of("deeplabv3_mnv2_pascal_quant.tflite"))) {
 *     LabelMap labels = model.segmenter().segment(photograph);        // of the photograph's size
 * }
 * try (TfliteInterpreter model = TfliteInterpreter.of(Path.of("mobilenet_v2_1.0_224_quant.tflite"))) {
 *     float[] scores = model.run(photograph).toFloats();              // [1001]
 * }
 * }</pre>
 *
 * <p><b>Arithmetic.</b> Where the interpreter delegates to XNNPACK, as it does by default on a CPU, XNNPACK's: convolutions,
 * matrix products, additions, means over the image, resizing, requantization. TFLite's kernels else: pooling by windows,
 * softmax, the index of the largest. Exponentials of the softmax are correctly rounded, of which a C library's may be off by
 * a unit in the last place. The sums are computed with libtorch's floats, where they are exact.
 *
 * <p><b>Models.</b> {@code int8} and {@code uint8}, with one scale or, for weights of {@code int8}, one for each channel;
 * fixed sizes. {@link #operators} names what can be run. Floats may go in and come out by QUANTIZE and DEQUANTIZE.
 *
 * <p>Any number of threads may use one interpreter. It computes on the CPU.
 */
public final class TfliteInterpreter implements AutoCloseable {
    private static final Map<String, Function<OperatorSite, IntegerKernel>> KERNELS = new TreeMap<>(Map.ofEntries(
            Map.entry("ADD", IntegerArithmetic::add),
            Map.entry("ARG_MAX", IntegerShapes::argMax),
            Map.entry("AVERAGE_POOL_2D", IntegerPooling::average),
            Map.entry("CONCATENATION", IntegerShapes::concatenation),
            Map.entry("CONV_2D", IntegerConvolution::dense),
            Map.entry("DEPTHWISE_CONV_2D", IntegerConvolution::depthwise),
            Map.entry("DEQUANTIZE", IntegerArithmetic::dequantize),
            Map.entry("FULLY_CONNECTED", IntegerConvolution::connected),
            Map.entry("MAX_POOL_2D", IntegerPooling::max),
            Map.entry("MEAN", IntegerPooling::mean),
            Map.entry("PAD", IntegerShapes::pad),
            Map.entry("QUANTIZE", IntegerArithmetic::quantize),
            Map.entry("RESHAPE", IntegerShapes::reshape),
            Map.entry("RESIZE_BILINEAR", IntegerResize::bilinear),
            Map.entry("SOFTMAX", IntegerSoftmax::of),
            Map.entry("SQUEEZE", IntegerShapes::reshape),
            Map.entry("TILE", IntegerShapes::tile)));

    private final String file;
    private final String hash;
    private final List<TfliteTensor> inputs;
    private final List<TfliteTensor> outputs;
    private final List<Step> steps = new ArrayList<>();
    /** Weights and what else operators keep. */
    private final List<Tensor> constants = new ArrayList<>();

    private volatile boolean closed;

    /**
     * An operator at its turn.
     *
     * @param last tensors that nobody needs after it
     */
    private record Step(IntegerKernel kernel, List<Integer> inputs, int output, List<Integer> last) {}

    private TfliteInterpreter(TfliteModel model, String file, String hash) {
        this.file = file;
        this.hash = hash;
        inputs = model.inputs().stream().map(model::tensor).toList();
        outputs = model.outputs().stream().map(model::tensor).toList();
    }

    /**
     * Reads a model.
     *
     * @throws InvalidDataException naming the file and the first operator that cannot be run, and why
     */
    public static TfliteInterpreter of(Path file) {
        try (TfliteModel model = TfliteModel.open(file);
                Scope scope = Scope.open()) {
            TfliteInterpreter made = new TfliteInterpreter(model, file.toString(), Sha256.of(file));
            try {
                made.plan(model);
            } catch (RuntimeException e) {
                made.close();
                throw e;
            }
            return made;
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": " + e.getMessage(), e);
        }
    }

    /** The operators that can be run, by the names of TFLite's schema, ascending. */
    public static List<String> operators() {
        return List.copyOf(KERNELS.keySet());
    }

    private void plan(TfliteModel model) {
        if (inputs.isEmpty() || outputs.isEmpty()) {
            throw new InvalidDataException(file + ": the model takes " + inputs + " and gives " + outputs
                    + ", expected one tensor of each at least");
        }
        inputs.forEach(this::requireOneScale);
        outputs.forEach(this::requireOneScale);
        Set<Integer> given = new HashSet<>(model.inputs());
        List<OperatorSite> sites = new ArrayList<>();
        List<IntegerKernel> kernels = new ArrayList<>();
        for (TfliteOperator operator : model.operators()) {
            OperatorSite site = new OperatorSite(model, file, operator, given, constants);
            Function<OperatorSite, IntegerKernel> factory = KERNELS.get(operator.name());
            if (factory == null) {
                throw site.bad("cannot be run in integers, expected one of " + operators());
            }
            kernels.add(factory.apply(site));
            sites.add(site);
            if (!given.add(site.output())) {
                throw site.bad("gives tensor " + site.output() + ", which is given already");
            }
        }
        for (TfliteTensor output : outputs) {
            if (!given.contains(output.index())) {
                throw new InvalidDataException(file + ": no operator gives " + output + ", an output of the model");
            }
        }
        Map<Integer, Integer> lastUse = new HashMap<>();
        for (int i = 0; i < sites.size(); i++) {
            for (int tensor : sites.get(i).asked()) {
                lastUse.put(tensor, i);
            }
        }
        outputs.forEach(output -> lastUse.remove(output.index()));
        for (int i = 0; i < sites.size(); i++) {
            int step = i;
            List<Integer> last = lastUse.keySet().stream()
                    .filter(tensor -> Objects.equals(lastUse.get(tensor), step))
                    .toList();
            steps.add(new Step(
                    kernels.get(i),
                    List.copyOf(sites.get(i).asked()),
                    sites.get(i).output(),
                    last));
        }
    }

    private void requireOneScale(TfliteTensor tensor) {
        TfliteTensor.Quantization quantization = tensor.quantization();
        if (EightBit.is(tensor) && (quantization == null || quantization.perChannel())) {
            throw new InvalidDataException(
                    file + ": the model takes or gives " + tensor + " of " + quantization + ", expected one scale");
        }
    }

    /** What the model takes. */
    public List<TfliteTensor> inputs() {
        return inputs;
    }

    /** What the model gives. */
    public List<TfliteTensor> outputs() {
        return outputs;
    }

    /**
     * Runs the model.
     *
     * @param arrays of the types and shapes of {@link #inputs}
     * @return one for each of {@link #outputs}
     * @throws IllegalArgumentException if an array is of another type or shape
     * @throws IllegalStateException if this is closed
     */
    public List<TfliteOutput> run(List<HostArray> arrays) {
        if (closed) {
            throw new IllegalStateException(file + ": the interpreter is closed");
        }
        if (arrays.size() != inputs.size()) {
            throw new IllegalArgumentException(
                    file + ": got " + arrays.size() + " arrays, expected one for each of " + inputs);
        }
        return Torch.call(() -> {
            try (Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad();
                    Torch.Mode full = Torch.withoutAutocast(ComputeDevice.CPU)) {
                Map<Integer, Tensor> values = new HashMap<>();
                for (int i = 0; i < arrays.size(); i++) {
                    values.put(inputs.get(i).index(), input(inputs.get(i), arrays.get(i)));
                }
                steps.forEach(step -> run(step, values));
                return outputs.stream()
                        .map(output -> output(output, Objects.requireNonNull(values.get(output.index()))))
                        .toList();
            }
        });
    }

    private static void run(Step step, Map<Integer, Tensor> values) {
        try (Scope scope = Scope.open()) {
            Tensor[] arguments = step.inputs.stream().map(values::get).toArray(Tensor[]::new);
            values.put(step.output, scope.keep(step.kernel.apply(arguments)));
        }
        for (int tensor : step.last) {
            Objects.requireNonNull(values.remove(tensor)).close();
        }
    }

    private Tensor input(TfliteTensor expected, HostArray array) {
        if (array.dtype() != expected.dtype() || !Arrays.equals(array.shape(), expected.shape())) {
            throw new IllegalArgumentException(file + ": got " + array + ", expected " + expected);
        }
        Tensor values = Tensors.of(array);
        return EightBit.is(expected) ? values.to(torch.ScalarType.Float).sub_(zeroPoint(expected)) : values;
    }

    private static TfliteOutput output(TfliteTensor tensor, Tensor values) {
        if (!EightBit.is(tensor)) {
            return new TfliteOutput(tensor, Tensors.toHost(values));
        }
        DType dtype = Objects.requireNonNull(tensor.dtype());
        Tensor integers = values.add(zeroPoint(tensor)).to(Tensors.scalarType(dtype));
        return new TfliteOutput(tensor, Tensors.toHost(integers));
    }

    private static Scalar zeroPoint(TfliteTensor tensor) {
        return new Scalar((double) Objects.requireNonNull(tensor.quantization()).zeroPoint());
    }

    /**
     * Runs a model of one image of bytes on a photograph, which is squashed to the model's size by Pillow's bilinear filter.
     *
     * @return the first output
     * @throws IllegalStateException if the model takes something else, or this is closed
     */
    public TfliteOutput run(RgbImage photograph) {
        long[] shape = requireImage().shape();
        RgbImage image = Resize.PIL_BILINEAR.apply(photograph, (int) shape[1], (int) shape[2]);
        return run(List.of(HostArray.ofBytes(image.data(), shape))).get(0);
    }

    private TfliteTensor requireImage() {
        TfliteTensor input = inputs.get(0);
        if (inputs.size() != 1
                || input.dtype() != DType.U8
                || input.shape().length != 4
                || input.shape()[0] != 1
                || input.shape()[3] != 3) {
            throw new IllegalStateException(
                    file + ": the model takes " + inputs + ", expected one image uint8[1, height, width, 3]");
        }
        return input;
    }

    /**
     * The model as a segmenter, by its first output: labels {@code [1][h][w]}, or scores {@code [1][h][w][labels]} of which the
     * largest counts. Photographs are squashed to the model's size, and labels brought back to the photograph's by their
     * nearest neighbours. It works for as long as this is open.
     *
     * @throws IllegalStateException if the model takes no image or gives something else
     */
    public Segmenter segmenter() {
        requireImage();
        return new IntegerSegmenter(
                this, Description.of("TfliteInterpreter").put("sha256", hash).build());
    }

    @Override
    public String toString() {
        return file + " (" + steps.size() + " operators in integers)";
    }

    /** Frees the weights. Idempotent. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            constants.forEach(Tensor::close);
        }
    }
}
