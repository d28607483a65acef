package dev.wsss.datasets;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The published layouts that {@link TreeDataset} reads. */
enum TreeLayout {
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
            builder.setImages("JPEGImages").optMasks("SegmentationClassContext", ".png", true);
        }

        @Override
        boolean splitsAreLists() {
            return true;
        }

        @Override
        List<Path> lists(Path root, String split) {
            return List.of(root.resolve("ImageSets/SegmentationContext"));
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

    /** The split to train on. */
    String train() {
        return train;
    }

    /** The split to evaluate on. */
    String val() {
        return val;
    }

    static TreeLayout of(LabelSet labels) {
        for (TreeLayout layout : values()) {
            if (layout.sets.contains(labels)) {
                return layout;
            }
        }
        throw new IllegalArgumentException("label set " + labels.name()
                + " has no layout with images in one tree and masks in another; expected one of " + kinds());
    }

    static List<String> kinds() {
        return List.of(values()).stream()
                .filter(layout -> layout != CAMVID)
                .flatMap(layout -> layout.sets.stream())
                .map(LabelSet::name)
                .toList();
    }

    TreeDataset.Builder builder(LabelSet labels, Path root, String split) {
        TreeDataset.Builder builder =
                TreeDataset.builder().setRoot(root).setLabels(labels).optPart(split);
        if (splitsAreLists()) {
            Path folder = lists(root, split).get(0);
            builder.optList(TextLines.inside(root, TextLines.within(root, folder.resolve(split + ".txt")), "split"));
        } else {
            TextLines.inside(root, split, "split");
        }
        fill(builder, labels, root, split);
        return builder;
    }
}
