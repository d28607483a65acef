package dev.wsss.models.maskclip;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.models.clip.Clip;
import dev.wsss.models.clip.PromptTemplates;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The text embeddings of a list of classes, in their order.
 *
 * <pre>{@code
 * TextEmbeddings embeddings = TextEmbeddings.of(clip, ClassPrompts.CITYSCAPES_CARB.names(), PromptTemplates.IMAGENET_AND_SCENES);
 * embeddings.write(Path.of("cityscapes.safetensors"));
 * TextEmbeddings theirs = TextEmbeddings.read(Path.of("city_carb_ViT16_clip_text.pth"));
 * }</pre>
 *
 * @param prompts what each class was called; empty where a file does not say
 * @param rows floating point {@code [classes][width]}, in rows of about length 1
 */
public record TextEmbeddings(List<String> prompts, HostArray rows) {
    private static final String KEY = "text_embeddings";
    private static final String PROMPTS = "prompts";
    private static final String SEPARATOR = "\n";

    /** How far from 1 a row's length may be: those of a CLIP in float16 are off by up to a thousandth. */
    private static final double LENGTH_TOLERANCE = 0.05;

    /**
     * Checks.
     *
     * @throws IllegalArgumentException if the rows are no embeddings of classes, or not one for each prompt
     */
    public TextEmbeddings {
        prompts = List.copyOf(prompts);
        TextClassifier.requireEmbeddings(rows);
        if (!prompts.isEmpty() && prompts.size() != rows.shape()[0]) {
            throw new IllegalArgumentException(
                    "expected an embedding for each of " + prompts.size() + " prompts, got " + rows.shape()[0]);
        }
    }

    /** Number of classes. */
    public int classes() {
        return (int) rows.shape()[0];
    }

    /**
     * Of class names in templates, by a CLIP's text tower.
     *
     * @throws IllegalArgumentException if there are no classes, or a name is blank
     */
    public static TextEmbeddings of(Clip clip, List<String> names, PromptTemplates templates) {
        try (Scope scope = Scope.open()) {
            return new TextEmbeddings(names, Tensors.toHost(clip.zeroShot(names, templates)));
        }
    }

    /**
     * Reads what {@link #write} wrote; MaskCLIP's and CARB's {@code *_clip_text.pth}, which is a tensor and nothing else; or a
     * checkpoint with an entry {@code text_embeddings}, such as a segmentor of CARB.
     *
     * @throws InvalidDataException naming the file, if it cannot be read, holds no such tensor or several, or rows whose
     *     length is not about 1
     */
    public static TextEmbeddings read(Path file) {
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            List<String> names = checkpoint.info().stream()
                    .map(Checkpoint.Info::name)
                    .filter(name -> name.equals(Checkpoint.BARE_TENSOR) || name.equals(KEY) || name.endsWith("." + KEY))
                    .toList();
            if (names.size() != 1) {
                throw new InvalidDataException(file + ": expected one tensor '" + KEY + "', got " + names);
            }
            String prompts = checkpoint.metadata().getOrDefault(PROMPTS, "");
            HostArray rows = checkpoint.get(names.get(0)).copy();
            try {
                TextEmbeddings embeddings =
                        new TextEmbeddings(prompts.isEmpty() ? List.of() : List.of(prompts.split(SEPARATOR)), rows);
                embeddings.requireUnitRows();
                return embeddings;
            } catch (IllegalArgumentException e) {
                throw new InvalidDataException(file + ": " + e.getMessage(), e);
            }
        }
    }

    private void requireUnitRows() {
        float[] values = rows.toFloats();
        int width = (int) rows.shape()[1];
        for (int c = 0; c < classes(); c++) {
            double square = 0;
            for (int i = 0; i < width; i++) {
                square += (double) values[c * width + i] * values[c * width + i];
            }
            if (Math.abs(Math.sqrt(square) - 1) > LENGTH_TOLERANCE) {
                throw new IllegalArgumentException(
                        "text embeddings have rows of length 1, got " + Math.sqrt(square) + " in row " + c);
            }
        }
    }

    /**
     * Writes a safetensors file atomically, with the prompts in its metadata.
     *
     * @throws java.io.UncheckedIOException if that fails
     */
    public void write(Path file) {
        Safetensors.write(
                file,
                Map.of(KEY, rows),
                prompts.isEmpty() ? Map.of() : Map.of(PROMPTS, String.join(SEPARATOR, prompts)));
    }

    /**
     * Refuses embeddings that are not of a catalog's classes.
     *
     * @return this
     * @throws IllegalArgumentException with both numbers
     */
    public TextEmbeddings requireClasses(ClassCatalog catalog) {
        if (classes() != catalog.tagCount()) {
            throw new IllegalArgumentException("text embeddings must be of the " + catalog.tagCount()
                    + " classes that there are tags of, got " + classes() + (prompts.isEmpty() ? "" : " " + prompts));
        }
        return this;
    }
}
