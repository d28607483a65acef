package dev.wsss.examples;

import dev.wsss.api.AtomicFile;
import dev.wsss.api.InvalidDataException;
import dev.wsss.core.report.RunReport;
import dev.wsss.systems.cdl.Cdl;
import dev.wsss.systems.cdl.CdlScores;
import java.nio.file.Path;
import java.util.function.BiConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wsss cdl}: the second stage, which learns from noisy labels. */
@Command(
        name = "cdl",
        mixinStandardHelpOptions = true,
        description = "From noisy labels, of one source or several, to a segmenter that corrects them as it learns.",
        subcommands = {CdlFuseCommand.class, CdlCrfCommand.class})
final class CdlCommand implements Runnable {
    private final long start = System.nanoTime();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name a step: train, test, fuse, crf");
    }

    @Command(mixinStandardHelpOptions = true, description = "Trains the segmenter (weights/segmenter.pth).")
    int train(@Mixin CdlOptions options) {
        return step(CdlStep.TRAIN, options, (cdl, console) -> cdl.train());
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = "Measures the segmenter, class by class, and writes report.html and scores.json.")
    int test(@Mixin CdlOptions options) {
        return step(CdlStep.TEST, options, (cdl, console) -> {
            RunReport report = cdl.evaluate();
            Reports.show(report, options.out(), (System.nanoTime() - start) / 1e9, console);
            options.logits().ifPresent(cdl::storeLogits);
            writeScores(report, options.out().resolve("scores.json"));
        });
    }

    private static void writeScores(RunReport report, Path file) {
        if (report.evaluations().isEmpty()) {
            throw new InvalidDataException("there are no masks to measure on; expected some, for " + file);
        }
        AtomicFile.write(file, CdlScores.json(report.evaluations().get(0)));
    }

    private static int step(CdlStep step, CdlOptions options, BiConsumer<Cdl, ConsoleListener> what) {
        ConsoleListener console = new ConsoleListener(System.out);
        try (Cdl cdl = options.open(step, System.out, console)) {
            what.accept(cdl, console);
        }
        return options.status(console);
    }
}
