package dev.wsss.core.augment;

import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.SplitMix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The random changes to a training image: a list of {@link Transform}s that draw one geometry, which all maps of the image
 * follow, and changes of colours.
 *
 * <pre>{@code
 * Augmentation augmentation = Augmentation.builder()
 *         .optScale(0.5, 1.5)
 *         .optCrop(321, 321)
 *         .optFlip(true)
 *         .optColourJitter(0.3, 0.3, 0.3)
 *         .build();
 * DrawnView drawn = augmentation.draw(image, new SplitMix(1, 0, 7));
 * RgbImage changed = drawn.image(image);
 * LabelMap labels = Views.labels(pseudoLabel, drawn.geometry());
 * }</pre>
 *
 * <p>The builder has the usual transforms in the usual order: scale, flip, crop, colours. Others, and other orders, are
 * given as a list; {@linkplain dev.wsss.core.augment the package} has those of published systems.
 *
 * <p>Where a view reaches beyond the image, pixels are 0 after normalization or {@linkplain Builder#optFill a fill colour},
 * labels {@link LabelMap#IGNORE}, scores 0. What happens is a function of the generator's keys alone, so that a resumed or
 * distributed training sees the same images.
 *
 * <p>Immutable and safe for use from several threads.
 */
public final class Augmentation implements Described {
    private static final Augmentation NONE = builder().build();

    private final List<Transform> transforms;
    private final Resampling resampling;
    private final OptionalInt fill;
    /** For each transform what its generator is keyed by, beside the view's. */
    private final long[][] keys;

    private Augmentation(List<Transform> transforms, Resampling resampling, OptionalInt fill) {
        this.transforms = List.copyOf(transforms);
        this.resampling = resampling;
        this.fill = fill;
        keys = keys(transforms);
    }

    /** The kind, and how many of the kind there are before: no other transform's draws shift by adding one. */
    private static long[][] keys(List<Transform> transforms) {
        Map<String, Integer> before = new HashMap<>();
        long[][] keys = new long[transforms.size()][];
        for (int i = 0; i < keys.length; i++) {
            String kind = transforms.get(i).description().kind();
            keys[i] = new long[] {kind.hashCode(), before.merge(kind, 1, Integer::sum)};
        }
        return keys;
    }

    /** Leaves everything as it is. */
    public static Augmentation none() {
        return NONE;
    }

    /** Transforms in an order of one's own, drawn and applied one after the other; bilinear, with the mean as fill. */
    public static Augmentation of(Transform... transforms) {
        return new Augmentation(List.of(transforms), Resampling.DEFAULT, OptionalInt.empty());
    }

    /** A new builder of the usual transforms in the usual order; without options, images stay as they are. */
    public static Builder builder() {
        return new Builder();
    }

    /** Draws what happens to an image. */
    public DrawnView draw(RgbImage image, SplitMix random) {
        return draw(image, Optional::empty, random);
    }

    /** As {@link #draw(RgbImage, SplitMix)}, for transforms that choose by the image's labels. */
    public DrawnView draw(RgbImage image, Supplier<Optional<LabelMap>> labels, SplitMix random) {
        ViewDraft draft = new ViewDraft(image, labels, resampling.nearest());
        long key = random.nextLong();
        for (int i = 0; i < keys.length; i++) {
            transforms.get(i).draw(draft, new SplitMix(key, keys[i][0], keys[i][1]));
        }
        return new DrawnView(draft.geometry(), draft.stages(), resampling, fill);
    }

    @Override
    public Description description() {
        return Description.of("Augmentation")
                .put("transforms", transforms)
                .put("interpolation", resampling.interpolation())
                .put("nearest", resampling.nearest())
                .put("fill", fill.isPresent() ? "%06x".formatted(fill.getAsInt()) : "mean")
                .build();
    }

    @Override
    public String toString() {
        return description().toString();
    }

    /** Collects what may happen to an image; everything is off at first. */
    public static final class Builder {
        private @Nullable Transform scale;
        private @Nullable Transform crop;
        private @Nullable Transform flip;
        private @Nullable Transform jitter;
        private @Nullable Transform hsv;
        private final List<Transform> more = new ArrayList<>();
        private Resampling resampling = Resampling.DEFAULT;
        private OptionalInt fill = OptionalInt.empty();

        private Builder() {}

        /** Scales by a factor drawn uniformly from this range, within 0.01 to 100. */
        public Builder optScale(double min, double max) {
            scale = new RandomScale(min, max);
            return this;
        }

        /**
         * Scales so that the longer side has a number of pixels drawn uniformly from this range, both ends included, in
         * place of {@link #optScale}.
         */
        public Builder optLongSide(int min, int max) {
            scale = new RandomLongSide(min, max);
            return this;
        }

        /** Whether images and scores are resampled by {@link Interpolation#BICUBIC}; otherwise it is bilinear. */
        public Builder optBicubic(boolean bicubic) {
            return optResampling(Resampling.of(bicubic ? Interpolation.BICUBIC : Interpolation.BILINEAR));
        }

        /** How images and their maps are resampled; default {@link Resampling#DEFAULT}. */
        public Builder optResampling(Resampling resampling) {
            this.resampling = resampling;
            return this;
        }

        /** Cuts out, or pads to, this many pixels: {@link RandomCrop}. */
        public Builder optCrop(int height, int width) {
            crop = new RandomCrop(height, width);
            return this;
        }

        /** Whether every second image, by chance, is mirrored left to right. */
        public Builder optFlip(boolean on) {
            flip = on ? new RandomFlip(0.5) : null;
            return this;
        }

        /** Multiplies brightness, contrast and saturation, and leaves the hue: {@link ColourJitter}. */
        public Builder optColourJitter(double brightness, double contrast, double saturation) {
            return optColourJitter(brightness, contrast, saturation, 0);
        }

        /** Multiplies brightness, contrast and saturation, and turns the hue: {@link ColourJitter}. */
        public Builder optColourJitter(double brightness, double contrast, double saturation, double hue) {
            jitter = new ColourJitter(brightness, contrast, saturation, hue);
            return this;
        }

        /** Shifts hue, saturation and value by whole steps: {@link HsvShift}. */
        public Builder optHsvShift(int hue, int saturation, int value) {
            hsv = new HsvShift(hue, saturation, value);
            return this;
        }

        /** Adds transforms after all others. */
        public Builder optTransforms(Transform... transforms) {
            more.addAll(List.of(transforms));
            return this;
        }

        /**
         * The colour of padding, 0xRRGGBB. Unless it is set, padding is 0 after normalization, and ImageNet's mean colour,
         * (124, 116, 104), where pixels are seen before.
         */
        public Builder optFill(int rgb) {
            if (rgb < 0 || rgb > 0xFFFFFF) {
                throw new IllegalArgumentException("fill is " + rgb + "; expected 0xRRGGBB");
            }
            fill = OptionalInt.of(rgb);
            return this;
        }

        /** Makes the augmentation. */
        public Augmentation build() {
            List<Transform> all = new ArrayList<>();
            Stream.of(scale, flip, crop, jitter, hsv).filter(Objects::nonNull).forEach(all::add);
            all.addAll(more);
            return new Augmentation(all, resampling, fill);
        }
    }
}
