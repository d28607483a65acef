package dev.wsss.systems.dhr;

import ai.djl.modality.cv.Image;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Description;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.Segmenter;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.segment.PixelClassifier;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Labels images with DHR's network, by the mean of probabilities at several scales: {@link DhrInference}. Any number of threads
 * may use one. It owns its network: it puts it into evaluation mode and closes it.
 */
public final class DhrSegmenter implements Segmenter, AutoCloseable {
    private final DhrNetwork network;
    private final DhrInference inference;

    /**
     * A segmenter.
     *
     * @param network taken over
     */
    public DhrSegmenter(DhrNetwork network, DhrInference inference) {
        this.network = network;
        this.inference = inference;
        network.train(false);
    }

    /** The network, which stays this segmenter's. */
    public DhrNetwork network() {
        return network;
    }

    @Override
    public LabelMap segment(Image image) {
        return segment(RgbImage.of(image));
    }

    /**
     * Labels an image: each pixel gets the likeliest class.
     *
     * @throws InvalidDataException if the network's logits are not finite
     */
    @Override
    public LabelMap segment(RgbImage image) {
        return Torch.call(() -> {
            try (Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                Tensor labels = looked(image).argmax(new LongOptional(0), false);
                return LabelMap.wrap(image.height(), image.width(), Tensors.toBytes(labels));
            }
        });
    }

    /**
     * The probability of each class at each pixel, one map for each label from 0.
     *
     * @throws InvalidDataException if the network's logits are not finite
     */
    public ScoreMaps probabilities(RgbImage image) {
        return Torch.call(() -> {
            try (Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                Tensor p = looked(image);
                int[] labels = IntStream.range(0, (int) p.size(0)).toArray();
                return ScoreMaps.of(labels, image.height(), image.width(), Tensors.toFloats(p));
            }
        });
    }

    private Tensor looked(RgbImage image) {
        Tensor p = inference.probabilities(
                (PixelClassifier) network, input(network, image).to(torch.ScalarType.Float));
        if (Tensors.item(p.isfinite().all()) == 0) {
            throw new InvalidDataException("the network gives logits that are NaN or infinite for an image of "
                    + image.height() + "x" + image.width() + "; its weights or this input are broken");
        }
        return p;
    }

    /** An image as the network takes it, {@code [1][3][H][W]} on its device. */
    static Tensor input(DhrNetwork network, RgbImage image) {
        Tensor like = network.parameters().values().iterator().next();
        return Tensors.of(Normalize.IMAGENET.apply(image), 1, 3, image.height(), image.width())
                .to(like.device(), like.scalar_type());
    }

    /** This segmenter with a rule behind it; it stays its owner's. */
    public Segmenter with(DhrMasks masks, ClassCatalog classes) {
        return new Masked(this, masks, classes);
    }

    private record Masked(DhrSegmenter segmenter, DhrMasks masks, ClassCatalog classes) implements Segmenter {
        @Override
        public LabelMap segment(Image image) {
            return segment(RgbImage.of(image));
        }

        @Override
        public LabelMap segment(RgbImage image) {
            try (ScoreMaps all = segmenter.probabilities(image);
                    ScoreMaps kept = masks.kept(all)) {
                return masks.label(new Sample("image", image, ImageTags.of(classes)), kept);
            }
        }

        @Override
        public Description description() {
            return Description.of("Masked")
                    .put("segmenter", segmenter)
                    .put("masks", masks)
                    .build();
        }
    }

    @Override
    public Description description() {
        return Description.of("DhrSegmenter")
                .put("network", network)
                .put("scales", inference.scales())
                .put("flip", inference.flip())
                .build();
    }

    /** Closes the network. Idempotent. */
    @Override
    public void close() {
        network.close();
    }
}
