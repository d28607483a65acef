package dev.wsss.models.deeplab;

import com.google.gson.JsonObject;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.image.Resize;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.loss.Losses;
import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.LabelTensors;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.GoldenWeights;
import dev.wsss.models.Outputs;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.backbone.FeaturePyramid;
import dev.wsss.models.maskclip.TextClassifier;
import dev.wsss.models.resnet.CaffeResNet;
import dev.wsss.models.resnet.ResNet38;
import dev.wsss.models.resnet.ResNetGolden;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/** {@code deeplab.*}. */
public final class DeepLabGolden {
    private DeepLabGolden() {}

    public static Map<String, GoldenHandler> handlers() {
        return Map.of(
                "deeplab.v1", DeepLabGolden::v1,
                "deeplab.v2", DeepLabGolden::v2,
                "deeplab.v2_wseg", DeepLabGolden::v2Wseg,
                "deeplab.v3plus", DeepLabGolden::v3plus,
                "deeplab.aspp_v2_mmseg", DeepLabGolden::text);
    }

    private static Map<String, HostArray> text(GoldenCase golden) {
        JsonObject config = golden.config();
        int[] rates = Arrays.stream(Outputs.ints(golden, "aspp_dilations"))
                .map(r -> r == 1 ? 0 : r) // there a dilation of 1 means a 1x1 convolution
                .toArray();
        HostArray embeddings = Objects.requireNonNull(golden.filledWeights().get("decode_head.text_embeddings"));
        HostArray zeros = HostArray.ofFloats(new float[embeddings.size()], embeddings.shape());
        double eps = config.get("bn_eps").getAsDouble();
        if (!config.get("part").getAsString().equals("head")) {
            try (TextDeepLab net = TextDeepLab.builder()
                            .setBackbone(ResNetGolden.backbone(
                                            golden, config.get("depth").getAsInt(), "")
                                    .build())
                            .setTextEmbeddings(zeros)
                            .optAsppRates(rates)
                            .optBatchNormEps(eps)
                            .build();
                    Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                GoldenWeights.load(net, golden, DeepLabCheckpoints.CARB_DEEPLAB);
                net.train(false);
                FeaturePyramid f = net.features(Tensors.of(golden.in("image")));
                return new Outputs(golden)
                        .put("layer4", f.last())
                        .put("aspp", net.pixelFeatures(f))
                        .put("logits", net.logits(f))
                        .toMap();
            }
        }
        double momentum = config.get("bn_momentum").getAsDouble();
        try (HeadAlone net = new HeadAlone(new TextDeepLab.Head(
                        config.get("in_channels").getAsInt(),
                        zeros,
                        rates,
                        TextClassifier.Score.DOT,
                        c -> new BatchNorm2d(c, momentum, eps)));
                Scope scope = Scope.open()) {
            GoldenWeights.load(net, golden, DeepLabCheckpoints.CARB_DEEPLAB);
            net.train(config.get("mode").getAsString().equals("train"));
            Tensor feature = Tensors.of(golden.in("feature")).requires_grad_(true);
            Tensor logits = net.forward(feature);
            Tensor loss = logits.mul(Tensors.of(golden.in("weight")))
                    .mean(new ScalarTypeOptional())
                    .mul(new Scalar(100.0));
            loss.backward();
            Outputs out = new Outputs(golden)
                    .put("logits", logits)
                    .put("loss", loss)
                    .putGradients(net.parameters())
                    .put("grad.feature", feature.grad());
            for (int i = 0; i < rates.length; i++) {
                String norm = "decode_head.decode_module.aspp_modules." + i + ".bn.running_";
                out.put("running_mean." + i, net.tensor(norm + "mean"));
                out.put("running_var." + i, net.tensor(norm + "var"));
            }
            return out.toMap();
        }
    }

    private static final class HeadAlone extends Layer {
        private final Layer head;

        HeadAlone(Layer head) {
            this.head = child("decode_head", head);
        }

        @Override
        public Tensor forward(Tensor c5) {
            return head.forward(c5);
        }
    }

    private static Map<String, HostArray> v2(GoldenCase golden) {
        JsonObject config = golden.config();
        CaffeResNet backbone = CaffeResNet.builder()
                .optBlocks(Outputs.ints(golden, "n_blocks"))
                .optCeilPool(config.get("stem_pool_ceil_mode").getAsBoolean())
                .optBatchNormEps(config.get("bn_eps").getAsDouble())
                .build();
        DeepLabV2 base =
                new DeepLabV2(backbone, config.get("n_classes").getAsInt(), Outputs.ints(golden, "atrous_rates"));
        try (MultiScale net = MultiScale.builder()
                        .setBase(base)
                        .optScales(config.getAsJsonArray("msc_scales").asList().stream()
                                .mapToDouble(e -> e.getAsDouble())
                                .toArray())
                        .optExactFactor(
                                config.get("scale_factor_used_for_sampling").getAsBoolean())
                        .optAlignCorners(config.get("interp_align_corners").getAsBoolean())
                        .build();
                Scope scope = Scope.open()) {
            GoldenWeights.load(net, golden, DeepLabCheckpoints.KAZUTO_DEEPLAB);
            Tensor image = Tensors.of(golden.in("image"));
            if (config.get("mode").getAsString().equals("eval")) {
                net.train(false);
                try (Torch.Mode noGrad = Torch.noGrad()) {
                    FeaturePyramid f = base.features(image);
                    return new Outputs(golden)
                            .put("logits", net.forward(image))
                            .put("base_logits", base.logits(f))
                            .put("layer5", f.last())
                            .toMap();
                }
            }
            net.freezeBatchNorm(false);
            Tensor labels = Tensors.of(golden.in("label"));
            List<Tensor> pyramid = net.pyramid(image);
            Tensor loss = MultiScale.loss(pyramid, labels);
            loss.backward();
            Outputs out = new Outputs(golden).put("loss", loss).putGradients(net.parameters());
            for (int i = 0; i < pyramid.size(); i++) {
                Tensor logits = pyramid.get(i);
                out.put("logits" + i, logits);
                out.put("label" + i, LabelTensors.resize(labels, Resize.PIL_NEAREST, (int) logits.size(2), (int)
                        logits.size(3)));
            }
            return out.toMap();
        }
    }

    private static Map<String, HostArray> v3plus(GoldenCase golden) {
        JsonObject config = golden.config();
        return config.get("variant").getAsString().equals("wseg") ? v3plusWseg(golden) : v3plusDhr(golden);
    }

    private static Map<String, HostArray> v3plusDhr(GoldenCase golden) {
        JsonObject config = golden.config();
        int[] rates = Outputs.ints(golden, "aspp_dilations");
        rates[0] = 0; // the first branch is a 1x1 convolution, whatever its dilation
        DeepLabV3Plus.Builder builder = DeepLabV3Plus.builder()
                .optForm(Form.DHR)
                .setBackbone(backbone(golden))
                .setClasses(config.get("num_seg_classes").getAsInt())
                .optAsppRates(rates)
                .optWidth(config.get("feature_size").getAsInt())
                .optLowLevel(config.get("low_channels").getAsInt(), 1)
                .optAlignCorners(config.get("head_align_corners").getAsBoolean())
                .optClassifierBias(config.get("classifier_bias").getAsBoolean())
                .optBatchNormEps(config.get("bn_eps").getAsDouble());
        if (config.has("num_cls_classes")) {
            builder.optTagClassifier(
                    config.get("num_cls_classes").getAsInt(),
                    config.get("cam_feature_scale").getAsDouble());
        }
        try (DeepLabV3Plus net = builder.build();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            GoldenWeights.load(net, golden, DeepLabCheckpoints.DHR_DEEPLAB);
            net.train(false);
            FeaturePyramid f = net.features(Tensors.of(golden.in("image")));
            Outputs out = new Outputs(golden)
                    .put("logits", net.logits(f))
                    .put("C1", f.maps().get(0))
                    .put("C2", f.maps().get(1))
                    .put("C3", f.maps().get(2))
                    .put("C4", f.maps().get(3))
                    .put("C5", f.last());
            if (golden.has("out.cams")) {
                out.put("cams", net.cams(f));
            }
            return out.toMap();
        }
    }

    private static Map<String, HostArray> v3plusWseg(GoldenCase golden) {
        JsonObject config = golden.config();
        try (DeepLabV3Plus net = DeepLabV3Plus.builder()
                .optForm(Form.WSEG)
                .setBackbone(backbone(golden))
                .setClasses(config.get("num_classes").getAsInt())
                .optAsppRates(Outputs.ints(golden, "aspp_rates"))
                .optImagePooling(config.get("aspp_global").getAsBoolean())
                .optWidth(config.get("aspp_channels").getAsInt())
                .optLowLevel(
                        config.get("shortcut_channels").getAsInt(),
                        config.get("shortcut_kernel").getAsInt())
                .optAlignCorners(config.get("internal_align_corners").getAsBoolean())
                .optBatchNormMomentum(config.get("head_bn_momentum").getAsDouble())
                .optBatchNormEps(config.get("bn_eps").getAsDouble())
                .build()) {
            return wseg(golden, net, net::features, net::logits);
        }
    }

    private static Map<String, HostArray> v2Wseg(GoldenCase golden) {
        JsonObject config = golden.config();
        try (DeepLabV3 net = DeepLabV3.builder()
                .setBackbone(backbone(golden))
                .setClasses(config.get("num_classes").getAsInt())
                .optAsppRates(Outputs.ints(golden, "aspp_rates"))
                .optImagePooling(config.get("aspp_global").getAsBoolean())
                .optAlignCorners(config.get("aspp_global_align_corners").getAsBoolean())
                .optWidth(config.get("aspp_channels").getAsInt())
                .optBatchNormMomentum(config.get("head_bn_momentum").getAsDouble())
                .optBatchNormEps(config.get("bn_eps").getAsDouble())
                .build()) {
            return wseg(golden, net, x -> net.backbone().features(x), f -> net.head(f.last()));
        }
    }

    private static Map<String, HostArray> v1(GoldenCase golden) {
        JsonObject config = golden.config();
        boolean training = config.get("mode").getAsString().equals("train_no_dropout");
        try (DeepLabV1 net = DeepLabV1.builder()
                .setBackbone(backbone(golden))
                .setClasses(config.get("num_classes").getAsInt())
                .optWidth(config.get("fov_channels").getAsInt())
                .optDilation(config.get("fov_dilation").getAsInt())
                .optDropout(training ? 0 : 0.5)
                .optBatchNormMomentum(config.get("head_bn_momentum").getAsDouble())
                .optBatchNormEps(config.get("bn_eps").getAsDouble())
                .build()) {
            return wseg(golden, net, x -> net.backbone().features(x), f -> net.head(f.last()));
        }
    }

    private static Map<String, HostArray> wseg(
            GoldenCase golden,
            Layer net,
            Function<Tensor, FeaturePyramid> features,
            Function<FeaturePyramid, Tensor> head) {
        boolean training = golden.config().get("mode").getAsString().equals("train_no_dropout");
        boolean resnet38 = golden.config().get("backbone").getAsString().equals("resnet38");
        GoldenWeights.load(net, golden, resnet38 ? DeepLabCheckpoints.WSEG_DEEPLAB38 : DeepLabCheckpoints.WSEG_DEEPLAB);
        net.train(training);
        try (Scope scope = Scope.open();
                Torch.Mode mode = training ? Torch.grad() : Torch.noGrad()) {
            Outputs out = new Outputs(golden);
            Tensor image = Tensors.of(golden.in("image"));
            FeaturePyramid f = features.apply(image);
            List<Tensor> maps = resnet38
                    ? List.of(f.maps().get(2), f.maps().get(3), f.last())
                    : List.of(f.maps().get(1), f.maps().get(2), f.maps().get(3), f.last());
            for (int i = 0; i < maps.size(); i++) {
                out.put("backbone" + i, maps.get(i));
            }
            Tensor low = head.apply(f);
            boolean align = golden.config().get("output_align_corners").getAsBoolean();
            Tensor logits = Ops.bilinear(low, image.size(2), image.size(3), align);
            out.put("logits_low", low).put("logits", logits);
            if (training) {
                Tensor loss = Losses.crossEntropy(logits, labelTensor(golden));
                loss.backward();
                out.put("loss", loss).putGradients(net.parameters());
                net.buffers().forEach((name, t) -> {
                    int dot = name.lastIndexOf('.');
                    out.put(name.substring(dot + 1) + "." + name.substring(0, dot), t);
                });
            }
            return out.toMap();
        }
    }

    /** The labels with the file's ignored label as ours. */
    private static Tensor labelTensor(GoldenCase golden) {
        Tensor labels = Tensors.of(golden.in("label"));
        Scalar ignored = new Scalar(golden.config().get("ignore_index").getAsLong());
        return labels.masked_fill(labels.eq(ignored), new Scalar(Losses.IGNORE));
    }

    private static Backbone backbone(GoldenCase golden) {
        JsonObject config = golden.config();
        String name = config.get("backbone").getAsString();
        if (!name.equals("resnet38")) {
            int depth = Integer.parseInt(name.substring("resnet".length()));
            return ResNetGolden.backbone(golden, depth, "backbone_").build();
        }
        ResNet38.Builder builder = ResNet38.builder()
                .optFrozenBatchNorm(config.get("backbone_bn_frozen").getAsBoolean())
                .optBatchNormEps(config.get("bn_eps").getAsDouble());
        if (config.has("backbone_bn_momentum")) {
            builder.optBatchNormMomentum(config.get("backbone_bn_momentum").getAsDouble());
        }
        if (config.get("mode").getAsString().equals("train_no_dropout")) {
            builder.optDropout(0, 0);
        }
        return builder.build();
    }
}
