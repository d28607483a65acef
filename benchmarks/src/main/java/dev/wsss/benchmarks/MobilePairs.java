package dev.wsss.benchmarks;

import dev.wsss.core.io.DType;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.deeplab.DeepLabV3;
import dev.wsss.models.mobilenet.MobileNetV2;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** MobileNet v2 as a classifier and DeepLab v3 on it: part by part, and fused in float32 and bfloat16, beside PyTorch. */
final class MobilePairs extends Pairs {
    private static final int CLASSIFIER_SIDE = 224;
    private static final int SEGMENTER_SIDE = 513;

    /** Passes of one run. */
    private static final int CLASSIFIER_PASSES = 20;

    private static final int SEGMENTER_PASSES = 3;

    MobilePairs(Path folder) {
        super(folder);
    }

    void run() {
        measure("classifier", "MobileNet v2, 224x224", CLASSIFIER_SIDE, CLASSIFIER_PASSES);
        measure("segmenter", "DeepLab v3 on MobileNet v2, 513x513", SEGMENTER_SIDE, SEGMENTER_PASSES);
    }

    private static Layer network(String which) {
        Torch.seed(1);
        Layer network = which.equals("classifier")
                ? new Classifier(MobileNetV2.builder().build(), 1001, true)
                : DeepLabV3.builder()
                        .setBackbone(MobileNetV2.builder()
                                .optOutputStride(16)
                                .optLastConv(false)
                                .build())
                        .setClasses(21)
                        .optAsppRates(0)
                        .build();
        network.train(false);
        return network;
    }

    private void measure(String which, String name, int side, int passes) {
        try (Scope scope = Scope.open();
                Layer parts = network(which);
                Layer single = network(which);
                Layer half = network(which)) {
            single.fuse(DType.F32);
            half.fuse(DType.BF16);
            Tensor image = Tensors.of(Inputs.scores(1, 3 * side * side), 1, 3, side, side);
            UnaryOperator<Tensor> ending = which.equals("classifier")
                    ? logits -> logits
                    : logits -> Ops.bilinear(logits.to(torch.ScalarType.Float), side, side, true);
            Runnable plain = () -> pass(parts, image, ending, passes);
            Runnable fused = () -> pass(single, image, ending, passes);
            Runnable bfloat16 = () -> pass(half, image, ending, passes);
            for (int i = 0; i < 3; i++) {
                plain.run();
                fused.run();
                bfloat16.run();
            }
            String what = passes + " of " + name;
            Turns last = turns(python("mobile", "torch", which, "float32", 1, passes), PAIRS, plain, fused, bfloat16);
            row(what + ", float32 / PyTorch in channels_last", last);
            row("the same, part by part / fused", last.ours()[0], last.ours()[1]);
            row("the same, part by part in float32 / fused in bfloat16", last.ours()[0], last.ours()[2]);
            row(
                    "the same, float32 / PyTorch",
                    turns(python("mobile", "torch", which, "float32", 0, passes), PAIRS, plain));
            row(
                    "the same, fused in bfloat16 / PyTorch in bfloat16 and channels_last",
                    turns(python("mobile", "torch", which, "bfloat16", 1, passes), PAIRS, bfloat16));
        }
    }

    private static void pass(Layer network, Tensor image, UnaryOperator<Tensor> ending, int passes) {
        for (int i = 0; i < passes; i++) {
            try (Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                Objects.requireNonNull(ending.apply(network.forward(image)));
            }
        }
    }
}
