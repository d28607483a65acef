package dev.wsss.models.finetune;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.Network;
import dev.wsss.core.train.ParameterGroup;
import dev.wsss.core.train.ParameterGroups;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.mobilenet.MobileNetV2;
import dev.wsss.models.tflite.TfliteNetworks;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Where the backbones of a training start from, with the input and the learning rates that go with it.
 *
 * <pre>{@code
 * BackboneStart start = BackboneStart.mobileNetV2(Path.of("mobilenet_v2_1.0_224_quant.tflite"));
 * Classifier network = new Classifier(start.create(), 20);
 * ImageBatches batches = ImageBatches.builder()
 *         .setData(data)
 *         .setBatchSize(8)
 *         .optAugmentation(augmentation)
 *         .optNormalize(start.normalize())
 *         .build();
 * Optimizer adam = AdamW.builder().setGroups(start.groups(network, 1e-2)).setLearningRate(2e-3).build();
 * }</pre>
 *
 * <p><b>A published start.</b> The backbone learns at a tenth of the rate of the layers on it, which know nothing yet. Its
 * batch normalizations keep their statistics, in training too, while scales and shifts train (as IRN does): small batches
 * would give worse ones, and those of TFLite files, which are folded into the convolutions, describe no data at all.
 *
 * <p><b>A start from nothing.</b> All layers learn at one rate, normalizations by the batch.
 *
 * <p>Immutable and safe for use from several threads, as far as libtorch's generator is.
 */
public final class BackboneStart {
    /** Of a published backbone to the layers on it: the field's habit. */
    private static final double BACKBONE_RATE = 0.1;

    /** Image pixels to one of the last map: fine enough for maps of classes, and a quarter of what 8 takes. */
    private static final int OUTPUT_STRIDE = 16;

    private final Supplier<? extends Backbone> architecture;
    private final Normalize normalize;
    private final boolean published;

    private BackboneStart(Supplier<? extends Backbone> architecture, Normalize normalize, boolean published) {
        this.architecture = architecture;
        this.normalize = normalize;
        this.published = published;
    }

    /**
     * Backbones with weights drawn from libtorch's generator, on images with ImageNet's normalization.
     *
     * @param architecture makes a new one at each call
     */
    public static BackboneStart fromNothing(Supplier<? extends Backbone> architecture) {
        return new BackboneStart(architecture, Normalize.IMAGENET, false);
    }

    /** MobileNet v2 of full width and output stride 16, from nothing. */
    public static BackboneStart mobileNetV2() {
        return fromNothing(() -> plain().build());
    }

    /**
     * MobileNet v2 of output stride 16 with the weights of a classifier that was trained before, as a rule on ImageNet.
     *
     * <p>A TFLite file brings its width, and the {@linkplain TfliteNetworks#normalize normalization} of its input. Any other
     * file, with the keys of torchvision's network or of our {@link MobileNetV2}, is of full width and ImageNet's
     * normalization.
     *
     * @throws InvalidDataException naming the file and what was expected, if it cannot be read or is of another network
     */
    public static BackboneStart mobileNetV2(Path file) {
        return isTflite(file) ? ofTflite(file) : ofKeys(file);
    }

    private static boolean isTflite(Path file) {
        try (Checkpoint checkpoint = Checkpoint.builder().setPath(file).build()) {
            return checkpoint.format() == Checkpoint.Format.TFLITE;
        }
    }

    private static BackboneStart ofTflite(Path file) {
        try (Classifier classifier = TfliteNetworks.classifier(file)) {
            if (!(classifier.backbone() instanceof MobileNetV2 theirs)) {
                throw new InvalidDataException(file + ": the model is a Classifier on "
                        + classifier.backbone().getClass().getSimpleName() + ", expected one on MobileNetV2");
            }
            return published(theirs.toBuilder().optOutputStride(OUTPUT_STRIDE), theirs, TfliteNetworks.normalize(file));
        }
    }

    private static BackboneStart ofKeys(Path file) {
        try (MobileNetV2 network = Init.loaded(plain()::build, made -> Weights.load(made, file))) {
            return published(plain(), network, Normalize.IMAGENET);
        } catch (InvalidDataException e) {
            throw new InvalidDataException(
                    e.getMessage() + "; expected MobileNetV2 of full width with torchvision's keys, or a TFLite file",
                    e);
        }
    }

    private static BackboneStart published(MobileNetV2.Builder builder, MobileNetV2 from, Normalize normalize) {
        Map<String, HostArray> weights = from.stateDict();
        return new BackboneStart(() -> Init.loaded(builder::build, made -> made.load(weights)), normalize, true);
    }

    private static MobileNetV2.Builder plain() {
        return MobileNetV2.builder().optOutputStride(OUTPUT_STRIDE);
    }

    /** A new backbone; the caller's to close. */
    public Backbone create() {
        Backbone backbone = architecture.get();
        if (published) {
            backbone.freezeBatchNorm(false);
        }
        return backbone;
    }

    /** How the backbone's input is made of an image. */
    public Normalize normalize() {
        return normalize;
    }

    /** Whether backbones start from weights that were trained before. */
    public boolean isPublished() {
        return published;
    }

    /**
     * The parameters of a network on one of these backbones: groups {@code backbone} and {@code head} after a published
     * start, of which the first learns at a tenth of the optimizer's rate; one group {@code all} from nothing.
     *
     * @throws IllegalArgumentException if the start is published and the network has no backbone, or nothing else
     */
    public List<ParameterGroup> groups(Network network, double weightDecay) {
        if (!published) {
            return ParameterGroups.all(network, weightDecay);
        }
        List<String> names = new ArrayList<>();
        network.modules(Backbone.class).forEach((path, backbone) -> backbone.parameters()
                .keySet()
                .forEach(name -> names.add(path.isEmpty() ? name : path + "." + name)));
        return ParameterGroups.of(network)
                .group("backbone", names, BACKBONE_RATE, weightDecay)
                .group("head", name -> !names.contains(name), 1, weightDecay)
                .build();
    }
}
