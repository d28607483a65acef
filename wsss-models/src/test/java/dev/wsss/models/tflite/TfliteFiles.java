package dev.wsss.models.tflite;

import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.TestFlatBuffers;
import dev.wsss.core.io.TestFlatBuffers.Table;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.ConvNorm;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.deeplab.DeepLabV3;
import dev.wsss.models.mobilenet.InvertedResidual;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** Networks as TFLite files of floats; the numbers are those of TFLite's schema. Norms are to be the identity with a shift. */
public final class TfliteFiles {
    static final int ADD = 0;
    static final int POOL = 1;
    static final int CONCAT = 2;
    static final int CONV = 3;
    static final int DEPTHWISE = 4;
    static final int RESHAPE = 22;
    static final int RESIZE = 23;
    static final int SOFTMAX = 25;
    static final int ARG_MAX = 56;
    static final int LSTM = 16;
    private static final List<Integer> CODES =
            List.of(ADD, POOL, CONCAT, CONV, DEPTHWISE, RESHAPE, RESIZE, SOFTMAX, ARG_MAX, LSTM);

    private static final byte INT32 = 2;

    final List<Table> operators = new ArrayList<>();
    private final List<Table> tensors = new ArrayList<>();
    private final List<Table> buffers = new ArrayList<>(List.of(Table.of()));
    private int flow;
    private int side;

    private TfliteFiles(int side) {
        this.side = side;
        flow = tensor(3);
    }

    public static TfliteFiles of(Classifier network, int side) {
        TfliteFiles file = new TfliteFiles(side);
        file.trunk(network.backbone());
        file.pool(network.backbone().outChannels());
        Conv2d last = (Conv2d) network.module("classifier");
        file.conv(last, Objects.requireNonNull(last.bias()), 0);
        int classes = (int) last.weight().size(0);
        file.operator(RESHAPE, List.of(file.flow), 17, Table.of(), classes);
        file.operator(SOFTMAX, List.of(file.flow), 9, Table.of(0, 1f), classes);
        return file;
    }

    /** {@code conv_cat} gets the mean first, as these files have it. */
    public static TfliteFiles of(DeepLabV3 network, int side) {
        TfliteFiles file = new TfliteFiles(side);
        file.trunk(network.backbone());
        int map = file.flow;
        int cells = file.side;
        file.pool(network.backbone().outChannels());
        int mean = file.flow;
        List<ConvNorm> units = List.copyOf(network.modules(ConvNorm.class).values());
        List<ConvNorm> head = units.subList(units.size() - 3, units.size());
        file.flow = map;
        file.side = cells;
        file.unit(head.get(0));
        int point = file.flow;
        file.flow = mean;
        file.side = 1;
        file.unit(head.get(1));
        file.side = cells;
        int width = (int) head.get(0).conv().weight().size(0);
        file.operator(RESIZE, List.of(file.flow, file.ints(cells, cells)), 15, Table.of(2, (byte) 1), width);
        file.operator(CONCAT, List.of(file.flow, point), 10, Table.of(0, 3), 2 * width);
        file.unit(head.get(2), true);
        Conv2d last = (Conv2d) network.module("cls_conv");
        file.conv(last, Objects.requireNonNull(last.bias()), 0);
        file.side = side;
        file.operator(RESIZE, List.of(file.flow, file.ints(side, side)), 15, Table.of(2, (byte) 1), (int)
                last.weight().size(0));
        file.operator(ARG_MAX, List.of(file.flow, file.ints(3)), 40, Table.of(), 1);
        return file;
    }

    public byte[] bytes() {
        List<Table> codes =
                CODES.stream().map(c -> Table.of(0, c.byteValue(), 3, c)).toList();
        Table graph = Table.of(0, tensors, 1, new int[] {0}, 2, new int[] {flow}, 3, operators, 4, "main");
        return TestFlatBuffers.write(
                Table.of(0, 3, 1, codes, 2, List.of(graph), 3, "made for a test", 4, buffers), "TFL3");
    }

    /** The number of the {@code i}-th operator of a kind. */
    int find(int code, int i) {
        int left = i;
        for (int o = 0; o < operators.size(); o++) {
            if (Objects.equals(operators.get(o).fields().get(0), CODES.indexOf(code)) && left-- == 0) {
                return o;
            }
        }
        throw new AssertionError("no operator " + code);
    }

    void setCode(int operator, int code) {
        operators.set(operator, operators.get(operator).with(0, CODES.indexOf(code)));
    }

    void setOption(int operator, int field, Object value) {
        Table options =
                (Table) Objects.requireNonNull(operators.get(operator).fields().get(4));
        operators.set(operator, operators.get(operator).with(4, options.with(field, value)));
    }

    void setInput(int operator, int i, int tensor) {
        int[] inputs =
                ((int[]) Objects.requireNonNull(operators.get(operator).fields().get(1))).clone();
        inputs[i] = tensor;
        operators.set(operator, operators.get(operator).with(1, inputs));
    }

    /** Gives an operator's weights another shape, and as many bytes. */
    void setShape(int operator, int... shape) {
        int weights =
                ((int[]) Objects.requireNonNull(operators.get(operator).fields().get(1)))[1];
        int elements = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        Table tensor = tensors.get(weights).with(0, shape);
        buffers.set((Integer) Objects.requireNonNull(tensor.fields().get(2)), Table.of(0, new byte[4 * elements]));
        tensors.set(weights, tensor);
    }

    private void trunk(Network backbone) {
        Set<ConvNorm> done = new HashSet<>();
        for (Network part : backbone.modules().values()) {
            if (part instanceof InvertedResidual block) {
                int shortcut = flow;
                block.path().forEach(this::unit);
                done.addAll(block.path());
                if (block.residual()) {
                    ConvNorm last = block.path().get(block.path().size() - 1);
                    operator(ADD, List.of(flow, shortcut), 11, Table.of(), (int)
                            last.conv().weight().size(0));
                }
            } else if (part instanceof ConvNorm unit && !done.contains(unit)) {
                unit(unit);
            }
        }
    }

    private void unit(ConvNorm unit) {
        unit(unit, false);
    }

    private void unit(ConvNorm unit, boolean exchanged) {
        int activation =
                switch (unit.activation()) {
                    case NONE -> 0;
                    case RELU -> 1;
                    case RELU6 -> 3;
                };
        conv(unit.conv(), unit.norm().tensor("bias"), activation, exchanged);
    }

    private void conv(Conv2d conv, Tensor bias, int activation) {
        conv(conv, bias, activation, false);
    }

    private void conv(Conv2d conv, Tensor bias, int activation, boolean exchanged) {
        long[] s = Tensors.shape(conv.weight());
        float[] from = Tensors.toFloats(conv.weight());
        float[] to = new float[from.length];
        boolean depthwise = conv.groups() > 1;
        int ins = (int) s[1];
        int cells = (int) (s[2] * s[3]);
        for (int o = 0; o < s[0]; o++) {
            for (int i = 0; i < ins; i++) {
                for (int c = 0; c < cells; c++) {
                    int in = exchanged ? (i + ins / 2) % ins : i;
                    to[depthwise ? c * (int) s[0] + o : (o * cells + c) * ins + in] = from[(o * ins + i) * cells + c];
                }
            }
        }
        int weights = depthwise
                ? constant(to, 1, (int) s[2], (int) s[3], (int) s[0])
                : constant(to, (int) s[0], (int) s[2], (int) s[3], ins);
        List<Integer> inputs = List.of(flow, weights, constant(Tensors.toFloats(bias), (int) s[0]));
        side = (side + conv.stride() - 1) / conv.stride();
        int d = conv.dilation();
        int stride = conv.stride();
        if (depthwise) {
            Table options = Table.of(0, (byte) 0, 1, stride, 2, stride, 3, 1, 4, (byte) activation, 5, d, 6, d);
            operator(DEPTHWISE, inputs, 2, options, (int) s[0]);
        } else {
            Table options = Table.of(0, (byte) 0, 1, stride, 2, stride, 3, (byte) activation, 4, d, 5, d);
            operator(CONV, inputs, 1, options, (int) s[0]);
        }
    }

    private void pool(int channels) {
        Table options = Table.of(0, (byte) 1, 1, 1, 2, 1, 3, side, 4, side);
        side = 1;
        operator(POOL, List.of(flow), 5, options, channels);
    }

    private void operator(int code, List<Integer> inputs, int type, Table options, int channels) {
        flow = tensor(channels);
        int[] in = inputs.stream().mapToInt(Integer::intValue).toArray();
        operators.add(Table.of(0, CODES.indexOf(code), 1, in, 2, new int[] {flow}, 3, (byte) type, 4, options));
    }

    private int tensor(int channels) {
        tensors.add(Table.of(0, new int[] {1, side, side, channels}, 1, (byte) 0, 2, 0, 3, "t" + tensors.size()));
        return tensors.size() - 1;
    }

    private int constant(float[] values, int... shape) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return constant(bytes, (byte) 0, shape);
    }

    private int ints(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(values);
        return constant(bytes, INT32, values.length);
    }

    private int constant(ByteBuffer bytes, byte type, int... shape) {
        buffers.add(Table.of(0, bytes.array()));
        tensors.add(Table.of(0, shape, 1, type, 2, buffers.size() - 1, 3, "c" + tensors.size()));
        return tensors.size() - 1;
    }

    /** Makes every normalization the identity with a shift, as folding leaves it. */
    public static void fold(Network network) {
        for (ConvNorm unit : network.modules(ConvNorm.class).values()) {
            var norm = unit.norm();
            float[] shift = new float[(int) norm.weight().size(0)];
            for (int i = 0; i < shift.length; i++) {
                shift[i] = (float) Math.sin(i);
            }
            norm.load(Map.of(
                    "weight", filled(1, shift.length),
                    "bias", HostArray.ofFloats(shift, shift.length),
                    "running_mean", filled(0, shift.length),
                    "running_var", filled(1 - norm.eps(), shift.length),
                    "num_batches_tracked", HostArray.ofLongs(new long[1])));
        }
    }

    private static HostArray filled(double value, int n) {
        float[] values = new float[n];
        Arrays.fill(values, (float) value);
        return HostArray.ofFloats(values, n);
    }
}
