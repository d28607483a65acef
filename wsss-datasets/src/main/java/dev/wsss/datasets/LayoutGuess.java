package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The kinds of dataset that a folder may hold, told by what is in it. */
final class LayoutGuess {
    /** Annotations of DHR's folders that are looked at for the classes that they name. */
    private static final int SAMPLE = 64;

    /** Sets that DHR packs, the smaller first. */
    private static final List<LabelSet> PACKED = Stream.of(
                    LabelSet.VOC,
                    LabelSet.COCO,
                    LabelSet.PASCAL_CONTEXT_59_VOC_FIRST,
                    LabelSet.ADE20K,
                    LabelSet.COCO_STUFF)
            .sorted(Comparator.comparing(set -> set.catalog().tagCount()))
            .toList();

    private final Path root;
    private final List<String> kinds = new ArrayList<>();

    private LayoutGuess(Path root) {
        this.root = root;
    }

    /**
     * The kinds whose layout a folder has.
     *
     * @throws InvalidDataException if it is no folder, or cannot be listed
     */
    static List<String> kinds(Path root) {
        TextLines.requireFolder(root, "a dataset");
        ImageFolder.files(root); // what cannot be listed is told, and not taken for empty
        LayoutGuess guess = new LayoutGuess(root);
        guess.look();
        return guess.kinds;
    }

    private void look() {
        boolean voc = has("JPEGImages") && (has("ImageSets/Segmentation") || has("ImageSets/SegmentationAug"));
        boolean context = has("JPEGImages") && (has("SegmentationClassContext") || holds("trainval", ".mat"));
        boolean carbs = has("img/train") && has("mask/train");
        boolean named = holds("mask/train", "_labelIds.png") || holds("mask/train", "_labelTrainIds.png");
        add("cityscapes", has("leftImg8bit"));
        add("wilddash2", hasFile("panoptic.json") || (carbs && named));
        add("camvid", (hasFile("train.txt") && has("trainannot")) || (carbs && !named));
        add("context59", context);
        // the lists and boxes of VOC 2010 lie beside its masks of Context
        add("voc", voc && (!context || has("SegmentationClass") || has("SegmentationClassAug")));
        add("coco", isCoco());
        add("ade20k", has("images/training") && has("annotations/training"));
        add(
                "cocostuff",
                (has("images/train2017") && has("annotations/train2017"))
                        || (has("images") && has("imageLists") && holds("annotations", ".mat")));
        add("folder", has("images") && hasFile("labels.csv"));
        if (TreeLayout.DHR.isAt(root)) {
            packed().forEach(set -> add(set.name(), true));
        }
    }

    private void add(String kind, boolean fits) {
        if (fits) {
            kinds.add(kind);
        }
    }

    private boolean has(String folder) {
        return Files.isDirectory(root.resolve(folder));
    }

    private boolean hasFile(String file) {
        return Files.isRegularFile(root.resolve(file));
    }

    private boolean holds(String folder, String ending) {
        return any(root.resolve(folder), name -> name.endsWith(ending));
    }

    private static boolean any(Path folder, Predicate<String> wanted) {
        return ImageFolder.files(folder).stream()
                .anyMatch(file -> wanted.test(file.getFileName().toString()));
    }

    private static boolean isNumber(String image) {
        return ImageFolder.isImage(image)
                && CocoNumbers.of(TextLines.stem(image)).isPresent();
    }

    /** Whether there are images of COCO in one of its layouts but DHR's; a folder of that name has other sets too. */
    private boolean isCoco() {
        return CocoLayout.all(root, "train").stream()
                .filter(layout -> layout.form() != CocoLayout.Form.DHR && any(layout.images(), LayoutGuess::isNumber))
                .anyMatch(layout -> layout.form() != CocoLayout.Form.FMA
                        || layout.year().equals("2014")
                        || layout.instances().isPresent());
    }

    /** The sets that DHR's folders may hold: by their images' names, and of these the least that has all objects. */
    private List<LabelSet> packed() {
        String split = TreeLayout.DHR.train(root);
        Path images = root.resolve(split + "/image");
        List<LabelSet> byName = PACKED.stream()
                .filter(set -> any(images, name -> ImageFolder.isImage(name) && isOf(set, name)))
                .toList();
        if (byName.size() < 2) {
            return byName;
        }
        if (split.equals("train_aug") && byName.contains(LabelSet.VOC)) {
            return List.of(LabelSet.VOC);
        }
        List<Path> annotations = ImageFolder.files(root.resolve(split + "/xml")).stream()
                .filter(file -> file.toString().endsWith(".xml"))
                .limit(SAMPLE)
                .toList();
        Optional<LabelSet> least = byName.stream()
                .filter(set -> annotations.stream().allMatch(file -> namesOnly(set.catalog(), file)))
                .findFirst();
        return annotations.isEmpty() || least.isEmpty() ? byName : List.of(least.get());
    }

    private static boolean isOf(LabelSet set, String image) {
        String stem = TextLines.stem(image);
        if (set == LabelSet.ADE20K) {
            return stem.startsWith("ADE_");
        }
        // the 164k images of COCO-Stuff are called by their bare numbers, those of COCO 2014 are not
        return set == LabelSet.COCO || (set == LabelSet.COCO_STUFF && stem.matches("\\d+"))
                ? isNumber(image)
                : set != LabelSet.COCO_STUFF && stem.matches("\\d{4}_\\d{6}");
    }

    private static boolean namesOnly(ClassCatalog classes, Path annotation) {
        try {
            return VocAnnotation.read(annotation, classes).others().isEmpty();
        } catch (InvalidDataException e) {
            return true; // a damaged one says nothing, and is told of when the dataset is opened
        }
    }
}
