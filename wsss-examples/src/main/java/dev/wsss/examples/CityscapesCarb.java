package dev.wsss.examples;

import dev.wsss.core.report.RunReport;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.datasets.Datasets;
import dev.wsss.models.clip.Clip;
import dev.wsss.models.clip.ClipSettings;
import dev.wsss.systems.carb.Carb;
import dev.wsss.systems.carb.CarbRecipe;
import java.nio.file.Path;

/**
 * How to embed CARB: a segmenter of driving scenes from Cityscapes' images, the classes that each shows, and CLIP. {@code
 * CityscapesCarb CITYSCAPES ViT-B-16.pt resnet50_v1c.pth OUT}.
 */
public final class CityscapesCarb {
    private CityscapesCarb() {}

    /** Trains on Cityscapes and leaves everything in a folder. */
    public static void main(String[] args) {
        // sound arithmetic; ClipSettings.MASKCLIP with CarbCompat.original() repeats the published one
        try (Clip clip = Clip.load(Path.of(args[1]), ClipSettings.DEFAULT.withPad(true))) {
            DatasetSplits data = Datasets.open("cityscapes:" + args[0]);
            CarbRecipe recipe = CarbRecipe.cityscapes();
            System.out.print(
                    run(data, clip, Path.of(args[2]), Path.of(args[3]), recipe).table());
        }
    }

    static RunReport run(DatasetSplits data, Clip clip, Path backbone, Path out, CarbRecipe recipe) {
        Carb.Builder builder = Carb.builder()
                .setData(data.train()) // its tags are all that is read of what it shows
                .setOut(out)
                .optRecipe(recipe)
                .optClip(clip)
                .optWeights(backbone)
                .optSeed(1)
                .optDevice(ComputeDevice.parse("auto"));
        data.val().ifPresent(builder::optUnseen);
        try (Carb carb = builder.build()) {
            carb.train(); // or goes on from the last checkpoint
            RunReport report = carb.evaluate();
            report.write(out.resolve("report.html"));
            return report;
        }
    }
}
