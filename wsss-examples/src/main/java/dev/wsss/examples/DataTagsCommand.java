package dev.wsss.examples;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.core.io.ObjectNpy;
import dev.wsss.datasets.CocoInstances;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.datasets.TagComparison;
import dev.wsss.datasets.TagFile;
import dev.wsss.datasets.TagSource;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wsss data tags}: the tags of a dataset as a file, and how two sources of them differ. */
@Command(
        name = "tags",
        mixinStandardHelpOptions = true,
        description = {
            "Writes the tags of a dataset, or tells how they differ from those of a file.",
            "Exit status: 0 done, 3 the tags of --compare differ, 1 failed."
        })
final class DataTagsCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private DataOptions data = new DataOptions();

    @Mixin
    private CocoOptions coco = new CocoOptions();

    @Mixin
    private PartOption part = new PartOption();

    @Option(names = "--crowds", description = "with --coco: regions of many objects count too")
    private boolean crowds;

    @Option(
            names = "--from-masks",
            description =
                    "tags are what the masks of --data show, in place of annotations; images without a mask are left out")
    private boolean fromMasks;

    @Option(
            names = "--min-pixels",
            paramLabel = "N",
            description = "with --from-masks: pixels that a class needs; default 1, the any-pixel rule")
    @Nullable
    private Integer minPixels;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "id,class;class lines, or .json, or .npy: the original programs' cls_labels.npy")
    @Nullable
    private Path target;

    @Option(
            names = "--compare",
            paramLabel = "FILE",
            description = "tags of another source, in one of these forms: tell which it adds and which it lacks")
    @Nullable
    private Path other;

    @Override
    public Integer call() {
        if (target == null && other == null) {
            throw usage("--out or --compare is required");
        }
        if (minPixels != null && !fromMasks) {
            throw usage("--min-pixels is for --from-masks");
        }
        coco.requireOneSource(spec.commandLine());
        ClassCatalog classes;
        Map<String, ImageTags> tags;
        if (coco.file != null) {
            CocoInstances instances = CocoInstances.open(coco.file);
            classes = instances.categories();
            tags = TagSource.ofInstances(instances, coco.images, crowds, coco.names);
        } else {
            DatasetSplits splits = data.open(1);
            classes = splits.train().classes();
            List<Map<String, ImageTags>> parts = new ArrayList<>();
            for (Dataset each : part.of(splits)) {
                parts.add(tags(each));
            }
            tags = DataCommand.merged(parts);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (target != null) {
            write(target, classes, tags);
            out.printf(
                    Locale.ROOT,
                    "%s: %d images, %d tags%n",
                    target,
                    tags.size(),
                    tags.values().stream().mapToInt(ImageTags::size).sum());
        }
        boolean same = other == null || compare(classes, tags, other, out);
        out.flush();
        return same ? 0 : Wsss.SOME_FAILED;
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private Map<String, ImageTags> tags(Dataset each) {
        if (!fromMasks) {
            return TagSource.of(each);
        }
        int pixels = minPixels == null ? 1 : Math.toIntExact(RunOptions.requirePositive("--min-pixels", minPixels));
        return TagSource.ofMasks(
                each, pixels, Runtime.getRuntime().availableProcessors(), new TerminalProgress(System.err));
    }

    private static boolean isNpy(Path file) {
        return file.toString().toLowerCase(Locale.ROOT).endsWith(".npy");
    }

    private static void write(Path file, ClassCatalog classes, Map<String, ImageTags> tags) {
        if (!isNpy(file)) {
            TagFile.write(file, classes, tags);
            return;
        }
        Map<String, float[]> hot = new LinkedHashMap<>();
        tags.forEach((id, found) -> hot.put(id, found.toMultiHot()));
        ObjectNpy.writeClassLabels(file, hot);
    }

    /** Whether the two are the same. */
    private static boolean compare(ClassCatalog classes, Map<String, ImageTags> tags, Path file, PrintWriter out) {
        TagComparison differences = TagComparison.of(
                classes, tags, isNpy(file) ? DataOptions.tags(file, classes) : TagFile.read(file, classes));
        out.printf(
                Locale.ROOT,
                "%s: tags differ on %d of the %d images that both have%n",
                file,
                differences.differing().size(),
                differences.images());
        Table table = new Table("class", "here", "there", "added", "missing");
        for (TagComparison.ClassCount count : differences.classes()) {
            if (count.added() + count.missing() > 0) {
                table.row(
                        count.name(),
                        String.valueOf(count.first()),
                        String.valueOf(count.second()),
                        String.valueOf(count.added()),
                        String.valueOf(count.missing()));
            }
        }
        if (!differences.differing().isEmpty()) {
            table.print(out);
        }
        DataCommand.list(out, "images whose tags differ", differences.differing(), "");
        DataCommand.list(out, "images that only " + file + " has", differences.onlySecond(), "");
        DataCommand.list(out, "images that it lacks", differences.onlyFirst(), "");
        return differences.isSame();
    }
}
