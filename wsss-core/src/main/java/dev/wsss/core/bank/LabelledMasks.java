package dev.wsss.core.bank;

import dev.wsss.api.LabelMap;
import dev.wsss.api.PixelBox;
import dev.wsss.api.RleMask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Masks of one image with a label and a score each: proposals after a vote. They may overlap and may leave pixels out.
 *
 * <pre>{@code
 * LabelMap map = labelled.suppressed(0.7).paint(PaintOrder.SCORE, 0);
 * }</pre>
 *
 * <p>By rank means: by score, then by similarity, then by the proposal's number, the best first.
 *
 * @param height rows of the image
 * @param width columns of the image
 * @param masks by rank once {@link ProposalLabeler} or {@link #suppressed} gives them
 */
public record LabelledMasks(int height, int width, List<Mask> masks) {
    private static final Comparator<Mask> BY_RANK = Comparator.comparingDouble(Mask::score)
            .thenComparingDouble(Mask::similarity)
            .reversed()
            .thenComparingInt(Mask::proposal);

    public LabelledMasks {
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
     * One mask.
     *
     * @param label 0 to 254
     * @param score share of the votes that the label got, 0 to 1
     * @param similarity mean cosine with the neighbours that voted for it, -1 to 1
     * @param proposal the mask's number among the proposals
     */
    public record Mask(RleMask pixels, int label, double score, double similarity, int proposal) {
        public Mask {
            if (label < 0 || label >= LabelMap.IGNORE) {
                throw new IllegalArgumentException("label is " + label + "; expected 0.." + (LabelMap.IGNORE - 1));
            }
            if (!Double.isFinite(score) || !Double.isFinite(similarity)) {
                throw new IllegalArgumentException(
                        "score is " + score + " and similarity " + similarity + "; expected finite numbers");
            }
        }
    }

    /** The masks, by rank. */
    LabelledMasks ranked() {
        return new LabelledMasks(height, width, masks.stream().sorted(BY_RANK).toList());
    }

    /**
     * Non-maximum suppression: by rank, each mask that overlaps one kept before too much is left out, whatever the labels of
     * the two.
     *
     * @param maxIou greatest intersection over union with one kept before, 0 to 1; at 1 all are kept
     * @return those that are kept, by rank
     */
    public LabelledMasks suppressed(double maxIou) {
        requireIou(maxIou);
        List<Mask> kept = new ArrayList<>();
        List<PixelBox> boxes = new ArrayList<>();
        for (Mask mask : ranked().masks) {
            PixelBox box = mask.pixels.box();
            boolean free = true;
            for (int i = 0; i < kept.size() && free; i++) {
                free = !overlaps(mask.pixels, box, kept.get(i).pixels, boxes.get(i), maxIou);
            }
            if (free) {
                kept.add(mask);
                boxes.add(box);
            }
        }
        return new LabelledMasks(height, width, kept);
    }

    static void requireIou(double maxIou) {
        if (!(maxIou >= 0 && maxIou <= 1)) {
            throw new IllegalArgumentException("maxIou is " + maxIou + "; expected 0 to 1");
        }
    }

    private static boolean overlaps(RleMask a, PixelBox boxA, RleMask b, PixelBox boxB, double maxIou) {
        // areas and boxes alone often tell that the IoU is no greater
        double bound = Math.min(a.area(), b.area()) / (double) Math.max(1, Math.max(a.area(), b.area()));
        return bound > maxIou && meet(boxA, boxB) && a.iou(b) > maxIou;
    }

    private static boolean meet(PixelBox a, PixelBox b) {
        return a.x() < b.x() + b.width()
                && b.x() < a.x() + a.width()
                && a.y() < b.y() + b.height()
                && b.y() < a.y() + a.height();
    }

    /**
     * Paints the masks over each other, so that the first of the order is on top.
     *
     * @param uncovered label of pixels in no mask, or {@link LabelMap#IGNORE}
     */
    public LabelMap paint(PaintOrder order, int uncovered) {
        if (uncovered < 0 || uncovered > LabelMap.IGNORE) {
            throw new IllegalArgumentException("uncovered is " + uncovered + "; expected 0.." + LabelMap.IGNORE);
        }
        Comparator<Mask> onTop = order == PaintOrder.SCORE
                ? BY_RANK
                : Comparator.<Mask>comparingInt(mask -> mask.pixels.area()).thenComparing(BY_RANK);
        byte[] columns = new byte[Math.multiplyExact(height, width)];
        Arrays.fill(columns, (byte) uncovered);
        masks.stream().sorted(onTop.reversed()).forEach(mask -> mask.pixels.fillColumns(columns, (byte) mask.label));
        byte[] rows = new byte[columns.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                rows[y * width + x] = columns[x * height + y];
            }
        }
        return LabelMap.wrap(height, width, rows);
    }
}
