package dev.wsss.core.pipeline;

import dev.wsss.api.CamGenerator;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.FeatureSource;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelRule;
import dev.wsss.api.MaskProposals;
import dev.wsss.api.MaskSource;
import dev.wsss.api.PseudoLabeler;
import dev.wsss.api.SaliencyMap;
import dev.wsss.api.SaliencySource;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.ScoreRefiner;

/**
 * The api's verbs as stages. Each comes with a name, which {@link Stage.Builder#optName} changes, and is described by its
 * parts: one that does not describe itself, such as a lambda expression, is refused when the stage is built.
 */
public final class Stages {
    private Stages() {}

    /** A stage {@code cam} that makes score maps of samples. */
    public static Stage.Builder<ScoreMaps> cam(CamGenerator generator) {
        return Stage.builder(ProductCodec.scoreMaps())
                .setName("cam")
                .optConfig("cam", generator)
                .setFunction((sample, inputs) -> generator.generate(sample));
    }

    /** A stage {@code refined} that makes score maps of an earlier stage's. */
    public static Stage.Builder<ScoreMaps> refine(ScoreRefiner refiner, Stage<ScoreMaps> from) {
        return Stage.builder(ProductCodec.scoreMaps())
                .setName("refined")
                .optInputs(from)
                .optConfig("refiner", refiner)
                .setFunction((sample, inputs) -> refiner.refine(sample, inputs.get(from)));
    }

    /** A stage {@code label} that makes label maps of an earlier stage's score maps, in VOC's colours. */
    public static Stage.Builder<LabelMap> label(LabelRule rule, Stage<ScoreMaps> from) {
        return label(rule, from, ProductCodec.labelMaps());
    }

    /** As {@link #label(LabelRule, Stage)}, in a catalog's colours. */
    public static Stage.Builder<LabelMap> label(LabelRule rule, Stage<ScoreMaps> from, ClassCatalog catalog) {
        return label(rule, from, ProductCodec.labelMaps(catalog));
    }

    /** A stage {@code saliency} that makes saliency maps of samples, in steps of 1/255. */
    public static Stage.Builder<SaliencyMap> saliency(SaliencySource source) {
        return Stage.builder(ProductCodec.saliency())
                .setName("saliency")
                .optConfig("saliency", source)
                .optWorkerPerProcessor()
                .setFunction((sample, inputs) -> SaliencyCodec.rounded(source.saliency(sample)));
    }

    /** A stage {@code features} that makes feature maps of samples. */
    public static Stage.Builder<FeatureMap> features(FeatureSource source) {
        return Stage.builder(ProductCodec.featureMaps())
                .setName("features")
                .optConfig("features", source)
                .setFunction((sample, inputs) -> source.get(sample));
    }

    /** A stage {@code masks} that makes mask proposals of samples. */
    public static Stage.Builder<MaskProposals> masks(MaskSource source) {
        return Stage.builder(ProductCodec.maskProposals())
                .setName("masks")
                .optConfig("masks", source)
                .setFunction((sample, inputs) -> source.get(sample));
    }

    private static Stage.Builder<LabelMap> label(LabelRule rule, Stage<ScoreMaps> from, ProductCodec<LabelMap> codec) {
        return Stage.builder(codec)
                .setName("label")
                .optInputs(from)
                .optConfig("rule", rule)
                .optWorkerPerProcessor()
                .setFunction((sample, inputs) -> rule.label(sample, inputs.get(from)));
    }

    /** A stage {@code label} that makes label maps of samples in one go and keeps nothing in between. */
    public static Stage.Builder<LabelMap> label(PseudoLabeler labeler, ClassCatalog catalog) {
        return Stage.builder(ProductCodec.labelMaps(catalog))
                .setName("label")
                .optConfig("labeler", labeler)
                .setFunction((sample, inputs) -> labeler.label(sample));
    }
}
