package dev.wsss.systems.look;

import dev.wsss.models.cam.ImageNetClasses;

/**
 * A class of ImageNet and how likely a network holds it to be in a photograph.
 *
 * @param index of the class, 0 to 999, in {@link ImageNetClasses#names}'s order
 * @param probability 0 to 1; those of all classes sum to 1, with the background's where the network has one
 */
public record LikelyClass(int index, double probability) {
    /** All of the class's names, with commas between. */
    public String names() {
        return ImageNetClasses.names().get(index);
    }

    /** The first of the class's names. */
    public String name() {
        return names().split(",", 2)[0];
    }
}
