package dev.wsss.core.cam;

import dev.wsss.api.CamGenerator;
import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.image.PixelLimit;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.TensorScoreMaps;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Multi-scale class activation maps.
 *
 * <pre>{@code
 * CamGenerator cam = Cam.builder()
 *         .setNetwork(network)
 *         .optScales(0.5, 1, 1.5, 2)
 *         .build();
 * try (ScoreMaps maps = cam.generate(sample)) {
 *     float[] values = maps.toArray();
 * }
 * }</pre>
 *
 * <p>The image is resized to each scale as Pillow's bicubic does (sides rounded half to even), normalized, and goes
 * through the network together with its flipped copy in one batch; the passes are fused by a {@link CamFusion}. Only the
 * maps of the sample's tags are ever resized. The result stays on the network's device, at the image's size unless the
 * fusion has another {@link CamGrid}; its labels are those of the sample's tags, ascending.
 *
 * <p>With {@link Builder#optMaxPixels} a larger image is reduced first, and the scales are those of the reduced image; the
 * result keeps the image's size.
 *
 * <p>Put the network in evaluation mode first. As safe for use by several threads as the network is.
 */
public final class Cam implements CamGenerator {
    /** Activations {@code [N][K][h][w]} of a few tags, ready to be fused. */
    @FunctionalInterface
    private interface Activations {
        Tensor of(Tensor images, int[] tags);
    }

    private final Activations network;
    private final Described described;
    private final double[] scales;
    private final boolean flip;
    private final Normalize normalize;
    private final CamFusion fusion;
    private final ComputeDevice device;
    private final boolean autocastBf16;
    /** 0 is no limit. */
    private final long maxPixels;

    private Cam(Builder b) {
        CamNetwork direct = b.network;
        GradCamNetwork byGradient = b.gradNetwork;
        fusion = b.fusion;
        if (direct != null) {
            described = direct;
            network = (images, tags) -> fusion.select(direct.activations(images), tags);
        } else if (byGradient != null) {
            if (fusion.activation() == CamActivation.SOFTMAX) {
                throw new IllegalArgumentException("Grad-CAM has maps of the present tags only: no softmax over all");
            }
            described = byGradient;
            network = (images, tags) -> GradCam.activations(byGradient, images, tags);
        } else {
            throw new IllegalStateException("setNetwork is required");
        }
        scales = b.scales;
        flip = b.flip;
        normalize = b.normalize;
        device = b.device;
        autocastBf16 = b.autocastBf16;
        maxPixels = b.maxPixels;
    }

    /** Starts with scales 0.5, 1, 1.5 and 2, flipped copies, ImageNet's normalization and {@link CamFusion#DEFAULT}. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * {@inheritDoc}
     *
     * @throws InvalidDataException also if the image has no pixel left at a scale
     */
    @Override
    public ScoreMaps generate(Sample sample) {
        int[] tags = sample.tags().toArray();
        RgbImage image = sample.image();
        if (tags.length == 0) {
            return ScoreMaps.none(image.height(), image.width());
        }
        RgbImage seen = maxPixels == 0 ? image : new PixelLimit(maxPixels).apply(image);
        return Torch.call(() -> {
            try (Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                List<Tensor> passes = new ArrayList<>();
                // over all scales: weights are converted once
                try (Torch.Mode precision = autocastBf16 ? Torch.autocastBf16(device) : () -> {}) {
                    for (double scale : scales) {
                        passes.add(pass(sample, seen, scale, tags));
                    }
                }
                Tensor maps = fusion.fuse(passes, image.height(), image.width());
                // one look at the result: a NaN in any pass reaches it
                if (Tensors.item(maps.isfinite().all()) == 0) {
                    throw new InvalidDataException("the network gives NaN or infinite activations for sample "
                            + sample.id() + ", tags " + sample.tags());
                }
                return TensorScoreMaps.of(sample.tags().labels(), maps);
            }
        });
    }

    private Tensor pass(Sample sample, RgbImage image, double scale, int[] tags) {
        try (Scope scope = Scope.open()) {
            Tensor batch = level(sample, image, scale);
            Tensor activations = network.of(batch, tags);
            if (activations.size(0) != batch.size(0)) {
                throw new IllegalArgumentException("expected activations of " + batch.size(0)
                        + " images of the network, got " + Arrays.toString(Tensors.shape(activations)));
            }
            return scope.keep(activations);
        }
    }

    private Tensor level(Sample sample, RgbImage image, double scale) {
        try {
            return ImagePyramid.level(image, scale, normalize, flip, device);
        } catch (InvalidDataException e) {
            throw new InvalidDataException("sample " + sample.id() + ": " + e.getMessage(), e);
        }
    }

    @Override
    public Description description() {
        Description.Builder description = Description.of("Cam")
                .put("network", described)
                .put("scales", scales)
                .put("flip", flip)
                .put("normalize", normalize)
                .put("fusion", fusion)
                .put("autocastBf16", autocastBf16);
        if (maxPixels > 0) {
            description.put("maxPixels", maxPixels);
        }
        return description.build();
    }

    @Override
    public String toString() {
        return "Cam[scales " + Arrays.toString(scales) + (flip ? ", flipped" : "")
                + (autocastBf16 ? ", network in bfloat16" : "")
                + (maxPixels > 0 ? ", at most " + maxPixels + " pixels" : "") + ", " + fusion + "]";
    }

    /** Settings of a CAM. */
    public static final class Builder {
        private @Nullable CamNetwork network;
        private @Nullable GradCamNetwork gradNetwork;
        private double[] scales = {0.5, 1, 1.5, 2};
        private boolean flip = true;
        private Normalize normalize = Normalize.IMAGENET;
        private CamFusion fusion = CamFusion.DEFAULT;
        private ComputeDevice device = ComputeDevice.CPU;
        private boolean autocastBf16;
        private long maxPixels;

        private Builder() {}

        /** The network whose activations are mapped. This, or the other form, is required. */
        public Builder setNetwork(CamNetwork network) {
            this.network = network;
            gradNetwork = null;
            return this;
        }

        /** The network that is mapped by {@link GradCam}. This, or the other form, is required. */
        public Builder setNetwork(GradCamNetwork network) {
            gradNetwork = network;
            this.network = null;
            return this;
        }

        /**
         * The scales of the image.
         *
         * @throws IllegalArgumentException if there is none, or one is not positive
         */
        public Builder optScales(double... scales) {
            if (scales.length == 0) {
                throw new IllegalArgumentException("expected at least one scale");
            }
            for (double scale : scales) {
                if (!(scale > 0) || Double.isInfinite(scale)) {
                    throw new IllegalArgumentException("scale must be positive, got " + scale);
                }
            }
            this.scales = scales.clone();
            return this;
        }

        /** Whether the flipped copy is run too. */
        public Builder optFlip(boolean flip) {
            this.flip = flip;
            return this;
        }

        /** How pixels become the network's input. */
        public Builder optNormalize(Normalize normalize) {
            this.normalize = normalize;
            return this;
        }

        /** How activations become scores. */
        public Builder optFusion(CamFusion fusion) {
            this.fusion = fusion;
            return this;
        }

        /** Where the network is; the CPU unless set. */
        public Builder optDevice(ComputeDevice device) {
            this.device = device;
            return this;
        }

        /**
         * Computes the network's convolutions and matrix products in bfloat16; its activations are fused in float32. On a
         * processor with instructions for it, such as AMX, that is several times as fast. How far scores of [0, 1] are off
         * depends on the network; {@code benchmarks/RESULTS.md} has a ResNet-50's.
         */
        public Builder optAutocastBf16(boolean on) {
            autocastBf16 = on;
            return this;
        }

        /**
         * The most pixels that a network is shown at scale 1; no limit unless set. A larger image is reduced to it
         * beforehand, bilinearly as Pillow does and with its sides in proportion, so that time and memory of a pass have a
         * bound; the maps are resized to the image's own size. Other images give the same bits as without a limit.
         *
         * @throws IllegalArgumentException if it is not positive
         */
        public Builder optMaxPixels(long maxPixels) {
            if (maxPixels < 1) {
                throw new IllegalArgumentException("maxPixels must be at least 1, got " + maxPixels);
            }
            this.maxPixels = maxPixels;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if no network is set
         * @throws IllegalArgumentException if the fusion needs channels that Grad-CAM does not have
         */
        public Cam build() {
            return new Cam(this);
        }
    }
}
