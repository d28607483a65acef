package dev.wsss.examples;

import dev.wsss.core.pipeline.LabelFolder;
import dev.wsss.core.report.RunReport;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.datasets.Datasets;
import dev.wsss.systems.cdl.Cdl;
import dev.wsss.systems.cdl.CdlRecipe;
import java.nio.file.Path;

/**
 * How to embed CDL: a segmenter of Pascal VOC from pseudo labels that any first stage has left in a folder. {@code VocCdl VOC
 * LABELS deeplabv1_resnet101-coco.pth OUT}.
 */
public final class VocCdl {
    private VocCdl() {}

    /** Trains on VOC and leaves everything in a folder. */
    public static void main(String[] args) {
        DatasetSplits data = Datasets.open("voc:" + args[0]);
        CdlRecipe recipe = CdlRecipe.voc(); // or vocImageNet(); withVariant(CdlVariant.EXTENDED) is CDL-e
        System.out.print(run(data, Path.of(args[1]), recipe, Path.of(args[2]), Path.of(args[3]))
                .table());
    }

    static RunReport run(DatasetSplits data, Path labels, CdlRecipe recipe, Path backbone, Path out) {
        Cdl.Builder builder = Cdl.builder()
                .setData(data.train())
                .setOut(out)
                .optLabels(new LabelFolder(labels, data.train().classes())) // never the dataset's own masks
                .optRecipe(recipe)
                .optWeights(backbone)
                .optSeed(1)
                .optDevice(ComputeDevice.parse("auto"));
        data.val().ifPresent(builder::optUnseen);
        try (Cdl cdl = builder.build()) {
            cdl.train(); // or goes on from the last checkpoint
            RunReport report = cdl.evaluate();
            report.write(out.resolve("report.html"));
            return report;
        }
    }
}
