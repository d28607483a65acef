package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A network in TensorFlow Lite's file format ({@code .tflite}): its tensors, its operators in order, and the elements of
 * its constants, as they are stored or as floats. It is read, not run.
 *
 * <pre>{@code
 * try (TfliteModel model = TfliteModel.open(Path.of("mobilenet_v2_1.0_224_quant.tflite"))) {
 *     for (TfliteOperator operator : model.operators()) {
 *         if (operator.options() instanceof TfliteOptions.Conv2d conv) {
 *             TfliteTensor weights = model.tensor(operator.inputs().get(1));
 *             System.out.println(weights + " stride " + conv.strideH());
 *             HostArray floats = model.floats(weights.index());       // [out, height, width, in]
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p><b>Quantisation.</b> An integer {@code q} of a tensor with a scale stands for {@code scale * (q - zeroPoint)}, with one
 * scale for all elements or one for each index of a dimension (Jacob et al., arXiv 1712.05877). {@link #floats} gives these
 * numbers, and {@link #constant} what is stored.
 *
 * <p>An operator that this reader does not know is named, and hinders nothing. Of a model of several subgraphs, the first is
 * read, which is the model itself; the others are bodies of its loops and branches, or other entries to it.
 *
 * <p>Arrays are read when they are asked for and end with {@link #close}, as those of a {@link Checkpoint} do. Thread-safe.
 */
public final class TfliteModel implements AutoCloseable {
    private final ByteSource source;
    private final TfliteReader.Content content;
    private final List<TfliteTensor> tensors;
    private volatile boolean closed;

    private TfliteModel(ByteSource source, TfliteReader.Content content) {
        this.source = source;
        this.content = content;
        this.tensors =
                content.tensors().stream().map(TfliteReader.Place::tensor).toList();
    }

    /**
     * Opens a file, and reads and checks everything in it but the elements.
     *
     * @throws InvalidDataException if there is no such file, or it is no TFLite file of version 3, damaged or hostile
     * @throws java.io.UncheckedIOException if reading fails
     */
    public static TfliteModel open(Path path) {
        return open(ByteSource.open(path));
    }

    /** Takes over the source, and closes it if it is refused. */
    static TfliteModel open(ByteSource source) {
        try {
            if (!is(source)) {
                throw new InvalidDataException(source.name() + ": not a TFLite file, which has TFL3 at byte 4");
            }
            return new TfliteModel(source, TfliteReader.read(source));
        } catch (RuntimeException e) {
            source.close();
            throw e;
        }
    }

    static boolean is(ByteSource source) {
        if (source.size() < 8) {
            return false;
        }
        byte[] start = source.read(0, 8);
        return (start[4] | start[5] << 8 | start[6] << 16 | start[7] << 24) == TfliteReader.IDENTIFIER;
    }

    /** The constants as a checkpoint's tensors. */
    static CheckpointContent checkpoint(ByteSource source) {
        TfliteModel model = open(source);
        Map<String, StoredTensor> constants = new LinkedHashMap<>();
        for (TfliteReader.Place place : model.content.tensors()) {
            TfliteTensor tensor = place.tensor();
            if (tensor.constant()) {
                StoredTensor stored = place.hindrance() == null
                        ? new Constant(model, place)
                        : new UnreadableTensor(place.hindrance(), tensor.shape());
                String name = tensor.name();
                boolean taken = name.isEmpty() || constants.containsKey(name);
                if (constants.put(taken ? name + "#" + tensor.index() : name, stored) != null) {
                    throw model.bad("two constants are named " + Inputs.quote(name + "#" + tensor.index()));
                }
            }
        }
        if (constants.isEmpty()) {
            throw model.bad("a TFLite model without constants, expected a trained one");
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("description", model.description());
        metadata.put("operators", model.operatorCounts().toString());
        return new CheckpointContent(Checkpoint.Format.TFLITE, "", constants, metadata, List.of(source));
    }

    /** A constant as a tensor of a checkpoint: as floats where it has scales. */
    private record Constant(TfliteModel model, TfliteReader.Place place) implements StoredTensor {
        @Override
        public DType dtype() {
            DType dtype = place.tensor().dtype();
            return dtype == null || place.tensor().quantization() != null ? DType.F32 : dtype;
        }

        @Override
        public long[] shape() {
            return place.tensor().shape();
        }

        @Override
        public HostArray read() {
            int index = place.tensor().index();
            return place.tensor().quantization() == null ? model.constant(index) : model.floats(index);
        }
    }

    /** What the program that wrote the file says of it; empty if nothing. */
    public String description() {
        return content.description();
    }

    /** How many subgraphs there are, of which the first is read. */
    public int subgraphs() {
        return content.subgraphs();
    }

    /** All tensors, each at its {@link TfliteTensor#index}. */
    public List<TfliteTensor> tensors() {
        return tensors;
    }

    /**
     * The tensor of an index.
     *
     * @throws IllegalArgumentException if there is none
     */
    public TfliteTensor tensor(int index) {
        return place(index).tensor();
    }

    /**
     * The first tensor of a name.
     *
     * @throws InvalidDataException if there is none
     */
    public TfliteTensor tensor(String name) {
        return tensors.stream()
                .filter(tensor -> tensor.name().equals(name))
                .findFirst()
                .orElseThrow(() -> bad(
                        "there is no tensor " + Inputs.quote(name) + " among the " + tensors.size() + " of the file"));
    }

    /** The operators, in the order in which they run. */
    public List<TfliteOperator> operators() {
        return content.operators();
    }

    /** How many operators of each name there are, by name. */
    public Map<String, Integer> operatorCounts() {
        Map<String, Integer> counts = new TreeMap<>();
        operators().forEach(operator -> counts.merge(operator.name(), 1, Integer::sum));
        return counts;
    }

    /** Numbers of the tensors that the model takes. */
    public List<Integer> inputs() {
        return content.inputs();
    }

    /** Numbers of the tensors that the model gives. */
    public List<Integer> outputs() {
        return content.outputs();
    }

    /**
     * The elements of a constant as they are stored; to be used while this is open.
     *
     * @throws IllegalArgumentException if there is no tensor of this index
     * @throws InvalidDataException if it is no constant, of a type that cannot be read, or has 2 GiB or more
     * @throws IllegalStateException if this is closed
     */
    public HostArray constant(int index) {
        TfliteReader.Place place = place(index);
        TfliteTensor tensor = place.tensor();
        if (closed) {
            throw new IllegalStateException(source.name() + ": the model is closed");
        }
        if (place.start() < 0) {
            throw bad(tensor + " is no constant: the file has no elements of it");
        }
        DType dtype = tensor.dtype();
        if (place.hindrance() != null || dtype == null) {
            throw new UnreadableTensor(String.valueOf(place.hindrance()), tensor.shape())
                    .refusal(source.name() + ": tensor " + Inputs.quote(tensor.name()) + ": ");
        }
        if (!Inputs.representable(dtype, tensor.shape())) {
            throw bad(tensor + " has " + place.bytes() + " bytes, expected less than 2 GiB");
        }
        return HostArray.of(dtype, tensor.shape(), source.range(place.start(), (int) place.bytes()));
    }

    /**
     * The elements of a constant as float32 numbers; to be used while this is open. Integers are multiplied out by their
     * scales, other floats converted.
     *
     * @throws IllegalArgumentException if there is no tensor of this index
     * @throws InvalidDataException as {@link #constant}; also if it is of integers and has no scale
     * @throws IllegalStateException if this is closed
     */
    public HostArray floats(int index) {
        HostArray stored = constant(index);
        TfliteTensor tensor = tensor(index);
        TfliteTensor.@Nullable Quantization quantization = tensor.quantization();
        if (stored.dtype() == DType.F32) {
            return stored;
        }
        if (4L * stored.size() > Inputs.MAX_ARRAY_BYTES) {
            throw bad(tensor + " has " + 4L * stored.size() + " bytes as floats, expected less than 2 GiB");
        }
        if (stored.dtype().isFloating()) {
            return HostArray.ofFloats(stored.toFloats(), tensor.shape());
        }
        if (quantization == null || stored.dtype() == DType.BOOL) {
            throw bad(tensor + " has no scale, expected one to make floats of its integers");
        }
        int inner = 1;
        for (int d = quantization.dimension() + 1; d < tensor.shape().length; d++) {
            inner *= (int) tensor.shape()[d];
        }
        TfliteReader.Place place = place(index);
        ArrayBytes integers = source.range(place.start(), (int) place.bytes());
        return HostArray.of(
                DType.F32, tensor.shape(), new Dequantized(integers, stored.dtype(), quantization, Math.max(1, inner)));
    }

    private TfliteReader.Place place(int index) {
        if (index < 0 || index >= tensors.size()) {
            throw new IllegalArgumentException(
                    source.name() + ": there is no tensor " + index + ", expected 0 to " + (tensors.size() - 1));
        }
        return content.tensors().get(index);
    }

    private InvalidDataException bad(String what) {
        return new InvalidDataException(source.name() + ": " + what);
    }

    @Override
    public void close() {
        closed = true;
        source.close();
    }

    @Override
    public String toString() {
        return source.name() + " (TFLite, " + tensors.size() + " tensors, "
                + operators().size() + " operators)";
    }
}
