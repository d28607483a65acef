package dev.wsss.api;

import java.util.List;

/**
 * Class-free masks of one image, from an automatic mask generator. They may overlap and may leave pixels out.
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
            RleMask pixels = masks.get(i).pixels;
            if (pixels.height() != height || pixels.width() != width) {
                throw new IllegalArgumentException("mask " + i + " is of " + pixels.height() + "x" + pixels.width()
                        + " pixels; expected " + height + "x" + width + " as the image");
            }
        }
    }

    /**
     * One proposal.
     *
     * @param pixels what is inside
     * @param score the generator's own estimate of the mask's IoU with an object. A regression's output: it may exceed 1
     * @param stability IoU between the mask at a higher and at a lower threshold, 0 to 1
     * @param level granularity, larger for coarser masks; SAM's are 0 subpart, 1 part, 2 whole
     */
    public record Mask(RleMask pixels, float score, float stability, int level) {
        public Mask {
            if (!Float.isFinite(score)) {
                throw new IllegalArgumentException("score is " + score + "; expected a finite number");
            }
            if (!(stability >= 0 && stability <= 1)) {
                throw new IllegalArgumentException("stability is " + stability + "; expected 0 to 1");
            }
            if (level < 0) {
                throw new IllegalArgumentException("level is " + level + "; expected 0 or more");
            }
        }

        /** Number of pixels inside. */
        public int area() {
            return pixels.area();
        }

        /** The smallest box that holds the mask. */
        public PixelBox box() {
            return pixels.box();
        }
    }
}
