package dev.wsss.examples;

import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.ObjectNpy;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.datasets.Datasets;
import dev.wsss.datasets.VocLayout;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a program learns from, the same for all systems. */
final class DataOptions {
    @Option(
            names = "--data",
            paramLabel = "SPEC",
            description = "shapes, camvid:DIR, voc:DIR or folder:DIR; default ${DEFAULT-VALUE}")
    String data = "shapes";

    @Option(
            names = "--cls-labels",
            paramLabel = "FILE",
            description = "cls_labels.npy of the original programs: the tags of voc:DIR in place of its annotations")
    @Nullable
    private Path clsLabels;

    /** Whether these are the drawn scenes. */
    boolean isShapes() {
        return data.startsWith("shapes");
    }

    /** The images; the drawn scenes are of the run's seed. */
    DatasetSplits open(long seed) {
        Path tags = clsLabels;
        if (tags == null) {
            return Datasets.open(data.equals("shapes") ? "shapes:train=400,val=200,seed=" + seed : data);
        }
        if (!data.startsWith("voc:")) {
            throw new IllegalArgumentException("--cls-labels is for voc:DIR, got --data " + data);
        }
        Path root = Path.of(data.substring("voc:".length()));
        Map<String, ImageTags> given = tags(tags);
        try {
            return Datasets.voc(root, given);
        } catch (InvalidDataException e) {
            throw new InvalidDataException("with the tags of " + tags + ": " + e.getMessage(), e);
        }
    }

    private static Map<String, ImageTags> tags(Path file) {
        Map<String, ImageTags> tags = new HashMap<>();
        ObjectNpy.readClassLabels(file).forEach((id, scores) -> {
            if (scores.length != VocLayout.VOC_CLASSES.tagCount()) {
                throw new InvalidDataException(file + ": '" + id + "' has " + scores.length + " classes; expected "
                        + VocLayout.VOC_CLASSES.tagCount());
            }
            int[] present =
                    IntStream.range(0, scores.length).filter(i -> scores[i] > 0).toArray();
            tags.put(id, ImageTags.of(VocLayout.VOC_CLASSES, present));
        });
        return tags;
    }
}
