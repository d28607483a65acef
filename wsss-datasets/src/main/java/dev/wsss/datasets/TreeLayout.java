package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;

/** The published layouts that {@link TreeDataset} reads; of those of one set, what is there tells which it is. */
enum TreeLayout {
    /** One form for many sets, with the labels of one numbering of each in the masks. */
    DHR(
            "train",
            "validation",
            LabelSet.VOC,
            LabelSet.PASCAL_CONTEXT_59_VOC_FIRST,
            LabelSet.ADE20K,
            LabelSet.COCO_STUFF) {
        @Override
        void fill(TreeDataset.Builder builder, LabelSet labels, Path root, String split) {
            builder.setImages(split + "/image").optMasks(split + "/mask", ".png", false);
            if (Files.isDirectory(root.resolve(split + "/xml"))) {
                builder.optAnnotations(split + "/xml");
            }
            if (split.equals("test")) {
                builder.optEvaluation(true); // images alone
            }
        }

        @Override
        boolean isAt(Path root) {
            return Stream.of("train", "train_aug", "validation")
                    .anyMatch(split -> Files.isDirectory(root.resolve(split + "/image")));
        }

        @Override
        String train(Path root) {
            return Files.isDirectory(root.resolve("train_aug/image")) ? "train_aug" : "train";
        }
    },

    CITYSCAPES("train", "val", LabelSet.CITYSCAPES, LabelSet.CITYSCAPES_27) {
        @Override
        void fill(TreeDataset.Builder builder, LabelSet labels, Path root, String split) {
            builder.setImages("leftImg8bit/" + split).optImageEnding("_leftImg8bit.png");
            if (split.equals("test")) {
                builder.optEvaluation(true); // the labels of the test split are dummies, which are not read
                return;
            }
            for (String kind : new String[] {"gtFine", "gtCoarse"}) {
                builder.optMasks(kind + "/" + split, "_" + kind + "_labelIds.png", true);
                if (labels == LabelSet.CITYSCAPES) {
                    builder.optMasks(kind + "/" + split, "_" + kind + "_labelTrainIds.png", false);
                }
            }
        }
    },

    ADE20K("training", "validation", LabelSet.ADE20K) {
        @Override
        void fill(TreeDataset.Builder builder, LabelSet labels, Path root, String split) {
            builder.setImages("images/" + split).optMasks("annotations/" + split, ".png", true);
        }

        @Override
        boolean isAt(Path root) {
            return Files.isDirectory(root.resolve("images/training"));
        }
    },

    /** The first release, of 10,000 images: MAT files with the official ids. */
    COCO_STUFF_10K(
            "train",
            "test",
            LabelSet.COCO_STUFF,
            LabelSet.COCO_STUFF_27,
            LabelSet.COCO_STUFF_15,
            LabelSet.COCO_STUFF_3) {
        @Override
        void fill(TreeDataset.Builder builder, LabelSet labels, Path root, String split) {
            builder.setImages("images")
                    .optMasks(
                            "annotations",
                            ".mat",
                            () -> MatFiles.masks("S", id -> stuff(labels, id), "an id of COCO-Stuff, 1..182, or 0"));
        }

        /** Official ids are higher by one than the values of the larger release, so that 0 is free for what has no label. */
        private int stuff(LabelSet labels, int id) {
            return id == 0
                    ? LabelMap.IGNORE
                    : id > 182 ? -1 : labels.findStored(id - 1).orElse(-1);
        }

        @Override
        boolean isAt(Path root) {
            return Files.isDirectory(root.resolve("imageLists"));
        }

        @Override
        boolean splitsAreLists() {
            return true;
        }

        @Override
        List<Path> lists(Path root, String split) {
            return List.of(root.resolve("imageLists"));
        }
    },

    COCO_STUFF(
            "train2017",
            "val2017",
            LabelSet.COCO_STUFF,
            LabelSet.COCO_STUFF_27,
            LabelSet.COCO_STUFF_15,
            LabelSet.COCO_STUFF_3) {
        @Override
        void fill(TreeDataset.Builder builder, LabelSet labels, Path root, String split) {
            builder.setImages("images/" + split).optMasks("annotations/" + split, ".png", true);
            if (labels == LabelSet.COCO_STUFF) {
                builder.optMasks("annotations/" + split, "_labelTrainIds.png", false);
            }
        }

        @Override
        boolean isAt(Path root) {
            return Files.isDirectory(root.resolve("images/train2017"));
        }

        @Override
        List<Path> lists(Path root, String split) {
            return List.of(root.resolve("curated/" + split), root);
        }
    },

    WILDDASH2("train", "val", LabelSet.WILDDASH2, LabelSet.WILDDASH2_UNIFIED) {
        @Override
        void fill(TreeDataset.Builder builder, LabelSet labels, Path root, String split) {
            if (!hasSplits(root)) {
                builder.setImages("images").optPanopticMasks("panoptic", "panoptic.json");
                return;
            }
            builder.setImages("img/" + split)
                    .optMasks("mask/" + split, "_labelIds.png", true)
                    .optMasks("mask/" + split, "_labelTrainIds.png", false);
        }

        /** The published form has all images in one folder; CARB's has two parts. */
        @Override
        boolean hasSplits(Path root) {
            return !Files.exists(root.resolve("panoptic.json"));
        }
    },

    CAMVID("train", "val", LabelSet.CAMVID) {
        @Override
        void fill(TreeDataset.Builder builder, LabelSet labels, Path root, String split) {
            builder.setImages("img/" + split).optMasks("mask/" + split, ".png", true);
        }
    },

    PASCAL_CONTEXT(
            "train",
            "val",
            LabelSet.PASCAL_CONTEXT_59,
            LabelSet.PASCAL_CONTEXT_60,
            LabelSet.PASCAL_CONTEXT_59_VOC_FIRST,
            LabelSet.PASCAL_CONTEXT_60_VOC_FIRST) {
        @Override
        void fill(TreeDataset.Builder builder, LabelSet labels, Path root, String split) {
            builder.setImages("JPEGImages")
                    .optMasks("SegmentationClassContext", ".png", true)
                    .optMasks("trainval", ".mat", () -> MatFiles.masks("LabelMap", named(labels, root), "0..459")
                            .explainedBy(root.resolve("labels.txt")));
        }

        /** Labels by the numbers of the original release, whose names its {@code labels.txt} has. */
        private IntUnaryOperator named(LabelSet labels, Path root) {
            Path file = root.resolve("labels.txt");
            ClassCatalog classes = labels.catalog();
            Map<Integer, Integer> labelOf = new HashMap<>();
            labelOf.put(0, classes.hasBackground() ? 0 : LabelMap.IGNORE);
            Set<String> missing = new TreeSet<>(classes.tagNames());
            for (TextLines.Line line : TextLines.read(file, "the names of the values of trainval/<id>.mat")) {
                String[] cells = line.text().split(":\\s*", 2);
                if (cells.length != 2 || !cells[0].matches("\\d{1,4}")) {
                    throw new InvalidDataException(
                            line.origin() + ": is '" + line.text() + "'; expected 'number: name'");
                }
                OptionalInt tag = classes.findTag(cells[1]);
                tag.ifPresent(t -> missing.remove(classes.tagNames().get(t)));
                Integer before = labelOf.put(
                        Integer.parseInt(cells[0]),
                        tag.isPresent()
                                ? classes.labelOfTag(tag.getAsInt())
                                : classes.hasBackground() ? 0 : LabelMap.IGNORE);
                if (before != null) {
                    throw new InvalidDataException(line.origin() + ": number " + cells[0] + " stands twice or is 0");
                }
            }
            if (!missing.isEmpty()) {
                throw new InvalidDataException(file + ": does not name " + Counts.names(missing)
                        + "; expected a number for each of the " + classes.tagCount() + " classes");
            }
            return value -> labelOf.getOrDefault(value, -1);
        }

        @Override
        boolean isAt(Path root) {
            return Files.isDirectory(root.resolve("JPEGImages"));
        }

        @Override
        boolean splitsAreLists() {
            return true;
        }

        @Override
        List<Path> lists(Path root, String split) {
            // the original release has no lists of its own: its images are VOC 2010's, and so are their parts
            return List.of(root.resolve("ImageSets/SegmentationContext"), root.resolve("ImageSets/Main"));
        }
    };

    private final String train;
    private final String val;
    private final List<LabelSet> sets;

    TreeLayout(String train, String val, LabelSet... sets) {
        this.train = train;
        this.val = val;
        this.sets = List.of(sets);
    }

    abstract void fill(TreeDataset.Builder builder, LabelSet labels, Path root, String split);

    /** Whether splits are lists of images that lie in one folder. */
    boolean splitsAreLists() {
        return false;
    }

    /** Whether images are divided into splits; else a list is needed to choose some. */
    boolean hasSplits(Path root) {
        return true;
    }

    /** Folders in which lists of a split's images may lie. */
    List<Path> lists(Path root, String split) {
        return List.of(root);
    }

    /** Whether a folder has this layout, and not another of the same set. */
    boolean isAt(Path root) {
        return false;
    }

    /** The split to train on. */
    String train(Path root) {
        return train;
    }

    /** The split to evaluate on. */
    String val() {
        return val;
    }

    /**
     * The layout in which a folder has a set, by default the published one.
     *
     * @throws IllegalArgumentException if the set has none
     * @throws InvalidDataException if the folder has two
     */
    static TreeLayout of(LabelSet labels, Path root) {
        List<TreeLayout> all = Stream.of(values())
                .filter(layout -> layout.sets.contains(labels))
                .toList();
        List<TreeLayout> there =
                all.stream().filter(layout -> layout.isAt(root)).toList();
        if (there.size() > 1) {
            throw new InvalidDataException(root + ": has " + labels.name() + " in two forms, " + there.get(0) + " and "
                    + there.get(1) + "; expected a folder with one of them");
        }
        if (!there.isEmpty()) {
            return there.get(0);
        }
        if (DHR.isAt(root)) { // read as another numbering, its masks would fit without an error
            throw new InvalidDataException(root + ": is packed as DHR does, whose masks are not numbered as "
                    + labels.name() + "; expected one of "
                    + DHR.sets.stream().map(LabelSet::name).toList());
        }
        return all.stream()
                .filter(layout -> layout != DHR && layout != COCO_STUFF_10K)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("label set " + labels.name()
                        + " has no layout with images in one tree and masks in another in " + root
                        + "; expected one of " + kinds() + ", or SPLIT/image as DHR packs it"));
    }

    static List<String> kinds() {
        return Stream.of(values())
                .filter(layout -> layout != CAMVID && layout != DHR)
                .flatMap(layout -> layout.sets.stream())
                .map(LabelSet::name)
                .distinct()
                .toList();
    }

    TreeDataset.Builder builder(LabelSet labels, Path root, String split) {
        TreeDataset.Builder builder =
                TreeDataset.builder().setRoot(root).setLabels(labels).optPart(split);
        if (splitsAreLists()) {
            List<Path> files = lists(root, split).stream()
                    .map(folder ->
                            TextLines.inside(root, TextLines.within(root, folder.resolve(split + ".txt")), "split"))
                    .toList();
            builder.optList(
                    files.stream().filter(Files::isRegularFile).findFirst().orElse(files.get(0)));
        } else {
            TextLines.inside(root, split, "split");
        }
        fill(builder, labels, root, split);
        return builder;
    }
}
