package dev.wsss.examples;

import dev.wsss.api.AtomicFile;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.core.metrics.ConfusionMatrix;
import dev.wsss.core.metrics.Evaluation;
import dev.wsss.core.metrics.IouConvention;
import dev.wsss.core.metrics.ObjectSizes;
import dev.wsss.core.metrics.SweepEvaluation;
import dev.wsss.core.metrics.Unpredicted;
import dev.wsss.core.pipeline.ProductCodec;
import dev.wsss.core.report.FolderEvaluation;
import dev.wsss.datasets.Datasets;
import dev.wsss.datasets.LabelSet;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wsss eval}: how good are the files of a folder, whoever made them? */
@Command(
        name = "eval",
        mixinStandardHelpOptions = true,
        description = {
            "Compares a folder of label PNGs, or of CAM dicts, with a folder of true label PNGs.",
            "Exit status: 0 all images were counted, 3 some were not, 1 none was, or too many have no prediction."
        })
final class EvalCommand implements Callable<Integer> {
    /** Of a list of images that could not be counted. */
    private static final int SHOWN = 20;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--pred",
            required = true,
            paramLabel = "DIR",
            description = "label PNGs, by the names of the truth's")
    private Path predictions = Path.of("");

    @Option(
            names = "--gt",
            required = true,
            paramLabel = "DIR",
            description = "the true label PNGs; 255 does not count")
    private Path truth = Path.of("");

    @Option(
            names = "--classes",
            required = true,
            paramLabel = "FILE|SET|N",
            description = {
                "names, one a line in the order of the values, the background first or left out; or a benchmark's, whose"
                        + " masks hold labels (train ids): ${COMPLETION-CANDIDATES};",
                "or how many labels, the background among them"
            },
            completionCandidates = LabelSetNames.class)
    private String classes = "";

    @Option(names = "--no-background", description = "value 0 is a class as any other, not the background")
    private boolean noBackground;

    @Option(
            names = "--convention",
            paramLabel = "NAME",
            description = "how classes without a pixel count, ${COMPLETION-CANDIDATES}, for the table by class and the"
                    + " best threshold; default ${DEFAULT-VALUE}. The mean is printed for all")
    private IouConvention convention = IouConvention.OCCURRING;

    @Option(
            names = "--ignore",
            paramLabel = "V",
            arity = "1..*",
            split = ",",
            description = "further values of the truth that do not count")
    private int[] ignore = {};

    @Option(
            names = "--list",
            paramLabel = "FILE",
            description = "the images that are meant, a name a line; default all")
    @Nullable
    private Path list;

    @Option(
            names = "--allow-left-out",
            paramLabel = "SHARE",
            description =
                    "share of the truth that may have no prediction, such as 10%% or 0.1; default ${DEFAULT-VALUE}")
    private String allowLeftOut = "5%";

    @Option(
            names = "--scores",
            description = "DIR of --pred holds CAM dicts (npy): print the best background threshold")
    private boolean scores;

    @Option(names = "--curve", description = "with --scores: print the mIoU at each threshold")
    private boolean curve;

    @Option(names = "--json", paramLabel = "FILE", description = "write all figures there too")
    @Nullable
    private Path json;

    /** Names of label sets, for the help. */
    static final class LabelSetNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return LabelSet.names().iterator();
        }
    }

    @Option(names = "--markdown", paramLabel = "FILE", description = "write the figures there too, as tables")
    @Nullable
    private Path markdown;

    @Option(
            names = "--boundary",
            paramLabel = "RATIO",
            arity = "0..1",
            fallbackValue = "0.02",
            description = "print boundary IoU too; RATIO of the image's diagonal, ${FALLBACK-VALUE} if left out")
    @Nullable
    private Double boundary;

    @Option(
            names = "--sizes",
            paramLabel = "AREAS",
            arity = "0..1",
            fallbackValue = "COCO",
            description =
                    "print small, medium and large objects apart too, by ${COMPLETION-CANDIDATES} areas (SCALED: as"
                            + " shares of the image); ${FALLBACK-VALUE} if left out")
    private ObjectSizes.@Nullable Areas sizes;

    @Option(
            names = "--only-with-foreground",
            description = "leave out images whose truth is background alone, as DHR does on all datasets but COCO; they"
                    + " are listed as skipped")
    private boolean onlyWithForeground;

    @Option(
            names = "--unpredicted",
            paramLabel = "RULE",
            description =
                    "what pixels predicted 255 count as: ${COMPLETION-CANDIDATES} (LEFT_OUT as AFA, BACKGROUND as RIB);"
                            + " default ${DEFAULT-VALUE}")
    private Unpredicted unpredicted = Unpredicted.MISS;

    @Option(
            names = "--groups",
            description = "print the IoU of groups of labels too, where SET has such (Cityscapes' categories)")
    private boolean groups;

    @Option(names = "--threads", paramLabel = "N", description = "images at a time; default one for each processor")
    @Nullable
    private Integer threads;

    @Override
    public Integer call() {
        if (curve && !scores) {
            throw new ParameterException(spec.commandLine(), "--curve is for --scores");
        }
        if (scores && (boundary != null || sizes != null)) {
            throw new ParameterException(
                    spec.commandLine(), "--boundary and --sizes are of label PNGs; --scores was given");
        }
        if (scores && noBackground) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--scores needs a background, which the threshold tells from the classes; --no-background was given");
        }
        if (scores && unpredicted != Unpredicted.MISS) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--unpredicted is of label PNGs; --scores was given, which predict every pixel");
        }
        if (groups) {
            groupOfLabel();
        }
        ClassCatalog catalog = catalog();
        if (scores && !catalog.hasBackground()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--scores needs a background, which the threshold tells from the classes; --classes " + classes
                            + " has none");
        }
        FolderEvaluation.Builder builder = FolderEvaluation.builder()
                .setPredictions(predictions)
                .setTruth(truth)
                .setClasses(catalog)
                .optConvention(convention)
                .optIgnore(ignore)
                .optUnpredicted(unpredicted)
                .optAllowLeftOut(RunOptions.share("--allow-left-out", allowLeftOut));
        if (boundary != null) {
            builder.optBoundary(boundary);
        }
        if (sizes != null) {
            builder.optObjectSizes(sizes);
        }
        if (onlyWithForeground) {
            builder.optOnlyWithForeground();
        }
        if (threads != null) {
            builder.optThreads(threads);
        }
        if (scores) {
            builder.optScores(ProductCodec.camDicts(catalog));
        }
        if (list != null) {
            // lists of pairs have the image first
            builder.optIds(lines(list, "names of images").stream()
                    .map(line -> line.split("\\s+")[0])
                    .toList());
        }
        FolderEvaluation result = builder.build();
        if (json != null) {
            AtomicFile.write(json, result.toJson());
        }
        if (markdown != null) {
            AtomicFile.write(markdown, result.toMarkdown());
        }
        print(result, spec.commandLine().getOut());
        spec.commandLine().getOut().flush();
        if (result.counted().isEmpty()) {
            throw new InvalidDataException("no pixel was counted: "
                    + result.skipped().size() + " images were skipped, the first because "
                    + result.skipped().values().iterator().next());
        }
        return result.counted().size() == result.asked() ? 0 : Wsss.SOME_FAILED;
    }

    private ClassCatalog catalog() {
        return catalog(spec, classes, noBackground);
    }

    /** What {@code --classes} means: a benchmark's labels, so many, or those of a file. */
    static ClassCatalog catalog(CommandSpec spec, String classes, boolean noBackground) {
        Optional<LabelSet> set = LabelSet.find(classes);
        if (set.isPresent()) {
            ClassCatalog catalog = set.get().catalog();
            if (noBackground && catalog.hasBackground()) {
                throw new ParameterException(
                        spec.commandLine(), "--classes " + classes + " has a background; --no-background was given");
            }
            return catalog;
        }
        if (classes.matches("\\d{1,9}")) {
            int labels = Integer.parseInt(classes);
            int least = noBackground ? 1 : 2;
            if (labels < least || labels > ClassCatalog.MAX_LABELS) {
                throw new IllegalArgumentException("--classes is " + labels + " labels"
                        + (noBackground ? "" : ", the background among them") + "; expected " + least + ".."
                        + ClassCatalog.MAX_LABELS);
            }
            List<String> names = IntStream.range(noBackground ? 0 : 1, labels)
                    .mapToObj(l -> "class " + l)
                    .toList();
            return noBackground ? ClassCatalog.withoutBackground(names) : ClassCatalog.withBackground(names);
        }
        Path file = Path.of(classes);
        if (classes.matches("[\\w-]+") && !Files.exists(file)) {
            throw new InvalidDataException(
                    "--classes " + classes + ": no such file, nor a label set; expected a file, or one" + " of "
                            + String.join(", ", LabelSet.names()));
        }
        return Datasets.classes(file, !noBackground);
    }

    /** Lines that are not blank. */
    static List<String> lines(Path file, String expected) {
        try {
            return Files.readString(file)
                    .lines()
                    .map(line -> line.replace("\uFEFF", "").strip())
                    .filter(line -> !line.isEmpty())
                    .toList();
        } catch (NoSuchFileException e) {
            throw new InvalidDataException(file + ": no such file; expected " + expected, e);
        } catch (MalformedInputException e) {
            throw new InvalidDataException(file + ": is no UTF-8 text; expected " + expected, e);
        } catch (IOException e) {
            throw new InvalidDataException(file + ": cannot be read (" + e + "); expected " + expected, e);
        }
    }

    private void print(FolderEvaluation result, PrintWriter out) {
        list(out, "without a prediction in " + predictions, result.withoutPrediction());
        list(out, "without a mask in " + truth, result.withoutTruth());
        list(
                out,
                "skipped",
                result.skipped().entrySet().stream()
                        .map(e -> e.getKey() + ": " + e.getValue())
                        .toList());
        out.printf(
                "%d of %d images, %d pixels that count%n",
                result.counted().size(), result.asked(), result.confusion().total());
        if (result.counted().isEmpty()) {
            return;
        }
        ConfusionMatrix matrix = result.confusion();
        if (result.unpredicted() > 0) {
            out.printf("%d of these pixels are predicted 255: misses of their labels%n", result.unpredicted());
        }
        long[] pixels = matrix.truth();
        if (pixels.length > 1
                && IntStream.range(0, pixels.length).filter(l -> pixels[l] > 0).count() == 1) {
            int only = IntStream.range(0, pixels.length)
                    .filter(l -> pixels[l] > 0)
                    .findFirst()
                    .orElseThrow();
            out.printf(
                    "warning: the truth holds value %d (%s) and no other label%n",
                    only, result.classes().labelNames().get(only));
        }
        result.sweep().ifPresent(sweep -> sweep(sweep, out));
        out.println();
        byClass(result.evaluation()).print(out);
        out.println();
        for (IouConvention c : IouConvention.values()) {
            out.printf("mIoU %6s %%  %s%n", percent(result.meanIou(c)), words(c));
        }
        out.printf(
                "pixel accuracy %s %%, mean accuracy %s %%, frequency weighted IoU %s %%%n",
                percent(matrix.pixelAccuracy()),
                percent(matrix.meanAccuracy()),
                percent(matrix.frequencyWeightedIou()));
        out.printf(
                Locale.ROOT,
                "of the union of prediction and truth: mFPR %.3f, mFNR %.3f%n",
                matrix.meanFalsePositives(),
                matrix.meanFalseNegatives());
        result.evaluation()
                .boundary()
                .ifPresent(b -> out.printf(
                        "mean boundary IoU %s %%, boundaries of %s of the diagonal%n",
                        percent(b.meanIou(convention)), b.ratio()));
        result.evaluation().sizes().ifPresent(s -> sizes(s, out));
        if (groups) {
            groups(result.evaluation(), out);
        }
    }

    private void groups(Evaluation evaluation, PrintWriter out) {
        Evaluation grouped = evaluation.grouped(groupOfLabel());
        double[] iou = grouped.iou();
        out.println();
        Table table = new Table("group", "IoU %");
        for (int g = 0; g < iou.length; g++) {
            table.row(grouped.classes().labelNames().get(g), percent(iou[g]));
        }
        table.row("mean", percent(grouped.meanIou()));
        table.print(out);
    }

    private List<String> groupOfLabel() {
        LabelSet set = LabelSet.find(classes)
                .filter(known -> !known.groups().isEmpty())
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(),
                        "--groups is for label sets with groups; --classes " + classes + " has none"));
        // a label without a group is one of its own
        return IntStream.range(0, set.catalog().labelCount())
                .mapToObj(
                        l -> set.group(l).isEmpty() ? set.catalog().labelNames().get(l) : set.group(l))
                .toList();
    }

    static Table byClass(Evaluation evaluation) {
        ConfusionMatrix matrix = evaluation.confusion();
        List<String> head =
                new ArrayList<>(List.of("value", "class", "IoU %", "precision %", "recall %", "pixels", "FPR", "FNR"));
        evaluation.boundary().ifPresent(b -> head.add("boundary IoU %"));
        Table table = new Table(head.toArray(String[]::new));
        double[] iou = evaluation.iou();
        double[] precision = matrix.precision();
        double[] recall = matrix.recall();
        double[] fpr = matrix.falsePositives();
        double[] fnr = matrix.falseNegatives();
        long[] pixels = matrix.truth();
        for (int l = 0; l < pixels.length; l++) {
            List<String> row = new ArrayList<>(List.of(
                    Integer.toString(l),
                    evaluation.classes().labelNames().get(l),
                    percent(iou[l]),
                    percent(precision[l]),
                    percent(recall[l]),
                    Long.toString(pixels[l]),
                    share(fpr[l]),
                    share(fnr[l])));
            int label = l;
            evaluation.boundary().ifPresent(b -> row.add(percent(b.iou(evaluation.convention())[label])));
            table.row(row.toArray(String[]::new));
        }
        return table;
    }

    private static void sizes(ObjectSizes sizes, PrintWriter out) {
        out.println();
        Table table = new Table("objects", "number", "pixels", "pixel recall %", "mean recall %", "mean IoU %");
        for (ObjectSizes.Size size : ObjectSizes.Size.values()) {
            table.row(
                    size.name().toLowerCase(Locale.ROOT),
                    Long.toString(sizes.objects(size)),
                    Long.toString(sizes.pixels(size)),
                    percent(sizes.pixelRecall(size)),
                    percent(sizes.meanRecall(size)),
                    percent(sizes.meanIou(size)));
        }
        table.print(out);
    }

    private void sweep(SweepEvaluation sweep, PrintWriter out) {
        float[] thresholds = sweep.sweep().thresholds();
        if (curve) {
            double[] values = sweep.sweep().curve(convention);
            out.println();
            for (int i = 0; i < values.length; i++) {
                out.printf("%s  %6s %%%n", decimal(thresholds[i]), percent(values[i]));
            }
        }
        int best = sweep.best();
        boolean edge = best == thresholds.length - 1;
        out.printf(
                "best threshold %s of %s to %s%s; the figures below are at it%n",
                decimal(thresholds[best]),
                decimal(thresholds[0]),
                decimal(thresholds[thresholds.length - 1]),
                edge ? ", the last: a higher one may be better" : "");
    }

    private static void list(PrintWriter out, String what, Collection<String> entries) {
        if (entries.isEmpty()) {
            return;
        }
        out.println(entries.size() + (entries.size() == 1 ? " image " : " images ") + what);
        entries.stream().limit(SHOWN).forEach(entry -> out.println("  " + Table.printable(entry)));
        if (entries.size() > SHOWN) {
            out.println("  and " + (entries.size() - SHOWN) + " more" + " (--json FILE lists all)");
        }
    }

    private static String words(IouConvention c) {
        return c + ": "
                + switch (c) {
                    case OCCURRING -> "classes in the truth or the predictions";
                    case IN_TRUTH -> "classes in the truth";
                    case ALL -> "all classes, those without a pixel as 0";
                };
    }

    private static String percent(double share) {
        return Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.2f", 100 * share);
    }

    private static String share(double share) {
        return Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.3f", share);
    }

    private static String decimal(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
