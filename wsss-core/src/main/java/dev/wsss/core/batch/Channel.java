package dev.wsss.core.batch;

import dev.wsss.api.FeatureMap;
import dev.wsss.api.LabelMap;
import dev.wsss.api.MaskProposals;
import dev.wsss.api.RgbImage;
import dev.wsss.api.SaliencyMap;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.augment.Resampling;
import dev.wsss.core.augment.ViewGeometry;
import dev.wsss.core.runtime.ComputeDevice;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * One kind of thing that a batch carries beside its images, under a name: label maps of one of several sources, score maps,
 * features. It knows how such a thing moves with its image, and what many of them become in a batch.
 *
 * <pre>{@code
 * Channel<LabelMap, Tensor> masks = Channel.labels("masks");
 * ImageBatches batches = ImageBatches.builder().setData(data).setBatchSize(8)
 *         .optChannel(Channel.LABELS, pseudo)          // any Source<LabelMap>, such as a stage's products
 *         .optChannel(masks, other)
 *         .build();
 * Tensor labels = batch.get(masks);                    // int64 [N][H][W], on the device
 * }</pre>
 *
 * <p>Channels of one class and name are equal: a loss asks for what it needs by a channel that it makes itself. A kind of
 * one's own is a subclass, stateless and safe for use from several threads.
 *
 * @param <H> the thing of one image, in host memory
 * @param <D> what the things of all images of a batch become
 */
public abstract class Channel<H, D> {
    /** The label maps that a batch usually has one of. */
    public static final Channel<LabelMap, Tensor> LABELS = labels("labels");

    /** Saliency, which EPS trains with. */
    public static final Channel<SaliencyMap, Tensor> SALIENCY = saliency("saliency");

    private final String name;

    /** A channel of this name. */
    protected Channel(String name) {
        this.name = name;
    }

    /**
     * Label maps: int64 {@code [N][H][W]}, {@link LabelMap#IGNORE} where a view reaches beyond its image. They move by the
     * nearest pixel.
     */
    public static Channel<LabelMap, Tensor> labels(String name) {
        return new LabelChannel(name);
    }

    /** Score maps, such as a CRF's probabilities, each image's of labels of its own: {@link ScoreBatch}. */
    public static Channel<ScoreMaps, ScoreBatch> scores(String name) {
        return new ScoreChannel(name);
    }

    /** Saliency: float32 {@code [N][1][H][W]}, 0 where a view reaches beyond its image. */
    public static Channel<SaliencyMap, Tensor> saliency(String name) {
        return new SaliencyChannel(name);
    }

    /**
     * Feature maps of any grid, resampled bilinearly to the grid over the view: {@link FeatureBatch}. Cells that show nothing
     * of the image, or whose source is not valid, are not valid; such sources lend nothing to their neighbours.
     *
     * @param stride pixels of the view for one cell, at least 1; a view of {@code H x W} has {@code ceil(H / stride) x
     *     ceil(W / stride)} cells
     */
    public static Channel<FeatureMap, FeatureBatch> features(String name, int stride) {
        return new FeatureChannel(name, stride, false);
    }

    /**
     * As {@link #features}, on a grid whose cells divide the view evenly: of a view of 512 rows and cells of 14 pixels there are
     * 37, and each has 512 / 37 rows.
     *
     * @param cell pixels of the view for one cell at most, at least 1; a view of {@code H x W} has {@code ceil(H / cell) x
     *     ceil(W / cell)} cells
     */
    public static Channel<FeatureMap, FeatureBatch> evenFeatures(String name, int cell) {
        return new FeatureChannel(name, cell, true);
    }

    /** Mask proposals, as many as each image has; they move by the nearest pixel: {@link MaskBatch}. */
    public static Channel<MaskProposals, MaskBatch> masks(String name) {
        return new MaskChannel(name);
    }

    /** The name, by which messages call it. */
    public final String name() {
        return name;
    }

    /**
     * Refuses what does not belong to an image.
     *
     * @throws IllegalArgumentException saying what the thing is and what was expected
     */
    protected abstract void requireFits(H value, RgbImage image);

    /**
     * The thing as a view of the image shows it, on the heap: what is given is closed afterwards.
     *
     * @param value stays unchanged
     */
    protected abstract H view(H value, ViewGeometry geometry, Resampling resampling);

    /**
     * What a batch has of the things of all its images. Tensors are taken out of the current scope by {@link
     * dev.wsss.core.runtime.Scope#own}, and freed by {@link #close}.
     *
     * @param values of the views, in order
     * @throws IllegalArgumentException if they cannot stand in one batch
     */
    protected abstract D collate(List<H> values, ComputeDevice device);

    /** Frees what {@link #collate} made. */
    protected abstract void close(D collated);

    /**
     * Refuses maps that are not of the image's size.
     *
     * @param what names them in the message, a plural
     * @throws IllegalArgumentException with both sizes
     */
    protected static void requireSize(String what, int height, int width, RgbImage image) {
        if (height != image.height() || width != image.width()) {
            throw new IllegalArgumentException(what + " are " + height + "x" + width + "; expected " + image.height()
                    + "x" + image.width() + " as the image");
        }
    }

    @Override
    public final boolean equals(Object o) {
        return o instanceof Channel<?, ?> other && getClass() == other.getClass() && name.equals(other.name);
    }

    @Override
    public final int hashCode() {
        return 31 * getClass().hashCode() + name.hashCode();
    }

    @Override
    public final String toString() {
        return getClass().getSimpleName() + "[" + name + "]";
    }
}
