package dev.wsss.models.clip;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.checkpoint.TensorSpec;
import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.checkpoint.Weights;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/**
 * The part of CLIP that sees images. Those are {@code [N][3][H][W]}, normalized, of the network's type and on its device;
 * {@link ClipPreprocess} makes them.
 */
public sealed interface ImageTower permits ClipVit, ClipResNet {
    /**
     * The image tower alone of OpenAI's CLIP, or one that MaskCLIP has converted ({@link ClipCheckpoints#MASKCLIP_VIT}, {@link
     * ClipCheckpoints#MASKCLIP_RESNET}), to be used with text embeddings of a file:
     *
     * <pre>{@code
     * try (Network tower = ImageTower.load(Path.of("ViT16_clip_weights.pth"), ClipSettings.MASKCLIP);
     *         MaskClip maskClip = MaskClip.builder()
     *                 .setTower((ImageTower) tower)
     *                 .setTextEmbeddings(TextEmbeddings.read(Path.of("city_carb_ViT16_clip_text.pth")).rows())
     *                 .build()) { }
     * }</pre>
     *
     * <p>MaskCLIP's ResNets lack the position table of the attention pooling, which its dense features do not use; it is 0, so
     * that {@link #embed} of theirs is not CLIP's.
     *
     * @return the network, which is an image tower, in float32 on the CPU, in evaluation mode; to be closed
     * @throws InvalidDataException naming the file and what was expected, if it cannot be read or holds no such tower
     */
    static Network load(Path file, ClipSettings settings) {
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            Map<String, TensorSpec> theirs = new LinkedHashMap<>();
            checkpoint.info().forEach(i -> theirs.put(i.name(), TensorSpec.of(i.dtype(), i.shape())));
            CheckpointFamily family;
            ClipConfig.Tower shape;
            try {
                Map<String, TensorSpec> plain = Weights.unwrapped(theirs);
                family = ClipCheckpoints.image(plain.keySet());
                shape = ClipConfig.tower(family.keyMap().plan(plain).specs());
            } catch (InvalidDataException | IllegalArgumentException e) {
                throw new InvalidDataException(file + ": " + e.getMessage(), e);
            }
            Network tower = shape.image() instanceof ClipConfig.Vit vit
                    ? Init.loaded(
                            () -> new ClipVit(vit, shape.embedding(), settings), n -> Weights.load(n, file, family))
                    : resNet(file, family, shape, settings);
            tower.train(false);
            return tower;
        }
    }

    private static Network resNet(Path file, CheckpointFamily family, ClipConfig.Tower shape, ClipSettings settings) {
        String positions = "attnpool.positional_embedding";
        boolean without = family == ClipCheckpoints.MASKCLIP_RESNET;
        LoadPolicy policy = without ? LoadPolicy.builder().optMayMiss(positions).build() : LoadPolicy.STRICT;
        return Init.loaded(() -> new ClipResNet((ClipConfig.ResNet) shape.image(), shape.embedding(), settings), n -> {
            Weights.load(n, file, family, policy);
            if (without) {
                try (Torch.Mode noGrad = Torch.noGrad()) {
                    Objects.requireNonNull(n.parameters().get(positions)).zero_();
                }
            }
        });
    }

    /** Its shape. */
    ClipConfig.Image config();

    /** Channels of the space that it maps to. */
    int embedding();

    /**
     * Whole images as vectors.
     *
     * @return {@code [N][embedding]}, not normalized; belongs to the current scope
     * @throws IllegalArgumentException if the images are not of shape {@code [N][3][H][W]}, smaller than a patch, or of a size
     *     that the settings refuse
     */
    Tensor embed(Tensor images);

    /**
     * Each place of images as a vector, by the value path of the last attention (MaskCLIP, ECCV 2022): what a place would
     * give to the attention if it alone were looked at. {@link ClipVit#dense} and {@link ClipResNet#dense} say what is computed.
     *
     * @param keys whether the keys are wanted as well
     * @throws IllegalArgumentException as {@link #embed}
     */
    DenseEmbedding dense(Tensor images, boolean keys);

    /** {@link #dense(Tensor, boolean)} without keys. */
    default DenseEmbedding dense(Tensor images) {
        return dense(images, false);
    }
}
