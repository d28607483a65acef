package dev.wsss.examples;

import dev.wsss.models.finetune.BackboneStart;
import dev.wsss.models.resnet.ResNet;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the networks of a quickstart are built on, and what it starts from. */
final class BackboneOptions {
    /** A start without weights, as {@code --weights} says it. */
    private static final String NONE = "none";

    private static final String PUBLISHED = "mobilenetv2-imagenet";

    /** The backbones by the names that users type. */
    private enum Kind {
        RESNET18,
        MOBILENETV2;

        private String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Option(
            names = "--backbone",
            paramLabel = "NAME",
            description = "resnet18 (small, from nothing) or mobilenetv2 (full width, from published weights);"
                    + " default ${DEFAULT-VALUE}")
    private String name = Kind.RESNET18.label();

    @Option(
            names = "--weights",
            paramLabel = "FILE|NAME|none",
            description = "what mobilenetv2 starts from: a TFLite file, torchvision's weights, a name that wsss weights"
                    + " list prints, or none for nothing; default " + PUBLISHED)
    private @Nullable String weights;

    @Mixin
    private NamedWeights named = new NamedWeights();

    /**
     * The start; published weights are downloaded if need be.
     *
     * @param out told what is downloaded, and what networks that start from nothing are good for
     * @param photographs whether the images are
     * @throws IllegalArgumentException if there is no such backbone, or weights are named for one that takes none
     */
    BackboneStart start(boolean photographs, PrintWriter out) {
        Kind kind = kind();
        if (kind == Kind.RESNET18) {
            if (weights != null) {
                throw new IllegalArgumentException(
                        "--weights is for --backbone " + Kind.MOBILENETV2.label() + ", got --backbone " + name);
            }
            warn(photographs, out);
            return BackboneStart.fromNothing(BackboneOptions::smallResNet);
        }
        if (NONE.equals(weights)) {
            warn(photographs, out);
            return BackboneStart.mobileNetV2();
        }
        return BackboneStart.mobileNetV2(named.find("--weights", weights == null ? PUBLISHED : weights, out));
    }

    private static void warn(boolean photographs, PrintWriter out) {
        if (photographs) {
            out.println("The networks start from nothing, not from ImageNet: expect poor labels on photographs.");
        }
    }

    private Kind kind() {
        List<Kind> kinds = List.of(Kind.values());
        return kinds.stream()
                .filter(kind -> kind.label().equals(name.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("--backbone is '" + name + "'; expected one of "
                        + String.join(", ", kinds.stream().map(Kind::label).toList())));
    }

    private static ResNet smallResNet() {
        return ResNet.builder().setDepth(18).optWidth(24).optOutputStride(16).build();
    }
}
