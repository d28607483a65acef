package dev.wsss.core.augment;

import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.SplitMix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
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
 * <p>Where a view reaches beyond the image, pixels are {@linkplain Builder#optFill the fill colour}, labels {@link
 * LabelMap#IGNORE}, scores 0. What happens is a function of the generator's keys alone, so that a resumed or distributed
 * training sees the same images.
 *
 * <p>Immutable and safe for use from several threads.
 */
public final class Augmentation implements Described {
    /** ImageNet's mean colour, which normalizes to zero. */
    private static final int MEAN_COLOUR = 0x7C7468;

    private static final Augmentation NONE = builder().build();

    private final List<Transform> transforms;
    private final Resampling resampling;
    private final int fill;

    private Augmentation(List<Transform> transforms, Resampling resampling, int fill) {
        this.transforms = List.copyOf(transforms);
        this.resampling = resampling;
        this.fill = fill;
    }

    /** Leaves everything as it is. */
    public static Augmentation none() {
        return NONE;
    }

    /** Transforms in an order of one's own, drawn and applied one after the other; bilinear, with the mean as fill. */
    public static Augmentation of(Transform... transforms) {
        return new Augmentation(List.of(transforms), Resampling.DEFAULT, MEAN_COLOUR);
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
        ViewDraft draft = new ViewDraft(image, labels);
        transforms.forEach(t -> t.draw(draft, random));
        return new DrawnView(draft.geometry(), draft.pixels(), resampling, fill);
    }

    @Override
    public Description description() {
        return Description.of("Augmentation")
                .put("transforms", transforms)
                .put("interpolation", resampling.interpolation())
                .put("nearest", resampling.nearest())
                .put("fill", "%06x".formatted(fill))
                .build();
    }

    @Override
    public String toString() {
        return description().toString();
    }

    /** Collects what may happen to an image; everything is off at first. */
    public static final class Builder {
        private RandomScale scale = new RandomScale(1, 1);
        private @Nullable RandomLongSide longSide;
        private @Nullable RandomCrop crop;
        private RandomFlip flip = new RandomFlip(0);
        private ColourJitter jitter = new ColourJitter(0, 0, 0);
        private @Nullable HsvShift hsv;
        private final List<Transform> more = new ArrayList<>();
        private Resampling resampling = Resampling.DEFAULT;
        private int fill = MEAN_COLOUR;

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
            longSide = new RandomLongSide(min, max);
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
            flip = new RandomFlip(on ? 0.5 : 0);
            return this;
        }

        /** Multiplies brightness, contrast and saturation: {@link ColourJitter}. */
        public Builder optColourJitter(double brightness, double contrast, double saturation) {
            jitter = new ColourJitter(brightness, contrast, saturation);
            return this;
        }

        /** Shifts hue, saturation and value: {@link HsvShift}. */
        public Builder optHsvShift(double hue, double saturation, double value) {
            hsv = new HsvShift(hue, saturation, value);
            return this;
        }

        /** Adds transforms after all others. */
        public Builder optTransforms(Transform... transforms) {
            more.addAll(List.of(transforms));
            return this;
        }

        /** The colour of padding, 0xRRGGBB; default the mean colour of ImageNet, (124, 116, 104). */
        public Builder optFill(int rgb) {
            if (rgb < 0 || rgb > 0xFFFFFF) {
                throw new IllegalArgumentException("fill is " + rgb + "; expected 0xRRGGBB");
            }
            fill = rgb;
            return this;
        }

        /** Makes the augmentation. */
        public Augmentation build() {
            List<Transform> all = new ArrayList<>();
            // all draw, whether or not they change anything: switching one on must not shift what the others draw
            all.add(longSide == null ? scale : new RandomScale(1, 1));
            if (longSide != null) {
                all.add(longSide);
            }
            all.add(flip);
            if (crop != null) {
                all.add(crop);
            } else {
                all.add(new Unused(2));
            }
            all.add(jitter);
            if (hsv != null) {
                all.add(hsv);
            }
            all.addAll(more);
            return new Augmentation(all, resampling, fill);
        }
    }

    /** Draws numbers in place of a transform that is off. */
    private record Unused(int draws) implements Transform {
        @Override
        public void draw(ViewDraft draft, SplitMix random) {
            for (int i = 0; i < draws; i++) {
                random.nextLong();
            }
        }

        @Override
        public Description description() {
            return Description.of("Unused").putAll(this).build();
        }
    }
}
