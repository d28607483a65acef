package dev.wsss.systems;

import dev.wsss.api.Dataset;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.ImageBatches;
import dev.wsss.core.io.DType;
import dev.wsss.core.loss.Losses;
import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.core.pipeline.RunFolder;
import dev.wsss.core.train.AdamW;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.OnNonFinite;
import dev.wsss.core.train.Optimizer;
import dev.wsss.core.train.ParameterGroups;
import dev.wsss.core.train.Schedule;
import dev.wsss.core.train.Trainer;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.checkpoint.Weights;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What every system is given.
 *
 * @param train the training images, with their masks if there are such, which a training must not read: it has those of {@code
 *     run}
 * @param run the folder, with data, device and seed
 * @param unseen images with masks to measure on; null if those of the training are
 * @param weights of the backbone, null if it starts from nothing
 * @param pretraining steps in which the backbone learns tags, instead of weights
 * @param autocastBf16 whether networks train in mixed precision
 * @param loadPolicy what files of weights may hold beside what is wanted
 */
public record SystemInputs(
        Dataset train,
        RunFolder run,
        @Nullable Dataset unseen,
        @Nullable Path weights,
        long pretraining,
        boolean autocastBf16,
        LoadPolicy loadPolicy) {
    private static final String PRETRAINING = "pretraining";
    private static final double LEARNING_RATE = 2e-3;
    private static final double WEIGHT_DECAY = 1e-2;

    /**
     * Brings a backbone to where its training starts: loads the given weights, or trains another one as a {@link Classifier} of
     * the tags, takes over what that has learnt and leaves it as {@code weights/backbone.pth} of the run. Does nothing if there
     * are neither weights nor steps.
     *
     * @param another one of the same form, with weights drawn anew; called at most once
     * @param tagged images as the training itself sees them
     * @throws dev.wsss.api.InvalidDataException naming the file, if it does not fit
     */
    public void start(Backbone backbone, Supplier<? extends Backbone> another, Supplier<ImageBatches> tagged) {
        if (weights != null) {
            Weights.load(backbone, weights, loadPolicy);
        }
        if (pretraining == 0) {
            return;
        }
        try (Classifier classifier =
                        new Classifier(another.get(), train.classes().tagCount());
                Optimizer adamW = AdamW.builder()
                        .setGroups(ParameterGroups.all(classifier, WEIGHT_DECAY))
                        .setLearningRate(LEARNING_RATE)
                        .build()) {
            classifier.to(run.device(), DType.F32);
            classifier.train(true);
            run.train(
                    PRETRAINING,
                    Trainer.<Batch>builder()
                            .setNetwork(classifier)
                            .setData(tagged.get())
                            .setLoss(LossStep.named(
                                    "multi-label soft margin",
                                    Map.of(),
                                    (batch, step) -> Losses.multiLabelSoftMargin(
                                            classifier.forward(batch.images()), batch.tags())))
                            .setOptimizer(adamW)
                            .optSchedule(Schedule.cosine(pretraining, 0))
                            .optSteps(pretraining)
                            .optAutocastBf16(autocastBf16)
                            .optOnNonFinite(OnNonFinite.SKIP));
            backbone.load(classifier.backbone().stateDict());
        }
        Weights.export(backbone, run.folder().resolve("weights").resolve("backbone.pth"), CheckpointFamily.WSSS);
    }
}
