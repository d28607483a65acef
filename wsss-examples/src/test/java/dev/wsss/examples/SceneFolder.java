package dev.wsss.examples;

import dev.wsss.api.Dataset;
import dev.wsss.api.LabelPng;
import dev.wsss.core.report.Overlay;
import dev.wsss.datasets.ShapesDataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Drawn scenes of 32 pixels as a plain folder, for tests to spoil. */
final class SceneFolder {
    private SceneFolder() {}

    /** Writes scenes {@code s0, s1, ...} and gives the folder. */
    static Path write(Path folder, int count, boolean masks) throws IOException {
        Dataset scenes = ShapesDataset.builder()
                .setCount(count)
                .setSeed(3)
                .optSize(32, 32)
                .build();
        List<String> table = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Overlay.writePng(image(folder, i), scenes.get(i).image());
            if (masks) {
                LabelPng.write(mask(folder, i), scenes.truth(i), scenes.classes());
            }
            table.add("s" + i + "," + String.join(";", scenes.tags(i).names()));
        }
        List<String> labels = scenes.classes().labelNames();
        Files.write(folder.resolve("classes.txt"), labels.subList(1, labels.size()));
        Files.write(table(folder), table);
        return folder;
    }

    static Path image(Path folder, int i) {
        return folder.resolve("images/s" + i + ".png");
    }

    static Path mask(Path folder, int i) {
        return folder.resolve("masks/s" + i + ".png");
    }

    static Path table(Path folder) {
        return folder.resolve("labels.csv");
    }
}
