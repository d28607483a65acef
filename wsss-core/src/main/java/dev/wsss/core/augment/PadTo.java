package dev.wsss.core.augment;

import dev.wsss.api.Description;
import dev.wsss.api.SplitMix;

/**
 * Pads below and at the right, so that the view has at least a size and its sides are multiples of a number; never cuts.
 * Where a crop before it cut off some of the image, that shows again.
 *
 * @param height fewest rows, at least 1
 * @param width fewest columns, at least 1
 * @param divisor what both sides are multiples of, at least 1
 */
public record PadTo(int height, int width, int divisor) implements Transform {
    public PadTo {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("size is " + height + "x" + width + "; expected at least 1x1");
        }
        if (divisor < 1) {
            throw new IllegalArgumentException("divisor is " + divisor + "; expected at least 1");
        }
    }

    /** Pads to a size. */
    public static PadTo size(int height, int width) {
        return new PadTo(height, width, 1);
    }

    /** Pads to multiples of a number. */
    public static PadTo multipleOf(int divisor) {
        return new PadTo(1, 1, divisor);
    }

    @Override
    public void draw(ViewDraft draft, SplitMix random) {
        draft.crop(0, 0, side(draft.height(), height), side(draft.width(), width));
    }

    private int side(int now, int least) {
        return Math.multiplyExact(-Math.floorDiv(-Math.max(now, least), divisor), divisor);
    }

    @Override
    public Description description() {
        return Description.of("PadTo").putAll(this).build();
    }
}
