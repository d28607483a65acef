package dev.wsss.models.cam;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The names of ImageNet's 1000 classes (ILSVRC 2012) in the usual order, that of their WordNet ids, each as WordNet's
 * synonyms with commas between. "crane" is there twice, as the bird and as the machine.
 *
 * <p>PyTorch's classifiers have 1000 outputs in this order. TensorFlow's have 1001: "background" first, which no
 * picture is of.
 */
public final class ImageNetClasses {
    /** The outputs of PyTorch's classifiers. */
    public static final int COUNT = 1000;

    private static final List<String> WITH_BACKGROUND = read();

    private ImageNetClasses() {}

    private static List<String> read() {
        try (InputStream in = ImageNetClasses.class.getResourceAsStream("imagenet.txt")) {
            if (in == null) {
                throw new IllegalStateException("the library's jar lacks imagenet.txt");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read imagenet.txt: " + e.getMessage(), e);
        }
    }

    /** The 1000 names. */
    public static List<String> names() {
        return WITH_BACKGROUND.subList(1, WITH_BACKGROUND.size());
    }

    /** The 1001 names, "background" first. */
    public static List<String> namesWithBackground() {
        return WITH_BACKGROUND;
    }

    /**
     * The names of a classifier's outputs.
     *
     * @throws IllegalArgumentException if there are neither 1000 nor 1001
     */
    public static List<String> namesOf(int outputs) {
        if (outputs == COUNT) {
            return names();
        }
        if (outputs == COUNT + 1) {
            return namesWithBackground();
        }
        throw new IllegalArgumentException("a classifier of ImageNet has 1000 or 1001 outputs, got " + outputs);
    }
}
