package dev.wsss.systems.look;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.Segmenter;
import dev.wsss.core.cam.Cam;
import dev.wsss.core.cam.CamNetwork;
import dev.wsss.core.cam.ImagePyramid;
import dev.wsss.core.crf.CrfLabelRule;
import dev.wsss.core.crf.CrfRefiner;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.image.PixelLimit;
import dev.wsss.core.image.Resize;
import dev.wsss.core.label.Background;
import dev.wsss.core.label.ThresholdRule;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.cam.ImageNetClasses;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Looks at photographs with a classifier of ImageNet: what is in them, and where.
 *
 * <pre>{@code
 * try (DenseCrf crf = DenseCrf.psa(1).build()) {
 *     PhotoLook look = PhotoLook.builder()
 *             .setClassifier(TfliteNetworks.classifier(file))
 *             .optNormalize(TfliteNetworks.normalize(file))
 *             .optCrf(crf)
 *             .build();
 *     Look found = look.look(photo);                                     // the likeliest class
 *     Look tagged = look.look(photo, List.of(ImageNetTag.of("dog"), ImageNetTag.of("sofa")));
 * }
 * }</pre>
 *
 * <p><b>Size.</b> The network sees the whole photograph at its aspect, at scale 1 with a shorter side of 224 pixels, which
 * is how large things were when it was trained; in pieces of 224 it would miss what the rest of a thing tells. Scale 2
 * shows smaller parts. So that time and memory have a bound, scale 1 has at most 16 times 224x224 pixels, which a photograph
 * of a longer aspect than 1:16 meets with a smaller side; and photographs of more than {@link Builder#optMaxPixels} are
 * reduced, as is all of their {@link Look}.
 *
 * <p><b>Probabilities</b> are the softmax of the logits at scale 1, the mean of the photograph and its mirror image.
 *
 * <p><b>Maps</b> are exact class activation maps (Zhou et al., CVPR 2016): for each scale the classifier at each position,
 * bias included, rectified; summed over scales and mirror images; from 0 to 1 over the photograph.
 *
 * <p>The parts stay the caller's. The classifier is put into evaluation mode. Any number of threads may look.
 */
public final class PhotoLook {
    private static final int SIDE = 224;
    private static final long MOST_AT_SCALE_1 = 16L * SIDE * SIDE;

    private final Classifier classifier;
    private final Normalize normalize;
    private final ComputeDevice device;
    private final double[] scales;
    private final int top;
    private final int listed;
    private final ThresholdRule threshold;
    private final @Nullable CrfLabelRule crf;
    private final @Nullable Segmenter segmenter;
    private final ClassCatalog segmenterClasses;
    private final int segmenterSide;
    private final PixelLimit maxPixels;

    private PhotoLook(Builder b, Classifier classifier) {
        this.classifier = classifier;
        normalize = b.normalize;
        device = b.device;
        scales = b.scales;
        top = b.top;
        listed = Math.max(b.top, b.listed);
        threshold = ThresholdRule.of(b.threshold);
        crf = b.crf == null
                ? null
                : CrfLabelRule.of(CrfRefiner.builder()
                        .setCrf(b.crf)
                        .optBackground(Background.constant(b.threshold))
                        .build());
        segmenter = b.segmenter;
        segmenterClasses = b.segmenterClasses;
        segmenterSide = b.segmenterSide;
        maxPixels = new PixelLimit(b.maxPixels);
        classifier.train(false);
    }

    /** Starts with scales 1, 1.5 and 2, the likeliest class, a background threshold of 0.3, no CRF and no segmenter. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Looks for the likeliest classes, as many as {@link Builder#optTop} says.
     *
     * @throws IllegalArgumentException if the classifier has neither 1000 nor 1001 outputs
     * @throws InvalidDataException if the network gives numbers that are not finite
     */
    public Look look(RgbImage photo) {
        RgbImage image = maxPixels.apply(photo);
        double[] probabilities = probabilities(image);
        List<LikelyClass> likeliest = likeliest(probabilities);
        Map<String, LikelyClass> shown = new LinkedHashMap<>();
        for (LikelyClass each : likeliest.subList(0, top)) {
            // "crane" is the bird and the machine
            shown.put(shown.containsKey(each.name()) ? each.name() + " " + each.index() : each.name(), each);
        }
        return look(image, likeliest, shown);
    }

    /**
     * Looks for tags: for each, the map of the likeliest of its classes.
     *
     * @param tags at least one, of different names
     * @throws IllegalArgumentException if there is no tag, or two have one name; or as {@link #look(RgbImage)}
     * @throws InvalidDataException as {@link #look(RgbImage)}
     */
    public Look look(RgbImage photo, List<ImageNetTag> tags) {
        if (tags.isEmpty() || tags.size() >= ClassCatalog.MAX_LABELS) {
            throw new IllegalArgumentException(
                    "expected 1 to " + (ClassCatalog.MAX_LABELS - 1) + " tags, got " + tags.size());
        }
        RgbImage image = maxPixels.apply(photo);
        double[] probabilities = probabilities(image);
        Map<String, LikelyClass> shown = new LinkedHashMap<>();
        for (ImageNetTag tag : tags) {
            LikelyClass best = tag.classes().stream()
                    .map(index -> new LikelyClass(index, probabilities[index]))
                    .max(Comparator.comparingDouble(LikelyClass::probability))
                    .orElseThrow();
            if (shown.put(tag.name(), best) != null) {
                throw new IllegalArgumentException("tag '" + tag.name() + "' stands twice");
            }
        }
        return look(image, likeliest(probabilities), shown);
    }

    /** What scale 1 is, as a factor of an image's sides, times a scale; no side becomes less than a pixel. */
    private static double factor(RgbImage image, double scale) {
        double shorter = Math.min(image.height(), image.width());
        double most = Math.sqrt((double) MOST_AT_SCALE_1 / ((double) image.height() * image.width()));
        return Math.max(1 / shorter, Math.min(SIDE / shorter, most) * scale);
    }

    /** Of the 1000 classes. */
    private double[] probabilities(RgbImage image) {
        float[] all = Torch.call(() -> {
            try (Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                Tensor pair = ImagePyramid.level(image, factor(image, 1), normalize, true, device);
                return Tensors.toFloats(classifier.forward(pair).mean(0).softmax(0));
            }
        });
        int first = ImageNetClasses.namesOf(all.length).size() - ImageNetClasses.COUNT;
        double[] probabilities = new double[ImageNetClasses.COUNT];
        for (int i = 0; i < probabilities.length; i++) {
            probabilities[i] = all[first + i];
            if (!Double.isFinite(probabilities[i])) {
                throw new InvalidDataException("the network gives probability " + probabilities[i] + " for class " + i
                        + " and an image of " + image.height() + "x" + image.width() + "; its weights are broken");
            }
        }
        return probabilities;
    }

    private List<LikelyClass> likeliest(double[] probabilities) {
        return IntStream.range(0, probabilities.length)
                .mapToObj(i -> new LikelyClass(i, probabilities[i]))
                .sorted(Comparator.comparingDouble(LikelyClass::probability).reversed())
                .limit(listed)
                .toList();
    }

    private Look look(RgbImage image, List<LikelyClass> likeliest, Map<String, LikelyClass> shown) {
        ClassCatalog classes = ClassCatalog.withBackground(List.copyOf(shown.keySet()));
        List<LikelyClass> found = List.copyOf(shown.values());
        int[] tags = IntStream.range(0, found.size()).toArray();
        Sample sample = new Sample("photograph", image, ImageTags.of(classes, tags));
        try (ScoreMaps maps = cam(image, found).generate(sample)) {
            ScoreMaps scores = ScoreMaps.of(maps.labels(), maps.height(), maps.width(), maps.toArray());
            LabelMap raw = threshold.label(sample, scores);
            LabelMap refined = crf == null ? null : crf.label(sample, scores);
            return new Look(
                    image, likeliest, classes, found, scores, raw, refined, supervised(image, found, raw, refined));
        }
    }

    /** The generator for one image, as its scales are those of the network's size; its tags are the classes found. */
    private Cam cam(RgbImage image, List<LikelyClass> found) {
        CamNetwork network = images -> {
            try (Scope scope = Scope.open()) {
                Tensor all = classifier.activations(images);
                long first = all.size(1) - ImageNetClasses.COUNT;
                long[] outputs =
                        found.stream().mapToLong(each -> first + each.index()).toArray();
                Tensor index = Tensors.of(outputs, outputs.length);
                return scope.keep(all.index_select(1, index.to(all.device(), index.scalar_type())));
            }
        };
        return Cam.builder()
                .setNetwork(network)
                .optScales(
                        Arrays.stream(scales).map(scale -> factor(image, scale)).toArray())
                .optNormalize(normalize)
                .optDevice(device)
                .build();
    }

    private Look.@Nullable Supervised supervised(
            RgbImage image, List<LikelyClass> found, LabelMap raw, @Nullable LabelMap refined) {
        if (segmenter == null) {
            return null;
        }
        double factor = (double) segmenterSide / Math.max(image.height(), image.width());
        RgbImage seen = Resize.PIL_BILINEAR.apply(image, (int) Math.max(1, Math.rint(image.height() * factor)), (int)
                Math.max(1, Math.rint(image.width() * factor)));
        LabelMap labels = Resize.PIL_NEAREST.apply(segmenter.segment(seen), image.height(), image.width());
        labels.requireLabels("the segmenter's map", segmenterClasses);
        Map<String, Set<Integer>> corresponding = new LinkedHashMap<>();
        for (int k = 0; k < found.size(); k++) {
            int label = k + 1;
            VocGroups.of(found.get(k).index())
                    .filter(name -> segmenterClasses.findTag(name).isPresent())
                    .ifPresent(name -> corresponding
                            .computeIfAbsent(name, group -> new TreeSet<>())
                            .add(label));
        }
        List<Agreement> agreements = new ArrayList<>();
        corresponding.forEach((name, ours) -> {
            int theirs = segmenterClasses.labelOfTag(segmenterClasses.requireTag(name));
            agreements.add(new Agreement(
                    name,
                    Agreement.iou(raw, ours::contains, labels, label -> label == theirs),
                    refined == null
                            ? Double.NaN
                            : Agreement.iou(refined, ours::contains, labels, label -> label == theirs)));
        });
        if (agreements.isEmpty()
                && segmenterClasses.hasBackground()
                && labels.histogram()[0] < image.height() * image.width()) {
            agreements.add(new Agreement(
                    "foreground",
                    Agreement.iou(raw, label -> label > 0, labels, label -> label > 0),
                    refined == null
                            ? Double.NaN
                            : Agreement.iou(refined, label -> label > 0, labels, label -> label > 0)));
        }
        return new Look.Supervised(segmenterClasses, labels, agreements);
    }

    /** Settings of a {@link PhotoLook}. */
    public static final class Builder {
        private @Nullable Classifier classifier;
        private Normalize normalize = Normalize.IMAGENET;
        private ComputeDevice device = ComputeDevice.CPU;
        private double[] scales = {1, 1.5, 2};
        private int top = 1;
        private int listed = 5;
        private double threshold = 0.3;
        private @Nullable DenseCrf crf;
        private @Nullable Segmenter segmenter;
        private ClassCatalog segmenterClasses = ClassCatalog.withBackground(List.of());
        private int segmenterSide;
        private int maxPixels = 1 << 20;

        private Builder() {}

        /** The classifier, of ImageNet's 1000 classes or of these behind a background; stays the caller's. Required. */
        public Builder setClassifier(Classifier classifier) {
            this.classifier = classifier;
            return this;
        }

        /** How bytes become the classifier's input; {@link Normalize#IMAGENET} by default. */
        public Builder optNormalize(Normalize normalize) {
            this.normalize = normalize;
            return this;
        }

        /** Where the classifier is; the CPU by default. */
        public Builder optDevice(ComputeDevice device) {
            this.device = device;
            return this;
        }

        /**
         * The scales of the maps, where 1 is the network's own size; 1, 1.5 and 2 by default.
         *
         * @throws IllegalArgumentException if there is none, or one is not above 0 and at most 8
         */
        public Builder optScales(double... scales) {
            if (scales.length == 0 || !Arrays.stream(scales).allMatch(scale -> scale > 0 && scale <= 8)) {
                throw new IllegalArgumentException(
                        "scales must be at least one, each above 0 and at most 8, got " + Arrays.toString(scales));
            }
            this.scales = scales.clone();
            return this;
        }

        /**
         * How many of the likeliest classes get a map where no tags are given; 1 by default, as the next ones are often
         * other names for the same thing.
         *
         * @throws IllegalArgumentException if it is not in 1..254
         */
        public Builder optTop(int classes) {
            if (classes < 1 || classes >= ClassCatalog.MAX_LABELS) {
                throw new IllegalArgumentException("top must be in 1..254, got " + classes);
            }
            top = classes;
            return this;
        }

        /**
         * How many of the likeliest classes are listed, at least; 5 by default.
         *
         * @throws IllegalArgumentException if it is not in 1..1000
         */
        public Builder optListed(int classes) {
            if (classes < 1 || classes > ImageNetClasses.COUNT) {
                throw new IllegalArgumentException("listed must be in 1..1000, got " + classes);
            }
            listed = classes;
            return this;
        }

        /**
         * The score that a pixel's label must exceed, and the background's score for the CRF; 0.3 by default.
         *
         * @throws IllegalArgumentException if it is not above 0 and below 1
         */
        public Builder optBackground(double score) {
            if (!(score > 0 && score < 1)) {
                throw new IllegalArgumentException("background must be above 0 and below 1, got " + score);
            }
            threshold = score;
            return this;
        }

        /** Labels by a CRF too; stays the caller's. */
        public Builder optCrf(DenseCrf crf) {
            this.crf = crf;
            return this;
        }

        /**
         * A supervised segmenter to compare with; stays the caller's. It is shown the photograph with a longer side of
         * {@code side} pixels, as DeepLab's own programs do with 513; of a panorama
         * that leaves it few rows.
         *
         * @param classes of its labels
         * @throws IllegalArgumentException if the side is not positive
         */
        public Builder optSegmenter(Segmenter segmenter, ClassCatalog classes, int side) {
            if (side < 1) {
                throw new IllegalArgumentException("side must be at least 1, got " + side);
            }
            this.segmenter = segmenter;
            segmenterClasses = classes;
            segmenterSide = side;
            return this;
        }

        /**
         * The most pixels of a {@link Look}; larger photographs are reduced, bilinearly. 2<sup>20</sup> by default: the
         * CRF takes seconds for a million.
         *
         * @throws IllegalArgumentException if it is not positive
         */
        public Builder optMaxPixels(int pixels) {
            if (pixels < 1) {
                throw new IllegalArgumentException("maxPixels must be at least 1, got " + pixels);
            }
            maxPixels = pixels;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if the classifier is not set
         */
        public PhotoLook build() {
            if (classifier == null) {
                throw new IllegalStateException("setClassifier is required");
            }
            return new PhotoLook(this, classifier);
        }
    }
}
