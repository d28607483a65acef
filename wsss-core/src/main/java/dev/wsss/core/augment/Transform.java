package dev.wsss.core.augment;

import dev.wsss.api.Described;
import dev.wsss.api.SplitMix;

/**
 * One random change of a training image: it draws numbers, and enters in the draft what they mean, a geometry or a change
 * of colours. Records of their settings describe themselves.
 */
public interface Transform extends Described {
    /**
     * Draws. How many numbers are drawn must not depend on the image, so that one setting does not shift the others'.
     *
     * @param random the view's own generator, to be drawn from by nobody else
     */
    void draw(ViewDraft draft, SplitMix random);
}
