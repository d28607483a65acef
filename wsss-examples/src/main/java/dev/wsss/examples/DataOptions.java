package dev.wsss.examples;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.datasets.Datasets;
import dev.wsss.datasets.TreeDataset;
import dev.wsss.systems.carb.CarbLabels;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a program learns from, the same for all systems. */
final class DataOptions {
    @Option(
            names = "--data",
            paramLabel = "SPEC",
            description =
                    "shapes, camvid:DIR, voc:DIR, coco:DIR, folder:DIR or a benchmark's name and DIR (${COMPLETION-CANDIDATES});"
                            + " default ${DEFAULT-VALUE}",
            completionCandidates = Benchmarks.class)
    String data = "shapes";

    @Option(
            names = "--classes",
            paramLabel = "FILE",
            description = "names of the classes of voc:DIR or folder:DIR, one a line, in place of DIR's or VOC's own")
    @Nullable
    private Path classes;

    @Option(
            names = "--split",
            paramLabel = "train=LIST,val=LIST",
            description = "lists of DIR, by name or file, in place of train (train_aug, trainaug) and val")
    @Nullable
    private String split;

    @Option(
            names = "--hold-out",
            paramLabel = "N",
            description = "hold every N-th image of DIR out to evaluate on; default is none")
    @Nullable
    private Integer holdOut;

    @Option(
            names = "--cls-labels",
            paramLabel = "FILE",
            description =
                    "cls_labels.npy or labels.npy of the original programs: the tags of DIR in place of its own; not camvid's")
    @Nullable
    private Path clsLabels;

    @Option(
            names = "--masks",
            paramLabel = "FOLDER",
            description =
                    "folder of DIR's masks where it has several, such as SegmentationClassAug, gtCoarse, or wt for"
                            + " FMA's train2014_wt; default is the usual one")
    @Nullable
    private String masks;

    /** Whether these are the drawn scenes. */
    boolean isShapes() {
        return data.startsWith("shapes");
    }

    /** The images; the drawn scenes are of the run's seed. */
    DatasetSplits open(long seed) {
        return open(seed, Datasets.Builder::open);
    }

    /** What another opens the images with. */
    <T> T open(long seed, Function<Datasets.Builder, T> opening) {
        requireKind("--classes", classes, "voc", "folder");
        requireKind("--cls-labels", clsLabels, withBenchmarks("voc", "folder", "coco"));
        requireKind("--split", split, withBenchmarks("voc", "folder", "coco", "camvid"));
        requireKind("--hold-out", holdOut, withBenchmarks("voc", "folder", "coco", "camvid"));
        requireKind("--masks", masks, withBenchmarks("voc", "coco"));
        Datasets.Builder builder =
                Datasets.builder().setSpec(data.equals("shapes") ? "shapes:train=400,val=200,seed=" + seed : data);
        if (classes != null) {
            builder.optClasses(classes);
        }
        if (split != null) {
            lists(split, builder);
        }
        if (holdOut != null) {
            if (holdOut < 2) {
                throw new IllegalArgumentException("--hold-out is " + holdOut + "; expected 2 or more");
            }
            builder.optHoldOut(holdOut);
        }
        if (masks != null) {
            builder.optMasks(masks);
        }
        Path tags = clsLabels;
        if (tags == null) {
            return opening.apply(builder);
        }
        try {
            return opening.apply(builder.optTags(known -> tags(tags, known)));
        } catch (InvalidDataException e) {
            String message = String.valueOf(e.getMessage());
            throw message.startsWith(tags.toString())
                    ? e
                    : new InvalidDataException("with the tags of " + tags + ": " + message, e);
        }
    }

    /** Names of the benchmarks that are read, for the help. */
    static final class Benchmarks implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return TreeDataset.kinds().iterator();
        }
    }

    private static String[] withBenchmarks(String... kinds) {
        return Stream.concat(Stream.of(kinds), TreeDataset.kinds().stream()).toArray(String[]::new);
    }

    private void requireKind(String option, @Nullable Object value, String... kinds) {
        String kind = data.replaceAll(":.*", "");
        if (value != null && !List.of(kinds).contains(kind)) {
            throw new IllegalArgumentException(
                    option + " is for " + String.join(":DIR, ", kinds) + ":DIR, got --data " + data);
        }
    }

    private static void lists(String split, Datasets.Builder builder) {
        Map<String, String> lists = new HashMap<>();
        for (String part : split.split(",", -1)) {
            int equals = part.indexOf('=');
            String key = equals < 0 ? part : part.substring(0, equals);
            String list = equals < 0 ? "" : part.substring(equals + 1);
            if (!List.of("train", "val").contains(key) || list.isBlank() || lists.put(key, list) != null) {
                throw new IllegalArgumentException(
                        "--split has '" + part + "'; expected train=LIST, val=LIST or train=LIST,val=LIST");
            }
        }
        if (lists.containsKey("train")) {
            builder.optTrainList(lists.get("train"));
        }
        if (lists.containsKey("val")) {
            builder.optValList(lists.get("val"));
        }
    }

    /** The tags of an original program's file. */
    static Map<String, ImageTags> tags(Path file, ClassCatalog classes) {
        return CarbLabels.read(file, classes);
    }
}
