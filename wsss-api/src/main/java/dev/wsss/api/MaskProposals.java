package dev.wsss.api;

import java.util.BitSet;
import java.util.List;

/**
 * Class-free masks of one image, from an automatic mask generator.
 *
 * @param height rows of the image
 * @param width columns of the image
 * @param masks the proposals, in the generator's order
 */
public record MaskProposals(int height, int width, List<Mask> masks) {
    public MaskProposals {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("image size must be at least 1x1, got " + height + "x" + width);
        }
        masks = List.copyOf(masks);
        for (int i = 0; i < masks.size(); i++) {
            if (masks.get(i).pixels.length() > (long) height * width) {
                throw new IllegalArgumentException("mask " + i + " has a pixel at "
                        + (masks.get(i).pixels.length() - 1) + ", outside " + height + "x" + width);
            }
        }
    }

    /**
     * One proposal.
     *
     * @param pixels bit {@code y * width + x} is set inside the mask; not to be changed by the receiver
     * @param predictedIou the generator's own estimate of its quality, 0 to 1
     * @param stability IoU between the mask at a higher and at a lower threshold, 0 to 1
     */
    public record Mask(BitSet pixels, double predictedIou, double stability) {
        /** Number of pixels inside. */
        public int area() {
            return pixels.cardinality();
        }
    }
}
