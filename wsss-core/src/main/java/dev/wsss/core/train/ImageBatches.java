package dev.wsss.core.train;

import dev.wsss.api.Dataset;
import dev.wsss.api.ImageAugmentation;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelledImage;
import dev.wsss.api.RgbImage;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
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
 * <p>Only tags are read from the dataset, never its masks; labels to train on, such as pseudo labels, are given by
 * {@link Builder#optLabels}. The last, smaller batch of an epoch is left out, unless it is the only one. A sample that
 * cannot be read is left out of its batch, logged once and {@linkplain #failures() listed}.
 */
public final class ImageBatches implements BatchSource<ImageBatch> {
    private static final Logger log = LoggerFactory.getLogger(ImageBatches.class);

    private final Dataset data;
    private final int batchSize;
    private final ImageAugmentation augmentation;
    private final Normalize normalize;
    private final @Nullable IntFunction<LabelMap> labels;
    private final ComputeDevice device;
    private final Map<String, String> failures = new ConcurrentSkipListMap<>();

    private ImageBatches(Builder b, Dataset data) {
        this.data = data.tagsOnly();
        batchSize = Math.min(b.batchSize, data.size());
        augmentation = b.augmentation;
        normalize = b.normalize;
        labels = b.labels;
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
                RgbImage image = data.get(sample).rgb();
                LabelledImage in = new LabelledImage(image, labels == null ? null : labels.apply(sample));
                images.add(augmentation.apply(in, seed, epoch, sample));
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
        return new ImageBatch(x, y, z);
    }

    @Override
    public String toString() {
        return "ImageBatches[" + data.name() + ", " + data.size() + " images in batches of " + batchSize + ", "
                + augmentation + ", " + (labels == null ? "tags" : "labels") + "]";
    }

    /** Settings of batches. */
    public static final class Builder {
        private @Nullable Dataset data;
        private int batchSize;
        private ImageAugmentation augmentation = ImageAugmentation.none();
        private Normalize normalize = Normalize.IMAGENET;
        private @Nullable IntFunction<LabelMap> labels;
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
