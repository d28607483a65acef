package dev.wsss.examples;

import dev.wsss.api.ImageFiles;
import dev.wsss.api.RgbImage;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.clip.Clip;
import dev.wsss.models.clip.PromptTemplates;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * How to ask CLIP what a photograph shows, in words of one's own. {@code EmbedClip CHECKPOINT PHOTO WORDS...}, with a file of
 * OpenAI's or Hugging Face's: {@code EmbedClip ViT-B-16.pt photo.jpg cat dog "traffic light"}.
 */
public final class EmbedClip {
    private EmbedClip() {}

    /** Prints how likely the photograph is of each word. */
    public static void main(String[] args) {
        if (args.length < 3) {
            throw new IllegalArgumentException("expected a checkpoint, a photograph and words, got " + args.length
                    + " arguments; such as: ViT-B-16.pt photo.jpg cat dog");
        }
        List<String> words = Arrays.asList(args).subList(2, args.length);
        try (Clip clip = Clip.load(Path.of(args[0]))) {
            classify(clip, ImageFiles.readRgb(Path.of(args[1])), words)
                    .forEach((word, p) -> System.out.printf(Locale.ROOT, "%6.2f %%  %s%n", 100 * p, word));
        }
    }

    /** How likely the photograph is of each word; the numbers sum to 1. */
    static Map<String, Float> classify(Clip clip, RgbImage photo, List<String> words) {
        try (Scope scope = Scope.open()) {
            // each word in 80 sentences; for many photographs of the same words this is done once
            Tensor classes = clip.zeroShot(words, PromptTemplates.IMAGENET);
            float[] probabilities = clip.classify(photo, classes);
            Map<String, Float> likely = new LinkedHashMap<>();
            for (int i = 0; i < probabilities.length; i++) {
                likely.put(words.get(i), probabilities[i]);
            }
            return likely;
        }
    }
}
