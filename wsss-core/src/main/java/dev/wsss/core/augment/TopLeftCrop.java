package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;

/**
 * Cuts out the top left corner, or pads right and below: images of one size without anything random.
 *
 * @param height rows of the view, at least 1
 * @param width columns of the view, at least 1
 */
public record TopLeftCrop(int height, int width) implements Transform {
    public TopLeftCrop {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("crop must be at least 1x1, got " + height + "x" + width);
        }
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        draft.geometry(draft.geometry().crop(0, 0, height, width));
    }

    @Override
    public Description description() {
        return Description.of("TopLeftCrop").putAll(this).build();
    }
}
