package dev.wsss.datasets;

import dev.wsss.api.Dataset;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** How many images the published lists of the benchmarks have. */
final class PublishedCounts {
    /**
     * The lists of a benchmark: under each name a list goes by, its number of images; two where two lists go by one name.
     *
     * @param lists in lower case
     */
    private record Benchmark(List<LabelSet> sets, Map<String, int[]> lists) {}

    /** COCO 2014 with all images, and with those that have an object. */
    private static final int[] COCO_TRAIN = {82783, 82081};

    private static final int[] COCO_VAL = {40504, 40137};

    private static final List<Benchmark> BENCHMARKS = List.of(
            new Benchmark(
                    List.of(LabelSet.VOC),
                    Map.of(
                            "train", new int[] {1464},
                            "val", new int[] {1449},
                            "trainval", new int[] {2913},
                            "train_aug", new int[] {10582},
                            "trainaug", new int[] {10582},
                            "validation", new int[] {1449},
                            "test", new int[] {1456})),
            new Benchmark(
                    List.of(LabelSet.COCO),
                    Map.of(
                            "train", COCO_TRAIN,
                            "train14", COCO_TRAIN,
                            "train2014", COCO_TRAIN,
                            "train_2014", COCO_TRAIN,
                            "val", COCO_VAL,
                            "val14", COCO_VAL,
                            "val2014", COCO_VAL,
                            "val_2014", COCO_VAL,
                            "train2017", new int[] {118287},
                            "val2017", new int[] {5000})),
            new Benchmark(
                    List.of(LabelSet.CITYSCAPES, LabelSet.CITYSCAPES_27),
                    Map.of(
                            "train", new int[] {2975},
                            "val", new int[] {500},
                            "test", new int[] {1525},
                            "train_extra", new int[] {19998})),
            new Benchmark(
                    List.of(LabelSet.CAMVID),
                    Map.of("train", new int[] {367}, "val", new int[] {101}, "test", new int[] {233})),
            new Benchmark(
                    List.of(LabelSet.ADE20K), Map.of("training", new int[] {20210}, "validation", new int[] {2000})),
            new Benchmark(
                    List.of(LabelSet.COCO_STUFF, LabelSet.COCO_STUFF_27, LabelSet.COCO_STUFF_15, LabelSet.COCO_STUFF_3),
                    Map.of(
                            "train2017", new int[] {118287},
                            "val2017", new int[] {5000},
                            "coco164kfull_stuff_coarse_7", new int[] {49629, 2175})),
            new Benchmark(
                    List.of(
                            LabelSet.PASCAL_CONTEXT_59,
                            LabelSet.PASCAL_CONTEXT_60,
                            LabelSet.PASCAL_CONTEXT_59_VOC_FIRST,
                            LabelSet.PASCAL_CONTEXT_60_VOC_FIRST),
                    Map.of("train", new int[] {4998}, "val", new int[] {5105}, "validation", new int[] {5105})));

    private PublishedCounts() {}

    /**
     * How many images a dataset has beside the published list of its name, in a sentence; nothing where its classes are those
     * of no benchmark, or it has no list of that name.
     */
    static Optional<String> note(Dataset data) {
        if (!(data instanceof FileDataset)) { // drawn, or a choice of some images
            return Optional.empty();
        }
        String list = data.name().substring(data.name().lastIndexOf('/') + 1);
        return BENCHMARKS.stream()
                .filter(b -> b.sets.stream().anyMatch(set -> set.catalog().equals(data.classes())))
                .map(b -> b.lists.get(list.toLowerCase(Locale.ROOT)))
                .filter(counts -> counts != null)
                .findFirst()
                .map(counts -> sentence(data.size(), list, counts));
    }

    private static String sentence(int size, String list, int[] counts) {
        String text = Counts.of(size, "image") + ", the published list " + list + " has " + counts[0]
                + (counts.length > 1 ? " or " + counts[1] : "");
        int nearest = counts[0];
        for (int count : counts) {
            nearest = Math.abs(size - count) < Math.abs(size - nearest) ? count : nearest;
        }
        return size == nearest
                ? text
                : text + ": " + Math.abs(size - nearest) + (size < nearest ? " fewer" : " more")
                        + (counts.length > 1 ? " than " + nearest : "");
    }
}
