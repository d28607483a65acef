package dev.wsss.systems.dhr;

import dev.wsss.api.Description;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelRule;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.ScoreRefiner;
import dev.wsss.api.Source;
import dev.wsss.core.label.ArgmaxRule;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.LabelTensors;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * DHR's rebalancing outside of training: scores become labels by a rule, and the heatmaps of the labels' classes, balanced by
 * features of the image, are the new scores.
 *
 * <pre>{@code
 * ScoreRefiner balanced = RebalancedScores.builder().setFeatures(features).build();
 * LabelMap labels = ArgmaxRule.create().label(sample, balanced.refine(sample, scores));
 * }</pre>
 *
 * <p>Scores stay as they are where the rule labels the cells with fewer than two classes, as nothing can be balanced then. A
 * class that no cell has is not among the new scores.
 *
 * <p>May be used from several threads, if rule and sources may.
 */
public final class RebalancedScores implements ScoreRefiner {
    private final Source<FeatureMap> features;
    private final @Nullable Source<FeatureMap> student;
    private final LabelRule rule;
    private final DhrRebalancing rebalancing;
    private final ComputeDevice device;

    private RebalancedScores(Builder b, Source<FeatureMap> features) {
        this.features = features;
        student = b.student;
        rule = b.rule;
        device = b.device;
        rebalancing = DhrRebalancing.builder()
                .optTau(b.tau)
                .optIntraClass(b.student != null)
                .build();
    }

    /** Starts a refiner. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * {@inheritDoc}
     *
     * @return heatmaps of 0 to 1, of the labels' size
     * @throws InvalidDataException if features are of an image of another size than the labels
     */
    @Override
    public ScoreMaps refine(Sample sample, ScoreMaps scores) {
        LabelMap labels = rule.label(sample, scores);
        try (Scope scope = Scope.open()) {
            Tensor mask = LabelTensors.of(List.of(labels), device).squeeze(0);
            List<Tensor> levels = student == null ? List.of() : List.of(planes("student's", student, sample, labels));
            DhrRebalancing.Rebalanced balanced =
                    rebalancing.apply(planes("unsupervised", features, sample, labels), levels, mask, null);
            if (balanced.labels().length < 2) {
                return scores;
            }
            Tensor large = Ops.bilinear(balanced.heatmaps().unsqueeze(0), labels.height(), labels.width(), false);
            return ScoreMaps.of(balanced.labels(), labels.height(), labels.width(), Tensors.toFloats(large));
        }
    }

    private Tensor planes(String name, Source<FeatureMap> source, Sample sample, LabelMap labels) {
        FeatureMap map = source.get(sample);
        if (map.imageHeight() != labels.height() || map.imageWidth() != labels.width()) {
            throw new InvalidDataException(name + " features of image " + sample.id() + " are of a size of "
                    + map.imageHeight() + "x" + map.imageWidth() + ", its labels of " + labels.height() + "x"
                    + labels.width() + "; expected the same");
        }
        return Tensors.to(Tensors.of(map.toFloats(), map.channels(), map.height(), map.width()), device);
    }

    @Override
    public Description description() {
        Description.Builder b = Description.of("RebalancedScores")
                .put("features", features)
                .put("rule", rule)
                .put("rebalancing", rebalancing);
        return (student == null ? b : b.put("student", student)).build();
    }

    /** Settings of a refiner: the features are required. */
    public static final class Builder {
        private @Nullable Source<FeatureMap> features;
        private @Nullable Source<FeatureMap> student;
        private LabelRule rule = ArgmaxRule.create();
        private double tau = 0.8;
        private ComputeDevice device = ComputeDevice.CPU;

        private Builder() {}

        /** Unsupervised features of whole images, such as a stage's. */
        public Builder setFeatures(Source<FeatureMap> features) {
            this.features = features;
            return this;
        }

        /** Features of a network that knows the classes, to tell apart those that look alike; none unless set. */
        public Builder optStudent(Source<FeatureMap> student) {
            this.student = student;
            return this;
        }

        /** How scores become the labels to be balanced; by the largest score unless set. */
        public Builder optRule(LabelRule rule) {
            this.rule = rule;
            return this;
        }

        /** Above which cosine of unsupervised prototypes classes look alike, in [0, 1); 0.8 unless set. */
        public Builder optTau(double tau) {
            DhrRebalancing.builder().optTau(tau);
            this.tau = tau;
            return this;
        }

        /** Where the heatmaps are computed; on the CPU unless set. */
        public Builder optDevice(ComputeDevice device) {
            this.device = device;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if the features are not set
         */
        public RebalancedScores build() {
            Source<FeatureMap> f = features;
            if (f == null) {
                throw new IllegalStateException("setFeatures is required");
            }
            return new RebalancedScores(this, f);
        }
    }
}
