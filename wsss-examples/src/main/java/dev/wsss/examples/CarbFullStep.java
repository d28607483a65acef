package dev.wsss.examples;

import dev.wsss.api.Dataset;
import dev.wsss.core.pipeline.RunListener;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.TrainingHistory;
import dev.wsss.datasets.ShapesDataset;
import dev.wsss.models.clip.Clip;
import dev.wsss.models.clip.ClipConfig;
import dev.wsss.models.clip.ClipSettings;
import dev.wsss.systems.carb.Carb;
import dev.wsss.systems.carb.CarbRecipe;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * What a training step of CARB takes at full size, on the CPU: {@code CarbFullStep OUT THREADS} prints time and memory of one step
 * of the dual path by the recipe for Cityscapes, on one drawn street of 1024x2048. CLIP, its texts and the student are drawn, not
 * trained: the arithmetic is the same, and nothing is learnt. The step is one after the warm-up, with both regions weighed.
 */
public final class CarbFullStep {
    private CarbFullStep() {}

    /** Runs a step, which takes minutes. */
    public static void main(String[] args) {
        if (args.length != 2) {
            throw new IllegalArgumentException("expected OUT THREADS, got " + args.length + " arguments");
        }
        Torch.setThreads(Integer.parseInt(args[1]));
        run(
                ClipConfig.VIT_B_16,
                CarbRecipe.cityscapes(),
                1024,
                Path.of(args[0]),
                told -> System.out.printf(
                        Locale.ROOT,
                        "one step: loss %.4f, %.1f s; %.2f GB at most%n",
                        told.finalLoss(),
                        told.seconds(),
                        told.peakResidentBytes() / 1e9));
    }

    /** Trains a step on one image. */
    static void run(ClipConfig config, CarbRecipe recipe, int height, Path out, Consumer<TrainingHistory> tell) {
        Dataset street = ShapesDataset.builder()
                .setCount(1)
                .setSeed(1)
                .optScenery(ShapesDataset.Scenery.STREET)
                .optSize(height, 2 * height)
                .build();
        CarbRecipe oneStep = recipe.withLoss(recipe.loss().withWarmUp(0))
                .withOptimization(recipe.optimization().withBatch(1).withSteps(1));
        Torch.seed(1);
        try (Clip clip = Clip.builder()
                        .setConfig(config)
                        .optSettings(ClipSettings.DEFAULT.withPad(true))
                        .build();
                Carb carb = Carb.builder()
                        .setData(street.tagsOnly())
                        .setOut(out)
                        .optRecipe(oneStep)
                        .optClip(clip)
                        .optTextEmbeddings(
                                RandomEmbeddings.orthonormal(street.classes().tagNames(), config.embedding(), 1))
                        .optOverwrite(true)
                        .optListener(new RunListener() {
                            @Override
                            public void onTrained(String name, TrainingHistory history) {
                                tell.accept(history);
                            }
                        })
                        .build()) {
            carb.train();
        }
    }
}
