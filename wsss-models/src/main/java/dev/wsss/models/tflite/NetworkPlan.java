package dev.wsss.models.tflite;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.TfliteModel;
import dev.wsss.core.io.TfliteOperator;
import dev.wsss.core.io.TfliteOptions;
import dev.wsss.core.io.TfliteOptions.Activation;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.ConvNorm;
import dev.wsss.core.nn.Layer;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.deeplab.DeepLabV3;
import dev.wsss.models.mobilenet.MobileNetEdgeTpu;
import dev.wsss.models.mobilenet.MobileNetV2;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Which network a model's operators seem to be. What is guessed here from a few of them, {@link OperatorWalk} holds against
 * all of them.
 */
record NetworkPlan(
        TfliteModel model,
        String file,
        long fileBytes,
        Trunk trunk,
        int outputStride,
        List<Integer> ends,
        boolean deepLab,
        int classes,
        int width) {
    /** The trunks that there are. */
    private enum Trunk {
        V2(17, 320, 1_000_000),
        EDGE_TPU(22, 192, 1_500_000);

        private final int blocks;
        /** Channels of the last block at full width. */
        private final int last;
        /** Fewer weights than the trunk has at full width; they grow with the square of the width. */
        private final int weights;

        Trunk(int blocks, int last, int weights) {
            this.blocks = blocks;
            this.last = last;
            this.weights = weights;
        }
    }

    /** Channels that a classifier works on, at least. */
    private static final int FEWEST_LAST = 1280;

    private static final String CONV = "CONV_2D";
    private static final String POOL = "AVERAGE_POOL_2D";
    /** Of the trunk's last map. */
    private static final List<Integer> STRIDES = List.of(8, 16, 32);

    static NetworkPlan of(TfliteModel model, String file, long fileBytes) {
        List<TfliteOperator> operators = model.operators().stream()
                .filter(o -> !o.name().equals("QUANTIZE"))
                .toList();
        if (operators.size() < 2) {
            throw new InvalidDataException(
                    file + ": a model of " + operators.size() + " operators, expected a network");
        }
        TfliteOperator second = operators.get(1);
        Trunk trunk =
                switch (second.name()) {
                    case "DEPTHWISE_CONV_2D" -> Trunk.V2;
                    case CONV -> Trunk.EDGE_TPU;
                    default ->
                        throw new InvalidDataException(file + ": operator " + second.index() + " is " + second.name()
                                + ", expected DEPTHWISE_CONV_2D of MobileNet v2 or CONV_2D of MobileNet EdgeTPU");
                };
        List<Integer> ends = new ArrayList<>();
        List<Integer> widths = new ArrayList<>();
        int stride = 1;
        for (TfliteOperator operator : operators) {
            if (operator.options() instanceof TfliteOptions.Conv2d conv) {
                stride *= Math.min(conv.strideH(), STRIDES.get(2));
                int out = channels(model, file, operator);
                (conv.activation() == Activation.NONE ? ends : widths).add(out);
            } else if (operator.options() instanceof TfliteOptions.DepthwiseConv2d conv) {
                stride *= Math.min(conv.strideH(), STRIDES.get(2));
            }
            if (stride > STRIDES.get(2)) {
                throw new InvalidDataException(file + ": strides up to operator " + operator.index() + " make " + stride
                        + ", expected at most " + STRIDES.get(2));
            }
        }
        if (ends.size() != trunk.blocks + 1 || !STRIDES.contains(stride)) {
            throw new InvalidDataException(file + ": a model of " + ends.size() + " linear convolutions and an output"
                    + " stride of " + stride + ", expected " + trunk.blocks + " blocks of MobileNet "
                    + (trunk == Trunk.V2 ? "v2" : "EdgeTPU") + " and a classifier, and one of " + STRIDES);
        }
        if (widths.isEmpty()) {
            throw new InvalidDataException(file + ": a model of linear convolutions alone, expected a network");
        }
        boolean deepLab = operators.stream().anyMatch(o -> o.name().equals("CONCATENATION"));
        NetworkPlan plan = new NetworkPlan(
                model,
                file,
                fileBytes,
                trunk,
                stride,
                List.copyOf(ends.subList(0, trunk.blocks)),
                deepLab,
                ends.get(trunk.blocks),
                widths.get(widths.size() - 1));
        plan.requireAsManyWeights();
        return plan;
    }

    /** Before a network is made whose size a few numbers of the file tell: its weights have a byte each, at least. */
    private void requireAsManyWeights() {
        double head = deepLab ? 2.0 * width * width : (double) classes * FEWEST_LAST;
        double least = trunk.weights * factor() * factor() + head;
        if (least > fileBytes) {
            throw new InvalidDataException(String.format(
                    Locale.ROOT,
                    "%s: a file of %d bytes, expected at least %.0f weights of MobileNet of width %.2f and its head",
                    file,
                    fileBytes,
                    least,
                    factor()));
        }
    }

    private double factor() {
        return (double) ends.get(trunk.blocks - 1) / trunk.last;
    }

    private static int channels(TfliteModel model, String file, TfliteOperator operator) {
        int weights = operator.inputs().size() < 2 ? -1 : operator.inputs().get(1);
        long[] shape = weights < 0 ? new long[0] : model.tensor(weights).shape();
        if (shape.length != 4 || shape[0] < 1 || shape[0] > 1 << 16) {
            throw new InvalidDataException(file + ": operator " + operator.index() + " " + operator.name()
                    + " has weights of shape " + Arrays.toString(shape) + ", expected four dimensions of which the"
                    + " first are 1 to 65536 channels");
        }
        return (int) shape[0];
    }

    /** Makes the network, without weights. */
    Layer build() {
        Backbone backbone = backbone();
        if (!deepLab) {
            return new Classifier(backbone, classes, true);
        }
        return DeepLabV3.builder()
                .setBackbone(backbone)
                .setClasses(classes)
                .optAsppRates(0)
                .optWidth(width)
                .build();
    }

    private Backbone backbone() {
        if (trunk == Trunk.EDGE_TPU) {
            return MobileNetEdgeTpu.builder()
                    .optWidth(factor())
                    .optOutputStride(outputStride)
                    .optSamePadding(true)
                    .build();
        }
        int divisor = 8;
        for (int end : ends) {
            while (end % divisor != 0) {
                divisor /= 2;
            }
        }
        return MobileNetV2.builder()
                .optWidth(factor())
                .optDivisor(divisor)
                .optOutputStride(outputStride)
                .optSamePadding(true)
                .optLastConv(!deepLab)
                .build();
    }

    /**
     * The weights of a network that {@link #build} made.
     *
     * @throws InvalidDataException naming the first operator that is another than the network's
     */
    Map<String, HostArray> weights(Layer network) {
        OperatorWalk walk = new OperatorWalk(model, file, network);
        if (network instanceof DeepLabV3 segmenter) {
            walk.trunk(segmenter.backbone());
            deepLabHead(walk, segmenter);
        } else {
            walk.trunk(((Classifier) network).backbone());
            pool(walk);
            walk.linear((Conv2d) network.module("classifier"));
            walk.takeOneOf(List.of("RESHAPE", "SQUEEZE"), "of the logits");
            if (walk.isNext("SOFTMAX")) {
                walk.take("SOFTMAX", "of the logits");
            }
        }
        walk.requireEnd();
        return walk.state();
    }

    /** The mean over the whole map. */
    private void pool(OperatorWalk walk) {
        long[] map = walk.tensor(walk.flow()).shape();
        TfliteOperator operator = walk.takeOneOf(List.of(POOL, "MEAN"), "over the last map");
        boolean whole;
        if (operator.options() instanceof TfliteOptions.Pool2d p) {
            whole = map.length == 4 && p.height() == map[1] && p.width() == map[2] && p.activation() == Activation.NONE;
        } else {
            whole = operator.inputs().size() == 2
                    && operator.inputs().get(1) >= 0
                    && Arrays.equals(model.constant(operator.inputs().get(1)).toLongs(), new long[] {1, 2});
        }
        if (!whole) {
            throw walk.bad(
                    operator,
                    "has " + operator.options() + " on a map of " + Arrays.toString(map)
                            + ", expected the mean of all of it");
        }
    }

    private void deepLabHead(OperatorWalk walk, DeepLabV3 network) {
        int map = walk.flow();
        pool(walk);
        int mean = walk.flow();
        walk.from(map);
        walk.unit(unit(network, "aspp.branch1.0"));
        int point = walk.flow();
        walk.from(mean);
        walk.unit(unit(network, "aspp.branch2_conv"));
        TfliteOperator spread = walk.takeOneOf(List.of("RESIZE_BILINEAR", "TILE"), "of the mean to the map's size");
        walk.skipRequantization();
        int wide = walk.flow();
        TfliteOperator join = walk.take("CONCATENATION", "of the mean and the map");
        if (!join.inputs().equals(List.of(wide, point))
                || !(join.options() instanceof TfliteOptions.Concatenation c
                        && (c.axis() == 3 || c.axis() == -1)
                        && c.activation() == Activation.NONE)) {
            throw walk.bad(
                    join,
                    "joins tensors " + join.inputs() + " with " + join.options() + ", expected " + List.of(wide, point)
                            + " along the channels");
        }
        if (!Arrays.equals(
                Arrays.copyOf(walk.tensor(spread.outputs().get(0)).shape(), 3),
                Arrays.copyOf(walk.tensor(point).shape(), 3))) {
            throw walk.bad(spread, "spreads the mean to another size than the map's");
        }
        walk.unit(unit(network, "aspp.conv_cat.0"));
        // theirs begins with the mean, ours with the map
        walk.state().computeIfPresent("aspp.conv_cat.0.weight", (key, w) -> halvesExchanged(w));
        walk.linear((Conv2d) network.module("cls_conv"));
        while (walk.isNext("RESIZE_BILINEAR")) {
            TfliteOperator resize = walk.take("RESIZE_BILINEAR", "of the logits");
            if (!(resize.options() instanceof TfliteOptions.Resize r) || !r.alignCorners() || r.halfPixelCenters()) {
                throw walk.bad(resize, "has " + resize.options() + ", expected aligned corners");
            }
        }
        walk.take("ARG_MAX", "of the logits");
    }

    private static HostArray halvesExchanged(HostArray weights) {
        float[] from = weights.toFloats();
        float[] to = new float[from.length];
        int ins = (int) weights.shape()[1];
        for (int i = 0; i < from.length; i++) {
            int in = i % ins;
            to[i - in + (in + ins / 2) % ins] = from[i];
        }
        return HostArray.ofFloats(to, weights.shape());
    }

    private static ConvNorm unit(DeepLabV3 network, String conv) {
        Object wanted = network.module(conv);
        return network.modules(ConvNorm.class).values().stream()
                .filter(unit -> unit.conv() == wanted)
                .findFirst()
                .orElseThrow();
    }
}
