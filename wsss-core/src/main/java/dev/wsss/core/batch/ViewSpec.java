package dev.wsss.core.batch;

import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.core.augment.Augmentation;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a view beside the main one is made.
 *
 * <pre>{@code
 * ViewSpec strong = ViewSpec.builder().setName("strong").setAugmentation(colours).build();    // of the main view's crop
 * ViewSpec local = ViewSpec.builder().setName("local").setAugmentation(patch).optSharedDraw(true).build();
 * ViewSpec other = ViewSpec.builder().setName("other").setAugmentation(weak).optOfDataset().build();
 * }</pre>
 */
public final class ViewSpec implements Described {
    private final String name;
    private final Augmentation augmentation;
    private final @Nullable String parent;
    private final boolean sharedDraw;
    private final List<Channel<?, ?>> channels;

    private ViewSpec(Builder b, String name, Augmentation augmentation) {
        this.name = name;
        this.augmentation = augmentation;
        parent = b.parent;
        sharedDraw = b.sharedDraw;
        channels = b.channels;
    }

    /** Starts a view of the main view's images, with a draw for each image, and without channels. */
    public static Builder builder() {
        return new Builder();
    }

    /** The name. */
    public String name() {
        return name;
    }

    Augmentation augmentation() {
        return augmentation;
    }

    /** The name of the view whose images it is made of; empty for the dataset's. */
    Optional<String> parent() {
        return Optional.ofNullable(parent);
    }

    boolean sharedDraw() {
        return sharedDraw;
    }

    List<Channel<?, ?>> channels() {
        return channels;
    }

    @Override
    public Description description() {
        return Description.of("ViewSpec")
                .put("name", name)
                .put("augmentation", augmentation)
                .put("of", parent == null ? "dataset" : parent)
                .put("sharedDraw", sharedDraw)
                .put("channels", channels.stream().map(Channel::toString).toList())
                .build();
    }

    /** Settings of a view; name and augmentation are required. */
    public static final class Builder {
        private @Nullable String name;
        private @Nullable Augmentation augmentation;
        private @Nullable String parent = ImageBatches.MAIN;
        private boolean sharedDraw;
        private List<Channel<?, ?>> channels = List.of();

        private Builder() {}

        /** By what {@link Batch#view(String)} finds it. */
        public Builder setName(String name) {
            this.name = name;
            return this;
        }

        /** What happens to the images that it is made of. */
        public Builder setAugmentation(Augmentation augmentation) {
            this.augmentation = augmentation;
            return this;
        }

        /** Makes it of another view's images, one that comes before it; of the main view's unless set. */
        public Builder optOf(String view) {
            parent = view;
            return this;
        }

        /** Makes it of the dataset's images, with a geometry that has nothing to do with the main view's. */
        public Builder optOfDataset() {
            parent = null;
            return this;
        }

        /** Whether all images of a batch share one draw, such as one place for the patches of CARB; off by default. */
        public Builder optSharedDraw(boolean on) {
            sharedDraw = on;
            return this;
        }

        /** The channels that it carries; none by default. Its parent must carry them too. */
        public Builder optChannels(Channel<?, ?>... channels) {
            this.channels = List.of(channels);
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if name or augmentation is not set
         */
        public ViewSpec build() {
            String n = name;
            Augmentation a = augmentation;
            if (n == null || a == null) {
                throw new IllegalStateException((n == null ? "setName" : "setAugmentation") + " is required");
            }
            return new ViewSpec(this, n, a);
        }
    }
}
