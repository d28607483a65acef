package dev.wsss.examples;

import dev.wsss.api.ClassCatalog;
import dev.wsss.core.fusion.Credibility;
import dev.wsss.core.fusion.FusionMethod;
import dev.wsss.core.fusion.FusionResult;
import dev.wsss.core.fusion.FusionSource;
import dev.wsss.core.fusion.LabelFusion;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wsss cdl fuse}: one folder of pseudo labels of several. */
@Command(
        name = "fuse",
        mixinStandardHelpOptions = true,
        description = {
            "Makes one folder of label PNGs of several that other methods made (labels/, agreement/, fusion.json).",
            "Exit status: 0 all images were fused, 3 some were not or a source lacks some, 1 none was."
        })
final class CdlFuseCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--source",
            required = true,
            paramLabel = "DIR",
            arity = "1..*",
            description = "folders of label PNGs, an image having one name in all; 2 to 8")
    private List<Path> sources = List.of();

    @Option(
            names = "--weight",
            paramLabel = "W",
            arity = "1..*",
            description = "the weight of each source's vote, in their order; default 1")
    private List<Double> weights = List.of();

    @Option(
            names = "--ignore",
            paramLabel = "V",
            arity = "1..*",
            description = "values of the files that are no labels, beside 255")
    private int[] ignore = {};

    @Option(
            names = "--classes",
            required = true,
            paramLabel = "FILE|SET|N",
            description = "what the values mean, as for wsss eval")
    private String classes = "";

    @Option(names = "--no-background", description = "value 0 is a class as any other, not the background")
    private boolean noBackground;

    @Option(
            names = "--method",
            paramLabel = "NAME",
            description =
                    "${COMPLETION-CANDIDATES}: by weight, or by what the sources' differences tell of their errors on"
                            + " each class (3 sources or more); default ${DEFAULT-VALUE}")
    private FusionMethod method = FusionMethod.VOTE;

    @Option(
            names = "--min-share",
            paramLabel = "SHARE",
            description = "the winner's least share of the votes, or probability; less gives 255; default"
                    + " ${DEFAULT-VALUE}")
    private String minShare = "0";

    @Option(names = "--resize", description = "resize maps of another size to the first source's")
    private boolean resize;

    @Option(
            names = "--list",
            paramLabel = "FILE",
            description = "the images that are meant, a name a line; default all")
    @Nullable
    private Path list;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "where the result goes")
    private Path out = Path.of("");

    @Option(names = "--overwrite", description = "replace a former fusion there")
    private boolean overwrite;

    @Option(
            names = "--allow-left-out",
            paramLabel = "SHARE",
            description = "share of images that a source may lack, or that may not be fused; default ${DEFAULT-VALUE}")
    private String allowLeftOut = "5%";

    @Override
    public Integer call() {
        if (!weights.isEmpty() && weights.size() != sources.size()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--weight has " + weights.size() + " values; expected one for each of " + sources.size()
                            + " --source");
        }
        int least = method == FusionMethod.CREDIBILITY ? 3 : 2;
        if (sources.size() < least) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--source has " + sources.size() + " folders; " + method + " needs at least " + least);
        }
        if (method == FusionMethod.CREDIBILITY && !weights.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--weight is not read with --method CREDIBILITY");
        }
        ClassCatalog catalog = EvalCommand.catalog(spec, classes, noBackground);
        LabelFusion.Builder builder = LabelFusion.builder()
                .setClasses(catalog)
                .optMethod(method)
                .optMinShare(RunOptions.share("--min-share", minShare))
                .optResize(resize)
                .optOverwrite(overwrite)
                .optAllowLeftOut(RunOptions.share("--allow-left-out", allowLeftOut));
        for (int s = 0; s < sources.size(); s++) {
            FusionSource source = FusionSource.of(sources.get(s)).ignoring(ignore);
            builder.addSource(weights.isEmpty() ? source : source.withWeight(weights.get(s)));
        }
        if (list != null) {
            builder.optIds(EvalCommand.lines(list, "names of images"));
        }
        FusionResult result = builder.build().run(out);
        PrintWriter writer = spec.commandLine().getOut();
        print(result, writer);
        writer.flush();
        boolean whole =
                result.failed().isEmpty() && result.missing().values().stream().allMatch(List::isEmpty);
        return whole ? 0 : Wsss.SOME_FAILED;
    }

    private static void print(FusionResult result, PrintWriter writer) {
        String more = ", see fusion.json";
        result.missing().forEach((source, ids) -> DataCommand.list(writer, "without labels of " + source, ids, more));
        DataCommand.list(writer, "left out", List.copyOf(result.failed().values()), more);
        double pixels = result.patterns().pixels();
        writer.printf(
                Locale.ROOT,
                "%d images in %s: %.1f %% of the pixels are unanimous, %.1f %% have no label%n",
                result.made().size(),
                result.labels(),
                100 * result.patterns().unanimous() / pixels,
                100 * result.ignoredPixels() / pixels);
        int sources = result.sources().size();
        String[] head = IntStream.rangeClosed(-1, sources)
                .mapToObj(s -> s < 0 ? "source" : s < sources ? "as " + (s + 1) + " %" : "accuracy %, estimated")
                .toArray(String[]::new);
        Table table = new Table(head);
        double[][] agreement = result.patterns().agreement();
        Credibility credibility = result.credibility();
        for (int s = 0; s < sources; s++) {
            String[] cells = new String[sources + 2];
            cells[0] = result.sources().get(s).name();
            for (int o = 0; o < sources; o++) {
                cells[o + 1] = percent(agreement[s][o]);
            }
            cells[sources + 1] = credibility == null ? "-" : percent(credibility.accuracy(s));
            table.row(cells);
        }
        table.print(writer);
    }

    private static String percent(double share) {
        return Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.2f", 100 * share);
    }
}
