package dev.wsss.core.augment;

import dev.wsss.api.Described;
import dev.wsss.api.SplitMix;

/**
 * One random change of a training image: it draws numbers, and enters in the draft what they mean, a geometry or a change
 * of colours. Records of their settings describe themselves.
 */
public interface Transform extends Described {
    /**
     * Draws.
     *
     * @param random a generator of this transform's own: how many numbers it draws does not shift what others draw
     */
    void draw(ViewDraft draft, SplitMix random);
}
