package dev.wsss.core.batch;

import dev.wsss.api.Dataset;
import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.Source;
import dev.wsss.core.augment.Augmentation;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.input.InputCheck;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.train.BatchSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Batches of a dataset's images, shuffled anew in each epoch, augmented, normalized.
 *
 * <pre>{@code
 * ImageBatches batches = ImageBatches.builder()
 *         .setData(train.tagsOnly())
 *         .setBatchSize(16)
 *         .optAugmentation(Augmentation.builder().optCrop(321, 321).optFlip(true).build())
 *         .optChannel(Channel.LABELS, pseudoLabels)
 *         .build();
 * }</pre>
 *
 * <p>Only tags are read from the dataset, never its masks. What to train on beside tags comes by {@link Channel}s, each from
 * a source of its own; it moves with its image. Further {@linkplain Builder#optView views} look at the same images in
 * other ways.
 *
 * <p>The last, smaller batch of an epoch is left out, unless it is the only one. A sample that cannot be read, or lacks
 * something that a channel asks for, is left out, logged once and {@linkplain #failures() listed}; the next sample of the
 * epoch's order takes its place, so that batches are full while there are enough samples.
 */
public final class ImageBatches implements BatchSource<Batch> {
    /** The name of the main view. */
    public static final String MAIN = "main";

    private static final Logger log = LoggerFactory.getLogger(ImageBatches.class);

    private final Dataset data;
    private final int batchSize;
    private final Normalize normalize;
    private final Map<Channel<?, ?>, Source<?>> sources;
    private final List<ViewSpec> views;
    private final ComputeDevice device;
    private final Map<String, String> failures = new ConcurrentSkipListMap<>();

    private ImageBatches(Builder b, Dataset data, List<ViewSpec> views) {
        this.data = data.tagsOnly();
        batchSize = Math.min(b.batchSize, data.size());
        normalize = b.normalize;
        sources = new LinkedHashMap<>(b.sources);
        this.views = List.copyOf(views);
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
    public int images(Batch batch) {
        return batch.size();
    }

    /** Samples that could not be read so far, by id, with the reason. */
    @Override
    public Map<String, String> failures() {
        return Map.copyOf(failures);
    }

    /** The dataset with its tags and images, batch size, augmentations, and where each channel's things come from. */
    @Override
    public Description description() {
        Description.Builder d = Description.of("ImageBatches")
                .put("data", data.describeSamples())
                .put("batchSize", batchSize)
                .put("normalize", normalize);
        views.forEach(v -> d.put("view." + v.name(), v));
        sources.forEach((channel, source) -> d.put("channel." + channel.name(), source));
        return d.build();
    }

    @Override
    public int samples() {
        return data.size();
    }

    @Override
    public InputCheck check() {
        return InputCheck.of(data, this::missing, sample -> SampleViews.read(sample, sources));
    }

    private Optional<String> missing(String id) {
        return sources.values().stream()
                .flatMap(source -> source.missing(id).stream())
                .findFirst();
    }

    @Override
    public Batch load(long seed, int epoch, int index) {
        int[] order = BatchSource.shuffled(data.size(), seed, epoch);
        List<String> ids = new ArrayList<>(batchSize);
        List<float[]> tags = new ArrayList<>(batchSize);
        List<List<ViewItem>> items = new ArrayList<>(batchSize);
        for (int k = 0; k < order.length && items.size() < batchSize; k++) {
            int sample = order[(index * batchSize + k) % order.length];
            if (failures.containsKey(data.id(sample))) {
                continue;
            }
            try {
                items.add(SampleViews.of(data.get(sample), sources, views, new ViewKeys(seed, epoch, sample, index)));
                tags.add(data.tags(sample).toMultiHot());
                ids.add(data.id(sample));
            } catch (InvalidDataException e) {
                if (failures.put(data.id(sample), String.valueOf(e.getMessage())) == null) {
                    log.warn("left out of training: {}", e.getMessage());
                }
            }
        }
        if (items.isEmpty()) {
            throw new InvalidDataException("no image of " + data.name() + " can be trained on; one reason of "
                    + failures.size() + ": " + failures.values().iterator().next());
        }
        return new Batch(ids, tags(tags), views(items));
    }

    private Tensor tags(List<float[]> tags) {
        int count = data.classes().tagCount();
        float[] hot = new float[tags.size() * count];
        for (int i = 0; i < tags.size(); i++) {
            System.arraycopy(tags.get(i), 0, hot, i * count, count);
        }
        return Tensors.to(Tensors.of(hot, tags.size(), count), device);
    }

    private List<View> views(List<List<ViewItem>> items) {
        Map<String, View> made = new LinkedHashMap<>();
        try {
            for (int v = 0; v < views.size(); v++) {
                int view = v;
                ViewSpec spec = views.get(v);
                List<ViewItem> mine = items.stream().map(all -> all.get(view)).toList();
                made.put(
                        spec.name(),
                        ViewItem.collate(spec.name(), spec.parent().map(made::get), mine, normalize, device));
            }
            return List.copyOf(made.values());
        } catch (RuntimeException e) {
            made.values().forEach(View::close);
            throw e;
        }
    }

    @Override
    public String toString() {
        return "ImageBatches[" + data.name() + ", " + data.size() + " images in batches of " + batchSize + ", views "
                + views.stream().map(ViewSpec::name).toList() + ", channels "
                + sources.keySet().stream().map(Channel::name).toList() + "]";
    }

    /** Settings of batches. */
    public static final class Builder {
        private @Nullable Dataset data;
        private int batchSize;
        private Augmentation augmentation = Augmentation.none();
        private Normalize normalize = Normalize.IMAGENET;
        private final Map<Channel<?, ?>, Source<?>> sources = new LinkedHashMap<>();
        private final List<ViewSpec> views = new ArrayList<>();
        private ComputeDevice device = ComputeDevice.CPU;

        private Builder() {}

        /** The images; only their tags are read. */
        public Builder setData(Dataset data) {
            this.data = data;
            return this;
        }

        /** Images in a batch, at least 1. */
        public Builder setBatchSize(int batchSize) {
            if (batchSize < 1) {
                throw new IllegalArgumentException("batch size must be at least 1, got " + batchSize);
            }
            this.batchSize = batchSize;
            return this;
        }

        /** Random changes of the main view; default none. Images of several sizes need one that crops. */
        public Builder optAugmentation(Augmentation augmentation) {
            this.augmentation = augmentation;
            return this;
        }

        /** How pixels become numbers, in all views; default ImageNet's mean and deviation. */
        public Builder optNormalize(Normalize normalize) {
            this.normalize = normalize;
            return this;
        }

        /**
         * Lets the batches carry something beside images and tags. The main view carries all channels, others those that
         * their {@link ViewSpec} names. The source is called from several threads.
         *
         * @throws IllegalArgumentException if the channel has a source already
         */
        public <H> Builder optChannel(Channel<H, ?> channel, Source<? extends H> source) {
            if (sources.put(channel, source) != null) {
                throw new IllegalArgumentException(channel + " has two sources");
            }
            return this;
        }

        /**
         * Adds a view beside the main one.
         *
         * @throws IllegalArgumentException if there is one of that name, or it is made of one that was not added before
         */
        public Builder optView(ViewSpec view) {
            List<String> before = new ArrayList<>(List.of(MAIN));
            views.forEach(v -> before.add(v.name()));
            if (before.contains(view.name())) {
                throw new IllegalArgumentException("there are two views named '" + view.name() + "'");
            }
            view.parent().filter(p -> !before.contains(p)).ifPresent(p -> {
                throw new IllegalArgumentException(
                        "view '" + view.name() + "' is made of '" + p + "'; views before it are " + before);
            });
            views.add(view);
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
         * @throws IllegalStateException if data or batch size are not set
         * @throws IllegalArgumentException if a view names a channel that has no source or that its parent does not carry
         * @throws InvalidDataException if the dataset is empty
         */
        public ImageBatches build() {
            Dataset images = data;
            if (images == null || batchSize == 0) {
                throw new IllegalStateException((images == null ? "setData" : "setBatchSize") + " is required");
            }
            if (images.size() == 0) {
                throw new InvalidDataException("dataset " + images.name() + " is empty");
            }
            List<ViewSpec> all = new ArrayList<>();
            all.add(ViewSpec.builder()
                    .setName(MAIN)
                    .setAugmentation(augmentation)
                    .optOfDataset()
                    .optChannels(sources.keySet().toArray(Channel<?, ?>[]::new))
                    .build());
            all.addAll(views);
            Map<String, List<Channel<?, ?>>> carried =
                    all.stream().collect(Collectors.toMap(ViewSpec::name, ViewSpec::channels));
            for (ViewSpec view : views) {
                List<Channel<?, ?>> there = view.parent()
                        .map(p -> carried.getOrDefault(p, List.of()))
                        .orElseGet(() -> List.copyOf(sources.keySet()));
                for (Channel<?, ?> channel : view.channels()) {
                    if (!there.contains(channel)) {
                        throw new IllegalArgumentException(
                                "view '" + view.name() + "' asks for " + channel + "; what it is made of has " + there);
                    }
                }
            }
            return new ImageBatches(this, images, all);
        }
    }
}
