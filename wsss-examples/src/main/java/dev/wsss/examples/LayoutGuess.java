package dev.wsss.examples;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** The kind of dataset that a folder holds, told by its layout, so that {@code data check DIR} needs no more. */
final class LayoutGuess {
    /** What must be in a folder of a kind; of two kinds that fit, the first is meant. */
    private record Layout(String kind, String... entries) {}

    private static final List<Layout> LAYOUTS = List.of(
            new Layout("cityscapes", "leftImg8bit"),
            new Layout("wilddash2", "panoptic.json"),
            new Layout("context59", "JPEGImages", "SegmentationClassContext"),
            new Layout("voc", "JPEGImages", "ImageSets"),
            new Layout("camvid", "train.txt", "trainannot"),
            new Layout("ade20k", "images/training", "annotations/training"),
            new Layout("cocostuff", "images/train2017", "annotations/train2017"),
            new Layout("folder", "images", "labels.csv"));

    private LayoutGuess() {}

    /**
     * The text of a dataset: as it is, or with the kind before it if it is a folder.
     *
     * @throws IllegalArgumentException if it is a folder of no known layout
     */
    static String spec(String text) {
        Path folder;
        try {
            folder = Path.of(text);
        } catch (InvalidPathException e) {
            return text; // opening it tells
        }
        if (!Files.isDirectory(folder)) {
            return text;
        }
        for (Layout layout : LAYOUTS) {
            if (List.of(layout.entries).stream().allMatch(entry -> Files.exists(folder.resolve(entry)))) {
                return layout.kind + ":" + text;
            }
        }
        throw new IllegalArgumentException(
                text + ": the folder's layout is none of those known; expected its kind before" + " it, such as voc:"
                        + text + " or folder:" + text);
    }
}
