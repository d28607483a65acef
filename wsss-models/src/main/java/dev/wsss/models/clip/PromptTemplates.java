package dev.wsss.models.clip;

import java.util.List;
import java.util.stream.Stream;

/**
 * Sentences with a place for a class's name, <code>{}</code>.
 *
 * @param templates at least one, each with one place
 */
public record PromptTemplates(List<String> templates) {
    /** Where the name goes. */
    public static final String PLACE = "{}";

    /** {@code a photo of a {}.} */
    public static final PromptTemplates PHOTO = of("a photo of a {}.");

    /** {@code a clean origami {}.}, of CLIP-ES. */
    public static final PromptTemplates ORIGAMI = of("a clean origami {}.");

    /** The 80 that OpenAI published for ImageNet. */
    public static final PromptTemplates IMAGENET = new PromptTemplates(ClipResources.lines("templates-imagenet.txt"));

    /** Those and five of a thing in a scene, of MaskCLIP and CARB. */
    public static final PromptTemplates IMAGENET_AND_SCENES = IMAGENET.and(ClipResources.lines("templates-scenes.txt"));

    /** Refuses templates without exactly one place. */
    public PromptTemplates {
        templates = List.copyOf(templates);
        if (templates.isEmpty()) {
            throw new IllegalArgumentException("expected at least one template, got none");
        }
        for (String template : templates) {
            int place = template.indexOf(PLACE);
            if (place < 0 || template.indexOf(PLACE, place + 1) >= 0) {
                throw new IllegalArgumentException(
                        "a template has one place " + PLACE + " for the name, got '" + template + "'");
            }
        }
    }

    /** Templates of one's own. */
    public static PromptTemplates of(String... templates) {
        return new PromptTemplates(List.of(templates));
    }

    /** These and more. */
    public PromptTemplates and(List<String> more) {
        return new PromptTemplates(
                Stream.concat(templates.stream(), more.stream()).toList());
    }

    /** All sentences with a name in its place. */
    public List<String> fill(String name) {
        return templates.stream().map(t -> t.replace(PLACE, name)).toList();
    }
}
