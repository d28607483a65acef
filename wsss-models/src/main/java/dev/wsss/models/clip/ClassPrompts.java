package dev.wsss.models.clip;

import java.util.List;

/**
 * Names of classes as published systems say them to CLIP, which are not always those of the dataset: better words give better
 * maps. Each list is in the order of the dataset's classes. {@link PromptTemplates} make sentences of them.
 */
public enum ClassPrompts {
    /** Cityscapes' 19 classes, by their own names. */
    CITYSCAPES("prompts-cityscapes.txt"),
    /** The same as CARB says them: "tree", "grass" and "pedestrian" for vegetation, terrain and person. */
    CITYSCAPES_CARB("prompts-cityscapes-carb.txt"),
    /** CamVid's 11 classes in CARB, "signsymbol" included, which is no word. */
    CAMVID_CARB("prompts-camvid-carb.txt"),
    /** WildDash2's 25 classes in CARB. */
    WILDDASH2_CARB("prompts-wilddash2-carb.txt"),
    /** Pascal VOC's 20 objects in CLIP-ES, such as "bird avian". */
    VOC_CLIP_ES("prompts-voc-clip-es.txt"),
    /** 25 things in the background of Pascal VOC's images, of CLIP-ES. */
    VOC_BACKGROUND_CLIP_ES("prompts-voc-background-clip-es.txt"),
    /** COCO's 80 objects in CLIP-ES, "sknowboard" included. */
    COCO_CLIP_ES("prompts-coco-clip-es.txt"),
    /** 23 things in the background of COCO's images, of CLIP-ES. */
    COCO_BACKGROUND_CLIP_ES("prompts-coco-background-clip-es.txt");

    private final List<String> names;

    ClassPrompts(String resource) {
        names = ClipResources.lines(resource);
    }

    /** The names, in the order of the classes. */
    public List<String> names() {
        return names;
    }
}
