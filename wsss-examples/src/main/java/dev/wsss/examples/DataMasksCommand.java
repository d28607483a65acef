package dev.wsss.examples;

import dev.wsss.api.Dataset;
import dev.wsss.datasets.CocoMasks;
import dev.wsss.datasets.DatasetMasks;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.datasets.MaskExport;
import dev.wsss.datasets.OverlapRule;
import dev.wsss.datasets.SbdRelease;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wsss data masks}: label PNGs of COCO's instances file, of a dataset's masks of another coding, or of SBD. */
@Command(
        name = "masks",
        mixinStandardHelpOptions = true,
        description = {
            "Writes label PNGs: of COCO's instances file, of the masks of a dataset, whose values become labels (train"
                    + " ids), or of SBD beside VOC's. A run that was interrupted goes on where it was.",
            "Exit status: 0 done, 3 done but for some, which are listed, 1 failed."
        })
final class DataMasksCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private DataOptions data = new DataOptions();

    @Mixin
    private CocoOptions coco = new CocoOptions();

    @Mixin
    private PartOption part = new PartOption();

    @Option(names = "--out", paramLabel = "DIR", description = "where the label PNGs go; required but for --sbd")
    @Nullable
    private Path target;

    @Option(
            names = "--sbd",
            paramLabel = "DIR",
            description =
                    "benchmark_RELEASE of the Semantic Boundaries Dataset, in place of --data: its masks and VOC's go into"
                            + " SegmentationClassAug of --voc, and the list train_aug is written, 10582 images of the"
                            + " complete datasets")
    @Nullable
    private Path sbd;

    @Option(
            names = "--voc",
            paramLabel = "DIR",
            description = "with --sbd: VOC2012, which holds JPEGImages, SegmentationClass and ImageSets")
    @Nullable
    private Path voc;

    @Option(
            names = "--rule",
            paramLabel = "RULE",
            description =
                    "with --coco: what a pixel shows where objects overlap, ${COMPLETION-CANDIDATES} (as coco2voc,"
                            + " wseg, wseg's second converter); default ${DEFAULT-VALUE}")
    private OverlapRule rule = OverlapRule.SMALLEST_ON_TOP;

    @Option(
            names = "--raw-ids",
            description = "with --coco: values are COCO's ids 1..90, as coco2voc writes, not 1..80")
    private boolean rawIds;

    @Option(
            names = "--skip-unannotated",
            description =
                    "with --coco: no file for images without annotation, as coco2voc; default one of background alone")
    private boolean skipUnannotated;

    @Option(
            names = "--skip-broken",
            description = "with --coco: leave out images and annotations of which something is wrong, and list them")
    private boolean skipBroken;

    @Option(names = "--overwrite", description = "make all again, whatever DIR holds")
    private boolean overwrite;

    @Option(names = "--threads", paramLabel = "N", description = "masks at a time; default one for each processor")
    @Nullable
    private Integer threads;

    @Override
    public Integer call() {
        if (sbd != null || voc != null) {
            return augment();
        }
        boolean ofData = isGiven("--data");
        if (coco.file == null && !ofData) {
            throw new ParameterException(spec.commandLine(), "--coco, --data or --sbd is required");
        }
        coco.requireOneSource(spec.commandLine());
        Path out = target;
        if (out == null) {
            throw new ParameterException(spec.commandLine(), "--out is required");
        }
        List<String> broken = new ArrayList<>();
        MaskExport masks = coco.file != null ? ofCoco(coco.file, out, broken) : ofData(out);
        PrintWriter writer = spec.commandLine().getOut();
        DataCommand.list(writer, "left out, as something is wrong with it", broken, "");
        DataCommand.list(
                writer,
                "image without a mask",
                masks.failed().entrySet().stream()
                        .map(e -> e.getKey() + ": " + e.getValue())
                        .toList(),
                "");
        if (!masks.left().isEmpty()) {
            writer.println("left out, without " + (ofData ? "a mask" : "annotation") + ": "
                    + masks.left().size());
        }
        writer.println(out + ": " + masks.written() + " masks written, " + masks.kept() + " were there"
                + (ofData ? "" : "; overlaps by " + rule));
        writer.flush();
        return masks.failed().isEmpty() && broken.isEmpty() ? 0 : Wsss.SOME_FAILED;
    }

    private boolean isGiven(String option) {
        return spec.commandLine().getParseResult().hasMatchedOption(option);
    }

    /** Makes VOC's augmented training set. */
    private int augment() {
        Path from = sbd;
        Path to = voc;
        if (from == null || to == null) {
            throw new ParameterException(
                    spec.commandLine(), from == null ? "--voc is for --sbd" : "--voc is required with --sbd");
        }
        Stream.of(List.of("--coco", "--out"), CocoOptions.OF_COCO, CocoOptions.OF_DATA)
                .flatMap(List::stream)
                .filter(this::isGiven)
                .findFirst()
                .ifPresent(option -> {
                    throw new ParameterException(spec.commandLine(), option + " is not read with --sbd");
                });
        SbdRelease.Augmented made = SbdRelease.open(from)
                .augment(
                        to,
                        overwrite,
                        threads == null ? Runtime.getRuntime().availableProcessors() : threads,
                        new TerminalProgress(System.err));
        PrintWriter writer = spec.commandLine().getOut();
        writer.println(made.list() + ": " + made.listed() + " images, with masks in SegmentationClassAug: "
                + made.fromVoc() + " of VOC, those of val among them, and " + made.fromSbd() + " of SBD");
        writer.flush();
        return 0;
    }

    private MaskExport ofCoco(Path file, Path out, List<String> broken) {
        CocoMasks.Builder builder = CocoMasks.builder()
                .setInstances(file)
                .setOut(out)
                .optRule(rule)
                .optNames(coco.names)
                .optPublishedIds(rawIds)
                .optSkipUnannotated(skipUnannotated)
                .optOverwrite(overwrite)
                .optProgress(new TerminalProgress(System.err));
        if (coco.images != null) {
            builder.optImages(coco.images);
        }
        if (skipBroken) {
            builder.optSkipBroken(broken::add);
        }
        if (threads != null) {
            builder.optThreads(threads);
        }
        return builder.build().run();
    }

    private MaskExport ofData(Path out) {
        List<Dataset> parts = part.of(data.open(1));
        DatasetMasks.Builder builder = DatasetMasks.builder()
                .setData(new DatasetSplits(
                        parts.get(0), parts.size() > 1 ? Optional.of(parts.get(1)) : Optional.empty()))
                .setOut(out)
                .optOverwrite(overwrite)
                .optProgress(new TerminalProgress(System.err));
        if (threads != null) {
            builder.optThreads(threads);
        }
        return builder.build().run();
    }
}
