package dev.wsss.examples;

import dev.wsss.api.LabelMap;
import dev.wsss.core.pipeline.ProductStore;
import dev.wsss.core.report.RunReport;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.datasets.Datasets;
import dev.wsss.systems.ppc.Ppc;
import dev.wsss.systems.ppc.PpcRecipe;
import dev.wsss.systems.ppc.PpcVariant;
import java.nio.file.Path;

/** How to embed a whole system: PPC on one's own data, in a program of one's own. {@code EmbedPpc voc:DIR OUT}. */
public final class EmbedPpc {
    private EmbedPpc() {}

    /** Trains on a dataset and leaves everything in a folder. */
    public static void main(String[] args) {
        PpcRecipe recipe = PpcRecipe.small().withVariant(PpcVariant.EPS); // or PpcRecipe.voc() with ImageNet's weights
        System.out.print(run(Datasets.open(args[0]), Path.of(args[1]), recipe).table());
    }

    static RunReport run(DatasetSplits data, Path out, PpcRecipe recipe) {
        Ppc.Builder builder = Ppc.builder()
                .setData(data.train())
                .setOut(out)
                .optRecipe(recipe)
                .optSeed(1)
                .optDevice(ComputeDevice.parse("auto"));
        data.val().ifPresent(builder::optUnseen);
        try (Ppc ppc = builder.build()) {
            ProductStore<LabelMap> masks = ppc.pseudoLabels(); // and all steps before: a second run finds them
            System.out.println(masks);
            ppc.trainSegmenter();
            RunReport report = ppc.evaluate();
            report.write(out.resolve("report.html"));
            return report;
        }
    }
}
