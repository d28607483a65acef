package dev.wsss.core.bank;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Description;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.FeatureSource;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.MaskProposals;
import dev.wsss.api.MaskSource;
import dev.wsss.api.PseudoLabeler;
import dev.wsss.api.RleMask;
import dev.wsss.api.Sample;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Labels an image by its mask proposals, without training: each is pooled to a vector as the bank's were, the bank's nearest
 * vectors vote, masks that overlap a better one are left out, and the rest are painted over each other.
 *
 * <pre>{@code
 * ProposalLabeler labeler = ProposalLabeler.builder()
 *         .setBank(bank)
 *         .setFeatures(features)
 *         .setMasks(masks)
 *         .optNeighbours(10)
 *         .build();
 * LabelMap pseudo = labeler.label(sample);
 * Stage<LabelMap> stage = Stages.label(labeler, data.classes()).build();
 * }</pre>
 *
 * <p>Only classes with which the image is tagged, and the background where the bank has vectors of it, have a vote: the
 * neighbours are the nearest among their vectors. The same input gives the same labels, whatever the number of threads.
 */
public final class ProposalLabeler implements PseudoLabeler {
    private final FeatureBank bank;
    private final FeatureSource features;
    private final MaskSource masks;
    private final int neighbours;
    private final VoteWeighting weighting;
    private final double temperature;
    private final double maxIou;
    private final double minScore;
    private final PaintOrder order;
    private final int uncovered;

    private ProposalLabeler(Builder b, FeatureBank bank, FeatureSource features, MaskSource masks, int uncovered) {
        this.bank = bank;
        this.features = features;
        this.masks = masks;
        this.uncovered = uncovered;
        neighbours = b.neighbours;
        weighting = b.weighting;
        temperature = b.temperature;
        maxIou = b.maxIou;
        minScore = b.minScore;
        order = b.order;
    }

    /** Starts a labeler. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * {@inheritDoc}
     *
     * @throws InvalidDataException as {@link #vote}
     */
    @Override
    public LabelMap label(Sample sample) {
        return label(sample, masks.get(sample), features.get(sample));
    }

    /**
     * As {@link #label(Sample)}, of masks and features that are at hand.
     *
     * @throws InvalidDataException as {@link #vote}
     */
    public LabelMap label(Sample sample, MaskProposals proposals, FeatureMap map) {
        LabelledMasks voted = vote(sample, proposals, map);
        List<LabelledMasks.Mask> sure =
                voted.masks().stream().filter(mask -> mask.score() >= minScore).toList();
        return new LabelledMasks(voted.height(), voted.width(), sure)
                .suppressed(maxIou)
                .paint(order, uncovered);
    }

    /**
     * What the bank says of each proposal, before any is left out. Proposals without a vector, as {@link MaskPooling#pool}
     * tells, have no label and are not among the answers; nor is any if the image has no tag and the bank no background.
     *
     * @return by score, the best first
     * @throws InvalidDataException naming the sample, if its tags are of other classes than the bank's, the bank has no
     *     vector of a class with which it is tagged, the masks are not of the image's size, or the features' channels are
     *     not the bank's
     */
    public LabelledMasks vote(Sample sample, MaskProposals proposals, FeatureMap map) {
        int[] labels = allowed(sample);
        int height = sample.image().height();
        int width = sample.image().width();
        if (proposals.height() != height || proposals.width() != width) {
            throw new InvalidDataException("image " + sample.id() + ": masks are of " + proposals.height() + "x"
                    + proposals.width() + " pixels; expected the image's " + height + "x" + width);
        }
        if (map.channels() != bank.channels()) {
            throw new InvalidDataException("image " + sample.id() + ": features have " + map.channels()
                    + " channels; expected the bank's " + bank.channels());
        }
        if (labels.length == 0 || proposals.masks().isEmpty()) {
            return new LabelledMasks(height, width, List.of());
        }
        List<RleMask> pixels =
                proposals.masks().stream().map(MaskProposals.Mask::pixels).toList();
        PooledMasks pooled = bank.pooling().pool(map, pixels);
        List<LabelledMasks.Mask> voted = new ArrayList<>();
        if (pooled.size() > 0) {
            Neighbours near = bank.nearest(pooled.vectors(), neighbours, labels);
            for (int q = 0; q < pooled.size(); q++) {
                voted.add(winner(near, q, pixels.get(pooled.mask(q)), pooled.mask(q)));
            }
        }
        return new LabelledMasks(height, width, voted).ranked();
    }

    /** The labels that may win in an image, ascending. */
    private int[] allowed(Sample sample) {
        ClassCatalog classes = bank.classes();
        if (!sample.tags().catalog().equals(classes)) {
            throw new InvalidDataException("image " + sample.id() + " is tagged with classes of "
                    + sample.tags().catalog() + "; expected the bank's " + classes);
        }
        int[] tagged = sample.tags().labels();
        for (int label : tagged) {
            if (bank.size(label) == 0) {
                throw new InvalidDataException("image " + sample.id() + " is tagged with '"
                        + classes.labelNames().get(label) + "', of which the bank has no vector; it has of "
                        + bank.held());
            }
        }
        if (!classes.hasBackground() || bank.size(0) == 0) {
            return tagged;
        }
        int[] labels = new int[tagged.length + 1];
        System.arraycopy(tagged, 0, labels, 1, tagged.length);
        return labels;
    }

    /** The label of most votes; of equal ones that of the greater mean similarity, then the lowest. */
    private LabelledMasks.Mask winner(Neighbours near, int query, RleMask pixels, int proposal) {
        int labelCount = bank.classes().labelCount();
        double[] votes = new double[labelCount];
        double[] similarities = new double[labelCount];
        int[] voters = new int[labelCount];
        double all = 0;
        double nearest = near.similarity(query, 0);
        for (int j = 0; j < near.count(); j++) {
            int label = bank.label(near.vector(query, j));
            double similarity = near.similarity(query, j);
            // relative to the nearest, so that a low temperature does not overflow
            double vote = weighting == VoteWeighting.MAJORITY ? 1 : Math.exp((similarity - nearest) / temperature);
            votes[label] += vote;
            similarities[label] += similarity;
            voters[label]++;
            all += vote;
        }
        int best = -1;
        double bestMean = 0;
        for (int label = 0; label < labelCount; label++) {
            if (voters[label] == 0) {
                continue;
            }
            double mean = similarities[label] / voters[label];
            if (best < 0 || votes[label] > votes[best] || votes[label] == votes[best] && mean > bestMean) {
                best = label;
                bestMean = mean;
            }
        }
        return new LabelledMasks.Mask(pixels, best, votes[best] / all, bestMean, proposal);
    }

    @Override
    public Description description() {
        return Description.of("ProposalLabeler")
                .put("bank", bank)
                .put("features", features)
                .put("masks", masks)
                .put("neighbours", neighbours)
                .put("weighting", weighting)
                .put("temperature", temperature)
                .put("maxIou", maxIou)
                .put("minScore", minScore)
                .put("order", order)
                .put("uncovered", uncovered)
                .build();
    }

    @Override
    public String toString() {
        return "ProposalLabeler[" + bank + ", " + neighbours + " neighbours, " + weighting + "]";
    }

    /** Settings. */
    public static final class Builder {
        private @Nullable FeatureBank bank;
        private @Nullable FeatureSource features;
        private @Nullable MaskSource masks;
        private int neighbours = 10;
        private VoteWeighting weighting = VoteWeighting.MAJORITY;
        private double temperature = 0.07;
        private double maxIou = 0.7;
        private double minScore;
        private PaintOrder order = PaintOrder.SCORE;
        private @Nullable Integer uncovered;

        private Builder() {}

        /** What proposals are compared with. Required. */
        public Builder setBank(FeatureBank bank) {
            this.bank = bank;
            return this;
        }

        /** Features as the bank was made of. Required. */
        public Builder setFeatures(FeatureSource features) {
            this.features = features;
            return this;
        }

        /** The proposals. Required. */
        public Builder setMasks(MaskSource masks) {
            this.masks = masks;
            return this;
        }

        /** Vectors that vote for each proposal; 10 unless set. All of them where there are fewer. */
        public Builder optNeighbours(int k) {
            if (k < 1) {
                throw new IllegalArgumentException("neighbours is " + k + "; expected at least 1");
            }
            neighbours = k;
            return this;
        }

        /** What a vote counts; {@link VoteWeighting#MAJORITY} unless set. */
        public Builder optWeighting(VoteWeighting weighting) {
            this.weighting = weighting;
            return this;
        }

        /** The temperature of {@link VoteWeighting#SIMILARITY}, positive; 0.07 unless set. */
        public Builder optTemperature(double temperature) {
            if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("temperature is " + temperature + "; expected a positive number");
            }
            this.temperature = temperature;
            return this;
        }

        /** Greatest IoU of two masks of which both are painted, 0 to 1; 0.7 unless set. */
        public Builder optMaxIou(double maxIou) {
            LabelledMasks.requireIou(maxIou);
            this.maxIou = maxIou;
            return this;
        }

        /** Share of the votes below which a mask is not painted, 0 to 1; 0 unless set. */
        public Builder optMinScore(double minScore) {
            if (!(minScore >= 0 && minScore <= 1)) {
                throw new IllegalArgumentException("minScore is " + minScore + "; expected 0 to 1");
            }
            this.minScore = minScore;
            return this;
        }

        /** Which mask is on top; {@link PaintOrder#SCORE} unless set. */
        public Builder optOrder(PaintOrder order) {
            this.order = order;
            return this;
        }

        /**
         * The label of pixels in no painted mask, or {@link LabelMap#IGNORE}; the background unless set, and {@code IGNORE}
         * where the classes have none.
         */
        public Builder optUncovered(int label) {
            uncovered = label;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if something required is missing
         * @throws IllegalArgumentException if the label of uncovered pixels is neither the bank's nor {@code IGNORE}
         */
        public ProposalLabeler build() {
            if (bank == null) {
                throw new IllegalStateException("setBank is required");
            }
            if (features == null) {
                throw new IllegalStateException("setFeatures is required");
            }
            if (masks == null) {
                throw new IllegalStateException("setMasks is required");
            }
            ClassCatalog classes = bank.classes();
            int label = uncovered != null ? uncovered : classes.hasBackground() ? 0 : LabelMap.IGNORE;
            if (label != LabelMap.IGNORE && (label < 0 || label >= classes.labelCount())) {
                throw new IllegalArgumentException("uncovered is " + label + "; expected 0.."
                        + (classes.labelCount() - 1) + " or " + LabelMap.IGNORE);
            }
            return new ProposalLabeler(this, bank, features, masks, label);
        }
    }
}
