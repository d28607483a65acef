package dev.wsss.core.train;

import dev.wsss.api.Dataset;
import dev.wsss.api.ImageAugmentation;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelledImage;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Batches of a dataset's images, shuffled anew in each epoch, augmented, normalised.
 *
 * <pre>{@code
 * ImageBatches batches = ImageBatches.builder()
 *         .setData(train.tagsOnly())
 *         .setBatchSize(16)
 *         .optAugmentation(Augmentation.builder().optCrop(321, 321).optFlip(true).build())
 *         .build();
 * }</pre>
 *
 * <p>Only tags are read from the dataset, never its masks; labels and scores to train on, such as pseudo labels and
 * saliency, are given by {@link Builder#optLabels} and {@link Builder#optScores}. The last, smaller batch of an epoch is left out, unless it is the only one. A sample that
 * cannot be read is left out of its batch, logged once and {@linkplain #failures() listed}.
 */
public final class ImageBatches implements BatchSource<ImageBatch> {
    private static final Logger log = LoggerFactory.getLogger(ImageBatches.class);

    private final Dataset data;
    private final int batchSize;
    private final ImageAugmentation augmentation;
    private final Normalize normalize;
    private final @Nullable IntFunction<LabelMap> labels;
    private final @Nullable Function<Sample, List<ScoreMaps>> scores;
    private final ComputeDevice device;
    private final Map<String, String> failures = new ConcurrentSkipListMap<>();

    private ImageBatches(Builder b, Dataset data) {
        this.data = data.tagsOnly();
        batchSize = Math.min(b.batchSize, data.size());
        augmentation = b.augmentation;
        normalize = b.normalize;
        labels = b.labels;
        scores = b.scores;
        device = b.device;
    }

    /** A new builder. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public int batchesPerEpoch() {
        return data.size() / batchSize;
    }

    @Override
    public int images(ImageBatch batch) {
        return batch.size();
    }

    /** Samples that could not be read so far, by id, with the reason. */
    public Map<String, String> failures() {
        return Map.copyOf(failures);
    }

    @Override
    public ImageBatch load(long seed, int epoch, int index) {
        int[] order = BatchSource.shuffled(data.size(), seed, epoch);
        List<LabelledImage> images = new ArrayList<>(batchSize);
        List<float[]> tags = new ArrayList<>(batchSize);
        for (int i = index * batchSize; i < (index + 1) * batchSize; i++) {
            int sample = order[i];
            try {
                images.add(changed(sample, seed, epoch));
                tags.add(data.tags(sample).toMultiHot());
            } catch (InvalidDataException e) {
                if (failures.put(data.id(sample), String.valueOf(e.getMessage())) == null) {
                    log.warn("left out of training: {}", e.getMessage());
                }
            }
        }
        if (images.isEmpty()) {
            throw new InvalidDataException(
                    "no image of a batch of " + batchSize + " from " + data.name() + " can be read; the last reason: "
                            + failures.values().iterator().next());
        }
        return batch(images, tags);
    }

    private LabelledImage changed(int index, long seed, int epoch) {
        Sample sample = data.get(index);
        List<ScoreMaps> given = scores == null ? List.of() : scores.apply(sample);
        try {
            LabelMap map = labels == null ? null : labels.apply(index);
            return augmentation.apply(new LabelledImage(sample.rgb(), map, host(given)), seed, epoch, index);
        } catch (IllegalArgumentException e) {
            // what was given for the sample does not fit its image
            throw new InvalidDataException("sample '" + sample.id() + "': " + e.getMessage(), e);
        } finally {
            given.forEach(ScoreMaps::close);
        }
    }

    /** Without an augmentation these very maps are the batch's, so they must outlive the given ones. */
    private static List<ScoreMaps> host(List<ScoreMaps> given) {
        return given.stream()
                .map(m -> ScoreMaps.of(m.labels(), m.height(), m.width(), m.toArray()))
                .toList();
    }

    private ImageBatch batch(List<LabelledImage> images, List<float[]> tags) {
        int n = images.size();
        int h = images.get(0).image().height();
        int w = images.get(0).image().width();
        float[] pixels = new float[Math.multiplyExact(n, 3 * h * w)];
        float[] hot = new float[n * data.classes().tagCount()];
        long[] targets = new long[labels == null ? 0 : n * h * w];
        for (int i = 0; i < n; i++) {
            RgbImage image = images.get(i).image();
            if (image.height() != h || image.width() != w) {
                throw new InvalidDataException(
                        "a batch needs images of one size, got " + h + "x" + w + " and " + image.height() + "x"
                                + image.width() + "; crop them by an augmentation, or use batches of one");
            }
            float[] normalized = normalize.apply(image);
            System.arraycopy(normalized, 0, pixels, i * normalized.length, normalized.length);
            float[] mine = tags.get(i);
            System.arraycopy(mine, 0, hot, i * mine.length, mine.length);
            LabelMap map = images.get(i).labels();
            if (map != null) {
                byte[] bytes = map.toArray();
                for (int p = 0; p < bytes.length; p++) {
                    targets[i * h * w + p] = bytes[p] & 255;
                }
            }
        }
        Tensor x = Tensors.to(Tensors.of(pixels, n, 3, h, w), device);
        Tensor y = Tensors.to(Tensors.of(hot, n, data.classes().tagCount()), device);
        Tensor z = labels == null ? null : Tensors.to(Tensors.of(targets, n, h, w), device);
        return new ImageBatch(
                x, y, z, images.stream().map(LabelledImage::scores).toList());
    }

    @Override
    public String toString() {
        return "ImageBatches[" + data.name() + ", " + data.size() + " images in batches of " + batchSize + ", "
                + augmentation + ", " + (labels == null ? "tags" : "labels")
                + (scores == null ? "" : ", scores") + "]";
    }

    /** Settings of batches. */
    public static final class Builder {
        private @Nullable Dataset data;
        private int batchSize;
        private ImageAugmentation augmentation = ImageAugmentation.none();
        private Normalize normalize = Normalize.IMAGENET;
        private @Nullable IntFunction<LabelMap> labels;
        private @Nullable Function<Sample, List<ScoreMaps>> scores;
        private ComputeDevice device = ComputeDevice.CPU;

        private Builder() {}

        /** The images; only their tags are read. */
        public Builder setData(Dataset data) {
            this.data = data;
            return this;
        }

        /** Images in a batch, at least 1. */
        public Builder setBatchSize(int batchSize) {
            this.batchSize = batchSize;
            return this;
        }

        /** Random changes; default none. Images of several sizes need one that crops. */
        public Builder optAugmentation(ImageAugmentation augmentation) {
            this.augmentation = augmentation;
            return this;
        }

        /** How pixels become numbers; default ImageNet's mean and deviation. */
        public Builder optNormalize(Normalize normalize) {
            this.normalize = normalize;
            return this;
        }

        /** Labels to train on, by the index of the sample and of the image's size; default none. */
        public Builder optLabels(IntFunction<LabelMap> labels) {
            this.labels = labels;
            return this;
        }

        /**
         * Score maps to train with, such as saliency, as many for each sample and of its image's size; default none.
         * Called from several threads. They are closed when they have been read.
         */
        public Builder optScores(Function<Sample, List<ScoreMaps>> scores) {
            this.scores = scores;
            return this;
        }

        /** Where the tensors go; default the CPU. */
        public Builder optDevice(ComputeDevice device) {
            this.device = device;
            return this;
        }

        /**
         * Builds.
         *
         * @throws InvalidDataException if the dataset is empty
         */
        public ImageBatches build() {
            Dataset images = Objects.requireNonNull(data, "setData was not called");
            if (batchSize < 1) {
                throw new IllegalArgumentException("batch size must be at least 1, got " + batchSize);
            }
            if (images.size() == 0) {
                throw new InvalidDataException("dataset " + images.name() + " is empty");
            }
            return new ImageBatches(this, images);
        }
    }
}
