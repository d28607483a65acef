package dev.wsss.examples;

import dev.wsss.api.AtomicFile;
import dev.wsss.api.Dataset;
import dev.wsss.api.InvalidDataException;
import dev.wsss.core.crf.CrfRefiner;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.logits.LogitEvaluation;
import dev.wsss.core.logits.LogitStore;
import dev.wsss.core.metrics.Evaluation;
import dev.wsss.systems.cdl.CdlScores;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wsss cdl crf}: scores stored logits with a CRF. */
@Command(
        name = "crf",
        mixinStandardHelpOptions = true,
        description = {
            "Scores logits that were stored, as they are and with a dense CRF, several images at a time.",
            "Exit status: 0 all images were counted, 3 some were not, 1 too many were not."
        })
final class CdlCrfCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private DataOptions data = new DataOptions();

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "that of the run, which drawn scenes depend on; default ${DEFAULT-VALUE}")
    private long seed = 1;

    @Option(names = "--logits", required = true, paramLabel = "DIR", description = "the store of logits")
    private Path logits = Path.of("");

    @Option(
            names = "--weights",
            paramLabel = "FILE",
            description = "the weights that the logits must be of; those of others are refused")
    @Nullable
    private Path weights;

    @Option(
            names = "--image",
            paramLabel = "NAME",
            description = "what the CRF sees, ${COMPLETION-CANDIDATES}: WRAPPED is the original's less its mean modulo"
                    + " 256; default ${DEFAULT-VALUE}")
    private LogitEvaluation.CrfImage image = LogitEvaluation.CrfImage.RAW;

    @Option(names = "--json", paramLabel = "FILE", description = "write the figures with the CRF there, as scores.json")
    @Nullable
    private Path json;

    @Option(names = "--threads", paramLabel = "N", description = "images at a time; default one for each processor")
    @Nullable
    private Integer threads;

    @Option(
            names = "--allow-left-out",
            paramLabel = "SHARE",
            description = "share of images that may have no logits; default ${DEFAULT-VALUE}")
    private String allowLeftOut = "5%";

    @Override
    public Integer call() {
        Dataset val = data.open(seed)
                .val()
                .orElseThrow(() -> new InvalidDataException(
                        "--data " + data.data + " has no part to evaluate on; expected one, or --hold-out"));
        LogitStore store = LogitStore.open(logits);
        Map<String, String> run = new HashMap<>(Map.of("data", val.description().sha256()));
        if (weights != null) {
            run.putAll(LogitStore.runOf(weights, val));
        }
        store.requireRun(run);
        LogitEvaluation.Builder builder = LogitEvaluation.builder()
                .setData(val)
                .setStore(store)
                .optCrfImage(image)
                .optAllowLeftOut(RunOptions.share("--allow-left-out", allowLeftOut));
        if (threads != null) {
            builder.optThreads(Math.toIntExact(RunOptions.requirePositive("--threads", threads)));
        }
        Evaluation plain = builder.build().run();
        Evaluation refined;
        try (DenseCrf crf = DenseCrf.deeplabPytorch().optThreads(1).build()) {
            refined = builder.optCrf(CrfRefiner.builder().setCrf(crf).build())
                    .build()
                    .run();
        }
        if (json != null) {
            AtomicFile.write(json, CdlScores.json(refined));
        }
        PrintWriter out = spec.commandLine().getOut();
        DataCommand.list(
                out,
                "skipped",
                refined.skipped().entrySet().stream()
                        .map(e -> e.getKey() + ": " + e.getValue())
                        .toList(),
                "");
        EvalCommand.byClass(refined).print(out);
        out.printf(
                Locale.ROOT,
                "mIoU %.2f %%, with the CRF %.2f %%, of %d images%n",
                100 * plain.meanIou(),
                100 * refined.meanIou(),
                refined.byImage().ids().size());
        out.flush();
        return refined.skipped().isEmpty() ? 0 : Wsss.SOME_FAILED;
    }
}
