package dev.wsss.examples;

import dev.wsss.api.AtomicFile;
import dev.wsss.datasets.DatasetCheck;
import dev.wsss.datasets.DatasetReport;
import dev.wsss.datasets.Datasets;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code wsss data check}: is a dataset whole, and what is in it? */
@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        description = {
            "Looks at every image and mask of a dataset: whether they are there, can be read and fit each other, which images"
                    + " stand twice, what tags and masks say of each class.",
            "Exit status: 0 nothing is wrong, 3 something is, and is listed (tags that differ from masks count), 1 the dataset"
                    + " cannot be opened, such as for a list that is not there."
        })
final class DataCheckCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(
            paramLabel = "DIR|SPEC",
            arity = "0..1",
            description = "a folder whose layout tells what it is, or what --data takes; in place of --data")
    @Nullable
    private String folder;

    @Mixin
    private DataOptions data = new DataOptions();

    @Option(
            names = "--fast",
            description =
                    "read the headers of images and masks only: no pixels are counted, and damage behind the header is"
                            + " not seen")
    private boolean fast;

    @Option(names = "--json", paramLabel = "FILE", description = "write everything there too")
    @Nullable
    private Path json;

    @Option(names = "--threads", paramLabel = "N", description = "images at a time; default one for each processor")
    @Nullable
    private Integer threads;

    @Override
    public Integer call() {
        if (folder != null) {
            if (spec.commandLine().getParseResult().hasMatchedOption("--data")) {
                throw new ParameterException(
                        spec.commandLine(), "both " + folder + " and --data; expected one of them");
            }
            data.data = spec(folder);
        }
        DatasetCheck.Builder builder = data.open(
                        1, opened -> DatasetCheck.builder().setData(opened))
                .optFast(fast)
                .optProgress(new TerminalProgress(System.err));
        if (threads != null) {
            builder.optThreads(threads);
        }
        DatasetReport report = builder.build().run();
        if (json != null) {
            AtomicFile.write(json, report.toJson());
        }
        PrintWriter out = spec.commandLine().getOut();
        print(report, out);
        out.flush();
        return report.isClean() ? 0 : Wsss.SOME_FAILED;
    }

    /** The text of a dataset: as it is, or with the kind before it if it is a path. */
    private static String spec(String text) {
        if (text.isEmpty() || text.startsWith("shapes")) {
            return text;
        }
        try {
            Path path = Path.of(text);
            return Files.exists(path) || !text.contains(":") ? Datasets.guess(path) : text;
        } catch (InvalidPathException e) {
            return text; // opening it tells
        }
    }

    private static void print(DatasetReport report, PrintWriter out) {
        report.notes().forEach(note -> out.println("note: " + Table.printable(note)));
        for (DatasetReport.Part part : report.parts()) {
            out.println();
            print(part, out);
        }
        out.println();
        if (report.isClean()) {
            out.println("nothing is wrong" + (report.fast() ? ", as far as headers tell" : ""));
            return;
        }
        for (DatasetReport.Kind kind : report.counts().keySet()) {
            DataCommand.list(
                    out,
                    kind.words(),
                    report.findings().stream()
                            .filter(finding -> finding.kind() == kind)
                            .map(DatasetReport.Finding::message)
                            .toList(),
                    " (--json FILE lists all)");
        }
    }

    private static void print(DatasetReport.Part part, PrintWriter out) {
        out.println(Table.printable(part.name()) + ": "
                + part.published().orElse(part.samples() + (part.samples() == 1 ? " image" : " images")));
        out.println("  " + part.images() + " can be read, " + part.masks() + " with a mask, " + part.untagged()
                + " without a tag");
        out.println("  " + part.tags() + " tags, "
                + (part.tagged() == 0 ? "-" : String.format(Locale.ROOT, "%.3f", part.meanTags())) + " an image");
        part.heights()
                .ifPresent(heights -> out.println("  height " + words(heights) + ", width "
                        + words(part.widths().orElse(heights))));
        List<String> kinds = new ArrayList<>();
        add(kinds, part.grey(), "grey");
        add(kinds, part.cmyk(), "CMYK");
        add(kinds, part.deep(), "of more than 8 bits, of which the high ones are taken");
        add(kinds, part.turned(), "that EXIF says are to be turned, which they are not");
        if (!kinds.isEmpty()) {
            out.println("  " + String.join(", ", kinds));
        }
        out.println();
        table(part).print(out);
        part.ignoredPixels().ifPresent(pixels -> out.println("  255 does not count: " + pixels + " pixels"));
    }

    private static void add(List<String> kinds, int count, String words) {
        if (count > 0) {
            kinds.add(count + " " + words);
        }
    }

    private static String words(DatasetReport.Extent extent) {
        return extent.min() == extent.max()
                ? String.valueOf(extent.min())
                : extent.min() + " to " + extent.max() + " (median " + extent.median() + ")";
    }

    private static Table table(DatasetReport.Part part) {
        boolean masks = part.classes().stream().anyMatch(c -> c.pixels().isPresent());
        boolean differ = part.classes().stream().anyMatch(c -> c.tagsWithoutPixel() + c.pixelsWithoutTag() > 0);
        List<String> head = new ArrayList<>(List.of("label", "class", "images by tag"));
        if (masks) {
            head.addAll(List.of("images by mask", "pixels"));
        }
        if (differ) {
            head.addAll(List.of("tag without pixel", "pixel without tag"));
        }
        Table table = new Table(head.toArray(String[]::new));
        for (int label = 0; label < part.classes().size(); label++) {
            DatasetReport.ClassCount count = part.classes().get(label);
            List<String> row = new ArrayList<>(List.of(String.valueOf(label), count.name(), text(count.imagesByTag())));
            if (masks) {
                row.addAll(List.of(text(count.imagesByMask()), text(count.pixels())));
            }
            if (differ) {
                row.addAll(List.of(String.valueOf(count.tagsWithoutPixel()), String.valueOf(count.pixelsWithoutTag())));
            }
            table.row(row.toArray(String[]::new));
        }
        return table;
    }

    private static String text(OptionalInt value) {
        return value.isPresent() ? String.valueOf(value.getAsInt()) : "-";
    }

    private static String text(OptionalLong value) {
        return value.isPresent() ? String.valueOf(value.getAsLong()) : "-";
    }
}
