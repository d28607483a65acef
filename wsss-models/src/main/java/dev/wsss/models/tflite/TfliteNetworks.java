package dev.wsss.models.tflite;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.TfliteModel;
import dev.wsss.core.io.TfliteTensor;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.Layer;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.checkpoint.CheckpointFamilies;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.deeplab.DeepLabV3;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Networks out of TFLite files: a {@link Classifier} on MobileNet v2, and a {@link DeepLabV3} on MobileNet v2 or MobileNet
 * EdgeTPU, of any width and input size. Integers become the floats that they stand for, and the network computes with
 * floats: its answers are near those of TFLite's integer arithmetic, which rounds in every layer, and not the same.
 *
 * <pre>{@code
 * try (Classifier network = TfliteNetworks.classifier(Path.of("mobilenet_v2_1.0_224_quant.tflite"))) {
 *     network.train(false);
 *     Tensor logits = network.forward(images); // [N][1001], images from -1 to 1
 * }
 * NetworkSegmenter segmenter = NetworkSegmenter.builder()
 *         .setNetwork(TfliteNetworks.segmenter(Path.of("deeplabv3_mnv2_pascal_quant.tflite")))
 *         .optNormalize(TfliteNetworks.normalize(Path.of("deeplabv3_mnv2_pascal_quant.tflite")))
 *         .optAlignCorners(true)
 *         .build();
 * }</pre>
 *
 * <p><b>Input.</b> RGB from about -1 to 1, as {@link #normalize} reads it from a file. Padding is TensorFlow's "SAME".
 *
 * <p><b>Normalizations.</b> The files have them folded into the convolutions. Ours stay where they are, as the identity with
 * a shift: running mean 0 and variance 1 do not describe the data. They are therefore {@linkplain
 * dev.wsss.core.nn.Network#freezeBatchNorm frozen}, in what {@link #classifier} and {@link #segmenter} give and in what {@link
 * dev.wsss.models.checkpoint.Weights#load(dev.wsss.core.nn.Network, Path) Weights} fills from such a file: scale and shift
 * train, the statistics do not. Normalizations that the file does not have, as of a new head, are left as they are.
 */
public final class TfliteNetworks implements CheckpointFamilies {
    private static final double BYTE = 255;

    /** Where a file does not say it: bytes to -1..1. */
    private static final Normalize BY_DEFAULT =
            Normalize.of(new double[] {0.5, 0.5, 0.5}, new double[] {0.5, 0.5, 0.5});

    /**
     * The files as checkpoints of such networks, under our keys. They load into networks of any output stride, padding and
     * number of classes for which the policy lets the classifier go.
     */
    public static final CheckpointFamily TFLITE = CheckpointFamily.interpreted(
            "tflite",
            "TFLite's MobileNet v2, and DeepLab on MobileNet v2 and MobileNet EdgeTPU",
            Checkpoint.Format.TFLITE,
            true,
            TfliteNetworks::state);

    /** For the service loader. */
    public TfliteNetworks() {}

    @Override
    public List<CheckpointFamily> families() {
        return List.of(TFLITE);
    }

    /**
     * The classifier of a file, with as many outputs as the file has. Those of ImageNet are 1001, of which the first is
     * "background", see {@link
     * dev.wsss.models.cam.ImageNetClasses}.
     *
     * @throws InvalidDataException naming the file and the first operator that is another than that network's
     */
    public static Classifier classifier(Path file) {
        return expect(Classifier.class, read(file), file);
    }

    /**
     * The segmentation network of a file, for logits at stride 16.
     *
     * @throws InvalidDataException naming the file and the first operator that is another than that network's
     */
    public static DeepLabV3 segmenter(Path file) {
        return expect(DeepLabV3.class, read(file), file);
    }

    /**
     * How bytes become the input of a file's network: by the scale and zero point of its input, or from -1 to 1 where it
     * takes floats.
     *
     * @throws InvalidDataException naming the file, if it cannot be read, or its input is no image of one scale
     */
    public static Normalize normalize(Path file) {
        try (TfliteModel model = TfliteModel.open(file)) {
            TfliteTensor input =
                    model.inputs().size() == 1 ? model.tensor(model.inputs().get(0)) : null;
            TfliteTensor.Quantization quantization = input == null ? null : input.quantization();
            if (input == null
                    || input.shape().length != 4
                    || input.shape()[3] != 3
                    || (quantization != null
                            && (input.dtype() != DType.U8 || quantization.perChannel() || quantization.scale() == 0))) {
                throw new InvalidDataException(
                        file + ": the model's input is " + input + ", expected one image of bytes or floats");
            }
            if (quantization == null) {
                return BY_DEFAULT;
            }
            double mean = quantization.zeroPoint() / BYTE;
            double std = 1 / (quantization.scale() * BYTE);
            return Normalize.of(new double[] {mean, mean, mean}, new double[] {std, std, std});
        }
    }

    private static <N extends Layer> N expect(Class<N> type, Layer network, Path file) {
        if (type.isInstance(network)) {
            return type.cast(network);
        }
        network.close();
        throw new InvalidDataException(file + ": the model is a "
                + network.getClass().getSimpleName() + ", expected a " + type.getSimpleName());
    }

    private static Map<String, HostArray> state(Path file) {
        try (Layer network = read(file)) {
            return network.stateDict();
        }
    }

    private static Layer read(Path file) {
        try (TfliteModel model = TfliteModel.open(file)) {
            NetworkPlan plan = NetworkPlan.of(model, file.toString(), Files.size(file));
            Layer network = Init.loaded(plan::build, made -> made.load(plan.weights(made)));
            network.freezeBatchNorm(false);
            return network;
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": " + e.getMessage(), e);
        }
    }
}
