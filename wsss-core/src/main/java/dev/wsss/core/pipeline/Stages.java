package dev.wsss.core.pipeline;

import dev.wsss.api.CamGenerator;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelRule;
import dev.wsss.api.PseudoLabeler;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.ScoreRefiner;

/** The api's verbs as stages. Each comes with a name, which {@link Stage.Builder#optName} changes. */
public final class Stages {
    private Stages() {}

    /** A stage {@code cam} that makes score maps of samples. */
    public static Stage.Builder<ScoreMaps> cam(CamGenerator generator) {
        return Stage.builder(ProductCodec.scoreMaps())
                .setName("cam")
                .setFunction((sample, inputs) -> generator.generate(sample));
    }

    /** A stage {@code refined} that makes score maps of an earlier stage's. */
    public static Stage.Builder<ScoreMaps> refine(ScoreRefiner refiner, Stage<ScoreMaps> from) {
        return Stage.builder(ProductCodec.scoreMaps())
                .setName("refined")
                .optInputs(from)
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

    private static Stage.Builder<LabelMap> label(LabelRule rule, Stage<ScoreMaps> from, ProductCodec<LabelMap> codec) {
        return Stage.builder(codec)
                .setName("label")
                .optInputs(from)
                .setFunction((sample, inputs) -> rule.label(sample, inputs.get(from)));
    }

    /** A stage {@code label} that makes label maps of samples in one go and keeps nothing in between. */
    public static Stage.Builder<LabelMap> label(PseudoLabeler labeler, ClassCatalog catalog) {
        return Stage.builder(ProductCodec.labelMaps(catalog))
                .setName("label")
                .setFunction((sample, inputs) -> labeler.label(sample));
    }
}
