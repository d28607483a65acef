package dev.wsss.systems.dhr;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.transport.Sinkhorn;
import java.util.Arrays;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * DHR's labels of a training crop: the given ones, after {@link DhrSeed} has recovered classes that are missing and {@link
 * DhrRebalancing} has balanced those that are there. Labels are made anew from the given ones in each iteration, without gradient.
 *
 * <p>Heatmaps are resized to the canvas, bilinearly, go through the CRF, and the likeliest class becomes the label of each pixel
 * of the content; so no pixel of it stays unlabelled. A class without a cell of its own disappears.
 *
 * <p>What is out of the ordinary is not silent: {@link Refined#counts} says it of a crop and {@link #counts} of all. Labels stay
 * as they are after the seed where no cell has a label, and where there is one class besides which nothing competes, unless there
 * is no background: then it takes the labelled pixels of the content.
 *
 * <pre>{@code
 * try (DenseCrf crf = DenseCrf.deeplabPytorch().build()) {
 *     DhrRefiner refiner = DhrRefiner.builder().setClasses(classes).optCrf(crf).build();
 *     Tensor labels = refiner.refine(sample);
 * }
 * }</pre>
 *
 * <p>May be used from several threads.
 */
public final class DhrRefiner implements Described {
    private final ClassCatalog classes;
    private final @Nullable DhrSeed seed;
    private final @Nullable DhrRebalancing rebalancing;
    private final @Nullable DenseCrf crf;
    private final Normalize normalize;
    private final DhrCompat compat;
    private Counts counts = Counts.NONE;

    private DhrRefiner(Builder b, ClassCatalog classes) {
        this.classes = classes;
        crf = b.crf;
        normalize = b.normalize;
        compat = b.compat;
        seed = b.seed
                ? DhrSeed.builder()
                        .setClasses(classes)
                        .optTransport(b.transport)
                        .optCrf(b.crf)
                        .optNormalize(b.normalize)
                        .optThresholds(b.foreground, b.background)
                        .optCompat(b.compat)
                        .build()
                : null;
        rebalancing = b.interClass || b.intraClass
                ? DhrRebalancing.builder()
                        .optTau(b.tau)
                        .optTransport(b.transport)
                        .optInterClass(b.interClass)
                        .optIntraClass(b.intraClass)
                        .optCompat(b.compat)
                        .build()
                : null;
    }

    /** Starts a refiner. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * How often something was out of the ordinary.
     *
     * @param crops that were looked at
     * @param untagged crops without a tag: no seeds
     * @param missed tagged classes that have no seed
     * @param unlabelled crops in which no cell has a label: not balanced
     * @param alone crops with cells of one class: not balanced
     * @param dropped classes that could not be told from those like them, as none of the student's cells has them
     * @param lengthless cells whose unsupervised features are 0: similar to nothing
     * @param withoutForeground tagged crops whose new labels are background and nothing else, where there is a background
     */
    public record Counts(
            long crops,
            long untagged,
            long missed,
            long unlabelled,
            long alone,
            long dropped,
            long lengthless,
            long withoutForeground) {
        /** No crop yet. */
        public static final Counts NONE = new Counts(0, 0, 0, 0, 0, 0, 0, 0);

        /** Those of this and of others together. */
        public Counts plus(Counts o) {
            return new Counts(
                    crops + o.crops,
                    untagged + o.untagged,
                    missed + o.missed,
                    unlabelled + o.unlabelled,
                    alone + o.alone,
                    dropped + o.dropped,
                    lengthless + o.lengthless,
                    withoutForeground + o.withoutForeground);
        }
    }

    /**
     * New labels and how they came about, in the scope in which they were made.
     *
     * @param labels int64 {@code [H][W]} on the mask's device
     * @param seeded the labels after the seed
     * @param balanced the heatmaps; null where nothing was to be balanced by the switches
     * @param counts of this crop
     */
    public record Refined(Tensor labels, Tensor seeded, DhrRebalancing.@Nullable Rebalanced balanced, Counts counts) {}

    /** What was out of the ordinary in all crops so far. */
    public synchronized Counts counts() {
        return counts;
    }

    /** What was out of the ordinary since the last call of this, which starts anew. */
    public synchronized Counts takeCounts() {
        Counts taken = counts;
        counts = Counts.NONE;
        return taken;
    }

    private synchronized void add(Counts more) {
        counts = counts.plus(more);
    }

    /**
     * The new labels of a crop: {@link #explain} without the explanation.
     *
     * @return int64 {@code [H][W]} on the mask's device, in the current scope; a new tensor
     */
    public Tensor refine(DhrSample sample) {
        try (Scope scope = Scope.open()) {
            return scope.keep(explain(sample).labels);
        }
    }

    /**
     * The new labels of a crop, and how they came about.
     *
     * @throws IllegalArgumentException if the maps are of another number of classes, or the cells of the features are not of one
     *     size on the canvas, as those of the whole image are on a crop
     * @throws InvalidDataException if a label is of no class, or features are not finite
     */
    public Refined explain(DhrSample sample) {
        requireFits(sample);
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad();
                CropCrf crop = new CropCrf(crf, normalize, sample.image(), sample.content())) {
            Tensor seeded = sample.mask();
            long missed = 0;
            if (seed != null) {
                DhrSeed.Seeds seeds = seed.apply(sample, crop);
                seeded = seeds.mask();
                missed = seeds.missed().length;
            }
            DhrRebalancing.Rebalanced balanced = rebalancing == null
                    ? null
                    : rebalancing.apply(sample.features(), sample.levels(), seeded, sample.content());
            Tensor labels = balanced == null ? seeded.clone() : labelled(sample, seeded, balanced, crop);
            Counts now = count(sample, labels, balanced, missed);
            add(now);
            scope.keep(labels);
            if (seeded != sample.mask()) {
                scope.keep(seeded);
            }
            if (balanced != null) {
                balanced.keepIn(scope);
            }
            return new Refined(labels, seeded, balanced, now);
        }
    }

    private void requireFits(DhrSample sample) {
        long tags = sample.cams().size(0);
        if (tags != classes.tagCount()) {
            throw new IllegalArgumentException("cams must be of " + classes.tagCount() + " classes, got " + tags);
        }
        for (long value : CellGrid.valuesOf(sample.mask())) {
            if (value >= classes.labelCount() && value != LabelMap.IGNORE) {
                throw new InvalidDataException("label " + value + " in a mask; expected 0 to "
                        + (classes.labelCount() - 1) + ", or " + LabelMap.IGNORE);
            }
        }
        CellGrid.of(sample.features()).requireOneSize(sample.height(), sample.width());
    }

    private Tensor labelled(DhrSample sample, Tensor seeded, DhrRebalancing.Rebalanced balanced, CropCrf crop) {
        ContentBox content = sample.content();
        int[] labels = balanced.labels();
        Tensor result = seeded.clone();
        Tensor inside = result.narrow(0, content.top(), content.height()).narrow(1, content.left(), content.width());
        if (labels.length == 1) {
            Scalar only = new Scalar((long) labels[0]);
            if (compat.soleClassSpreads()) {
                inside.fill_(only);
            } else if (!classes.hasBackground()) {
                inside.masked_fill_(inside.ne(new Scalar(LabelMap.IGNORE)), only);
            }
        } else if (labels.length > 1) {
            Tensor heatmaps = Ops.bilinear(balanced.heatmaps().unsqueeze(0), sample.height(), sample.width(), false)
                    .squeeze(0)
                    .narrow(1, content.top(), content.height())
                    .narrow(2, content.left(), content.width());
            Tensor won = (crf == null ? heatmaps : crop.infer(heatmaps)).argmax(new LongOptional(0), false);
            long[] wide = Arrays.stream(labels).asLongStream().toArray();
            Tensor table = Tensors.of(wide, wide.length).to(won.device(), ScalarType.Long);
            inside.copy_(table.index_select(0, won.flatten()).view(content.height(), content.width()));
        }
        return result;
    }

    private Counts count(DhrSample sample, Tensor labels, DhrRebalancing.@Nullable Rebalanced balanced, long missed) {
        boolean tagged = Tensors.item(sample.tags().ne(new Scalar(0)).any()) != 0;
        int classesLeft = balanced == null ? 2 : balanced.labels().length;
        long lengthless = 0;
        if (balanced != null) {
            Tensor size = sample.features().abs().sum(new long[] {0}, false, new ScalarTypeOptional());
            lengthless = (long) Tensors.item(size.eq(new Scalar(0)).sum());
        }
        boolean nothing = Arrays.stream(CellGrid.valuesOf(labels)).allMatch(v -> v == 0 || v == LabelMap.IGNORE);
        return new Counts(
                1,
                tagged ? 0 : 1,
                missed,
                classesLeft == 0 ? 1 : 0,
                classesLeft == 1 ? 1 : 0,
                balanced == null ? 0 : balanced.dropped(),
                lengthless,
                tagged && classes.hasBackground() && nothing ? 1 : 0);
    }

    @Override
    public Description description() {
        Description.Builder b = Description.of("DhrRefiner").put("classes", classes);
        if (seed != null) {
            b.put("seed", seed);
        }
        if (rebalancing != null) {
            b.put("rebalancing", rebalancing);
        }
        if (crf != null) {
            b.put("crf", crf);
        }
        return b.put("normalize", normalize).put("compat", compat).build();
    }

    /** Settings of a refiner: the classes are required, and all else has the published values unless set. */
    public static final class Builder {
        private @Nullable ClassCatalog classes;
        private double tau = 0.8;
        private Sinkhorn transport = Sinkhorn.dhr().build();
        private @Nullable DenseCrf crf;
        private Normalize normalize = Normalize.IMAGENET;
        private double foreground = 0.30;
        private double background = 0.05;
        private boolean seed = true;
        private boolean interClass = true;
        private boolean intraClass = true;
        private DhrCompat compat = DhrCompat.repaired();

        private Builder() {}

        /** The classes, and whether there is a background among the labels. */
        public Builder setClasses(ClassCatalog classes) {
            this.classes = classes;
            return this;
        }

        /** Above which cosine of unsupervised prototypes classes look alike, in [0, 1); 0.8 unless set. */
        public Builder optTau(double tau) {
            if (!(tau >= 0 && tau < 1)) {
                throw new IllegalArgumentException("tau must be 0 or more and below 1, got " + tau);
            }
            this.tau = tau;
            return this;
        }

        /** How transport is solved; {@link Sinkhorn#dhr} unless set. */
        public Builder optTransport(Sinkhorn transport) {
            this.transport = transport;
            return this;
        }

        /** The CRF, as published {@link DenseCrf#deeplabPytorch}; none unless set. It stays the caller's, who closes it. */
        public Builder optCrf(@Nullable DenseCrf crf) {
            this.crf = crf;
            return this;
        }

        /** How images were normalized; by {@link Normalize#IMAGENET} unless set. */
        public Builder optNormalize(Normalize normalize) {
            this.normalize = normalize;
            return this;
        }

        /** The scores of background that seeds compete with: {@link DhrSeed.Builder#optThresholds}. */
        public Builder optSeedThresholds(double foreground, double background) {
            DhrSeed.builder().optThresholds(foreground, background);
            this.foreground = foreground;
            this.background = background;
            return this;
        }

        /** Whether missing classes are recovered; they are unless set. */
        public Builder optSeed(boolean on) {
            seed = on;
            return this;
        }

        /** Whether unsupervised features balance classes; they do unless set. */
        public Builder optInterClass(boolean on) {
            interClass = on;
            return this;
        }

        /** Whether the student's features tell classes apart that look alike; they do unless set. */
        public Builder optIntraClass(boolean on) {
            intraClass = on;
            return this;
        }

        /** Which accidents of the published code to repeat; none unless set. */
        public Builder optCompat(DhrCompat compat) {
            this.compat = compat;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if the classes are not set
         */
        public DhrRefiner build() {
            ClassCatalog c = classes;
            if (c == null) {
                throw new IllegalStateException("setClasses is required");
            }
            return new DhrRefiner(this, c);
        }
    }
}
