package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;

/**
 * Resizes to a fixed size, whatever the image's proportions.
 *
 * @param height rows of the result
 * @param width columns of the result
 */
public record ResizeTo(int height, int width) implements Transform {
    public ResizeTo {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("size is " + height + "x" + width + "; expected at least 1x1");
        }
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        draft.resize(height, width);
    }

    @Override
    public Description description() {
        return Description.of("ResizeTo").putAll(this).build();
    }
}
