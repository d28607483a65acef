package dev.wsss.examples;

import dev.wsss.core.report.RunReport;
import dev.wsss.models.maskclip.TextEmbeddings;
import dev.wsss.systems.carb.Carb;
import java.nio.file.Path;
import java.util.function.BiConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wsss carb}: the steps of CARB. */
@Command(
        name = "carb",
        mixinStandardHelpOptions = true,
        description =
                "CLIP's masks and a student that tells the reliable ones: from tags to a segmenter of driving scenes.")
final class CarbCommand implements Runnable {
    private final long start = System.nanoTime();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name a step: prompts, masks, train, test");
    }

    @Command(
            mixinStandardHelpOptions = true,
            description =
                    "Writes the text embeddings of the classes (text_embeddings.safetensors), and the tags in the form of"
                            + " the published code (labels.npy), which --cls-labels reads.")
    int prompts(@Mixin CarbOptions options) {
        return step(CarbStep.PROMPTS, options, (carb, console) -> {
            TextEmbeddings embeddings = carb.textEmbeddings();
            Path file = carb.run().folder().resolve("text_embeddings.safetensors");
            embeddings.write(file);
            console.console().println(embeddings.classes() + " classes " + embeddings.prompts() + " in " + file);
            console.console().println("tags in " + carb.writeLabels(options.labelForm()));
        });
    }

    @Command(
            mixinStandardHelpOptions = true,
            description =
                    "Writes CLIP's masks of the training images (masks/): what --single learns from; and labels.npy as"
                            + " prompts does.")
    int masks(@Mixin CarbOptions options) {
        return step(CarbStep.MASKS, options, (carb, console) -> {
            carb.masks();
            console.console().println("tags in " + carb.writeLabels(options.labelForm()));
        });
    }

    @Command(mixinStandardHelpOptions = true, description = "Trains the student (weights/student.pth).")
    int train(@Mixin CarbOptions options) {
        return step(CarbStep.TRAIN, options, (carb, console) -> carb.train());
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = "Measures what there is, prints IoU by classes, categories and small classes, and writes"
                    + " report.html.")
    int test(@Mixin CarbOptions options) {
        return step(CarbStep.TEST, options, (carb, console) -> {
            RunReport report = carb.evaluate();
            Reports.show(report, options.out(), (System.nanoTime() - start) / 1e9, console);
            ClassTables.print(report, options.small(), console.console());
        });
    }

    private static int step(CarbStep step, CarbOptions options, BiConsumer<Carb, ConsoleListener> what) {
        ConsoleListener console = new ConsoleListener(System.out);
        try (CarbOptions.Opened opened = options.open(step, System.out, console)) {
            what.accept(opened.carb(), console);
        }
        return options.status(console);
    }
}
