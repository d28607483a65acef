package dev.wsss.core.train;

import dev.wsss.api.ScoreMaps;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Images with their tags and, perhaps, their labels and scores; all but the scores as tensors on one device. */
public final class ImageBatch implements AutoCloseable {
    private final Tensor images;
    private final Tensor tags;
    private final @Nullable Tensor labels;
    private final List<List<ScoreMaps>> scores;

    /** @param scores of each image; none of any where the batches have no scores */
    ImageBatch(Tensor images, Tensor tags, @Nullable Tensor labels, List<List<ScoreMaps>> scores) {
        this.images = Scope.own(images);
        this.tags = Scope.own(tags);
        this.labels = labels == null ? null : Scope.own(labels);
        this.scores = scores;
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

    /**
     * The score maps of an image, in the order in which {@code optScores} gave them, each of the images' size.
     *
     * @throws IllegalStateException if the batches were built without scores
     */
    public List<ScoreMaps> scores(int image) {
        List<ScoreMaps> all = scores.get(image);
        if (all.isEmpty()) {
            throw new IllegalStateException(
                    "these batches have no scores; ImageBatches.builder().optScores gives them");
        }
        return all;
    }

    /**
     * One of the score maps of all images as a tensor, float32 {@code [N][K][H][W]}, on the images' device, in the
     * current scope.
     *
     * @param which its place among an image's scores
     * @throws IllegalStateException if the batches were built without scores
     * @throws IllegalArgumentException if the images have different labels there
     */
    public Tensor scoreTensor(int which) {
        int[] labels = scores(0).get(which).labels();
        int h = Math.toIntExact(images.size(2));
        int w = Math.toIntExact(images.size(3));
        float[] values = new float[Math.multiplyExact(size() * labels.length, h * w)];
        for (int i = 0; i < size(); i++) {
            ScoreMaps maps = scores(i).get(which);
            if (!Arrays.equals(maps.labels(), labels)) {
                throw new IllegalArgumentException("images of a batch have scores of different labels: "
                        + Arrays.toString(labels) + " and " + Arrays.toString(maps.labels()));
            }
            System.arraycopy(maps.toArray(), 0, values, i * labels.length * h * w, labels.length * h * w);
        }
        return Tensors.of(values, size(), labels.length, h, w).to(images.device(), images.scalar_type());
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
