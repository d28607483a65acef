package dev.wsss.examples;

import dev.wsss.api.FeatureSource;
import dev.wsss.core.metrics.Evaluation;
import dev.wsss.core.pipeline.FeatureFolder;
import dev.wsss.core.pipeline.LabelFolder;
import dev.wsss.core.report.RunReport;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.datasets.Datasets;
import dev.wsss.systems.dhr.Dhr;
import dev.wsss.systems.dhr.DhrRecipe;
import dev.wsss.systems.dhr.DhrScores;
import java.nio.file.Path;

/**
 * How to embed DHR: a segmenter of Pascal VOC from pseudo labels that any first stage has left in a folder, and features that
 * {@code wsss dhr features} has. {@code VocDhr VOC LABELS FEATURES resnet101-5d3b4d8f.pth OUT}.
 */
public final class VocDhr {
    private VocDhr() {}

    /** Trains on VOC and leaves everything in a folder. */
    public static void main(String[] args) {
        DatasetSplits data = Datasets.open("voc:" + args[0]);
        FeatureSource features =
                FeatureFolder.of(Path.of(args[2])); // or ofTensors(folder, 2, 14): the published program's
        RunReport report = run(data, Path.of(args[1]), features, DhrRecipe.voc(), Path.of(args[3]), Path.of(args[4]));
        System.out.print(report.table());
        for (Evaluation evaluation : report.evaluations()) {
            System.out.println(DhrScores.line(evaluation.subject(), evaluation));
        }
    }

    static RunReport run(
            DatasetSplits data, Path labels, FeatureSource features, DhrRecipe recipe, Path backbone, Path out) {
        Dhr.Builder builder = Dhr.builder()
                .setData(data.train())
                .setOut(out)
                .optLabels(new LabelFolder(labels, data.train().classes())) // never the dataset's own masks
                .optFeatures(features)
                .optRecipe(recipe)
                .optWeights(backbone)
                .optSeed(1)
                .optDevice(ComputeDevice.parse("auto"));
        data.val().ifPresent(builder::optUnseen);
        try (Dhr dhr = builder.build()) {
            dhr.train(); // or goes on from the last checkpoint
            dhr.masks(); // out/masks, for a stronger network to learn from
            RunReport report = dhr.evaluate();
            report.write(out.resolve("report.html"));
            return report;
        }
    }
}
