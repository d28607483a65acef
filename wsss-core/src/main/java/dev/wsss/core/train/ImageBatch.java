package dev.wsss.core.train;

import dev.wsss.core.runtime.Scope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Images with their tags and, perhaps, their labels, as tensors on one device. */
public final class ImageBatch implements AutoCloseable {
    private final Tensor images;
    private final Tensor tags;
    private final @Nullable Tensor labels;

    ImageBatch(Tensor images, Tensor tags, @Nullable Tensor labels) {
        this.images = Scope.own(images);
        this.tags = Scope.own(tags);
        this.labels = labels == null ? null : Scope.own(labels);
    }

    /** Normalised images, float32 {@code [N][3][H][W]}. */
    public Tensor images() {
        return images;
    }

    /** 1 where the image has the tag, else 0; float32 {@code [N][tagCount]}. */
    public Tensor tags() {
        return tags;
    }

    /**
     * The label of each pixel, or 255; int64 {@code [N][H][W]}.
     *
     * @throws IllegalStateException if the batches were built without labels
     */
    public Tensor labels() {
        if (labels == null) {
            throw new IllegalStateException(
                    "these batches have tags only; ImageBatches.builder().optLabels gives labels");
        }
        return labels;
    }

    /** Number of images. */
    public int size() {
        return Math.toIntExact(images.size(0));
    }

    @Override
    public void close() {
        images.close();
        tags.close();
        if (labels != null) {
            labels.close();
        }
    }
}
