package dev.wsss.systems.dhr;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.image.Resize;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The cells that features divide a canvas into, and the labels of cells.
 *
 * <p>Labels are first enlarged by OpenCV's nearest to the next multiple of some number of pixels on each axis. Cell {@code i} of
 * {@code n} on an axis of {@code s} pixels starts at {@code floor(i s / n)} and has {@code floor(s / n)} pixels. A cell's label
 * is the most frequent one, of equals the smallest; {@link dev.wsss.api.LabelMap#IGNORE} competes as the others do.
 *
 * @param rows of cells
 * @param columns of cells
 */
public record CellGrid(int rows, int columns) {
    /** The pixels of a patch of DINOv2, to whose multiple labels are enlarged for unsupervised features. */
    public static final int PATCH = 14;

    private static final int VALUES = 256;

    /** @throws IllegalArgumentException if it has no cells */
    public CellGrid {
        if (rows < 1 || columns < 1) {
            throw new IllegalArgumentException("a grid must have at least 1x1 cells, got " + rows + "x" + columns);
        }
    }

    /** The grid of features {@code [D][rows][columns]}. */
    public static CellGrid of(Tensor features) {
        DhrSample.requirePlanes("features", features);
        return new CellGrid(Math.toIntExact(features.size(1)), Math.toIntExact(features.size(2)));
    }

    /** Labels of cells, from labels enlarged to the next multiple of {@link #PATCH}. */
    public Tensor patchLabels(Tensor mask) {
        return labels(mask, PATCH, PATCH);
    }

    /** Labels of cells, from labels enlarged to the next multiple of the grid's own size. */
    public Tensor evenLabels(Tensor mask) {
        return labels(mask, rows, columns);
    }

    /**
     * Labels of cells.
     *
     * @param mask int64 {@code [H][W]}, labels of 0 to 255
     * @param rowMultiple of pixels to which the height is enlarged
     * @param columnMultiple of pixels to which the width is enlarged
     * @return int64 {@code [rows][columns]} on the mask's device, in the current scope
     * @throws IllegalArgumentException if a cell would be smaller than a pixel
     * @throws InvalidDataException if a label is above 255
     */
    public Tensor labels(Tensor mask, int rowMultiple, int columnMultiple) {
        if (mask.dim() != 2) {
            throw new IllegalArgumentException("mask must be [H][W], got " + Arrays.toString(Tensors.shape(mask)));
        }
        try (Scope scope = Scope.open()) {
            Tensor down = pixels("rows", mask, mask.size(0), rowMultiple, rows);
            Tensor across = pixels("columns", mask, mask.size(1), columnMultiple, columns);
            long high = down.numel() / rows;
            long wide = across.numel() / columns;
            Tensor picked = mask.index_select(0, down)
                    .index_select(1, across)
                    .view(rows, high, columns, wide)
                    .transpose(1, 2)
                    .reshape(rows, columns, high * wide);
            long[] values = valuesOf(picked);
            TensorVector counts = new TensorVector();
            for (long value : values) {
                counts.push_back(picked.eq(new Scalar(value)).sum(2));
            }
            // the first of equal counts is the smallest label, as values ascend
            Tensor most = torch.stack(counts, 0).argmax(new LongOptional(0), false);
            Tensor table = to(mask, values);
            return scope.keep(table.index_select(0, most.flatten()).view(rows, columns));
        }
    }

    /** Which pixels of the mask the cells of an axis have, those of a cell one after the other. */
    private static Tensor pixels(String axis, Tensor mask, long size, int multiple, int cells) {
        int in = Math.toIntExact(size);
        int enlarged = Math.multiplyExact((in + multiple - 1) / multiple, multiple);
        int width = enlarged / cells;
        if (width == 0) {
            throw new IllegalArgumentException("a grid of " + cells + " " + axis + " is finer than the mask of " + in
                    + ", enlarged to " + enlarged);
        }
        int[] from = Resize.CV_NEAREST.index(in, enlarged);
        long[] index = new long[cells * width];
        for (int cell = 0, o = 0; cell < cells; cell++) {
            int start = (int) ((long) cell * enlarged / cells);
            for (int i = 0; i < width; i++) {
                index[o++] = from[start + i];
            }
        }
        return to(mask, index);
    }

    /** The labels that occur, ascending. */
    static long[] valuesOf(Tensor labels) {
        try (Scope scope = Scope.open()) {
            long[] histogram = Tensors.toLongs(torch.bincount(labels.flatten()));
            if (histogram.length > VALUES) {
                throw new InvalidDataException("label " + (histogram.length - 1) + " in a mask; expected 0 to 255");
            }
            return IntStream.range(0, histogram.length)
                    .filter(v -> histogram[v] > 0)
                    .mapToLong(v -> v)
                    .toArray();
        }
    }

    /**
     * The cells of which the content covers half or more along both axes; where no row or no column is covered by half, the
     * one that is covered best.
     *
     * @param content on the canvas
     * @param height of the canvas
     * @param width of the canvas
     * @return their positions {@code row * columns + column}, ascending
     */
    public long[] inside(ContentBox content, int height, int width) {
        content.requireInside(height, width);
        List<Integer> down = covered(content.top(), content.bottom(), height, rows);
        List<Integer> across = covered(content.left(), content.right(), width, columns);
        return down.stream()
                .flatMapToLong(r -> across.stream().mapToLong(c -> (long) r * columns + c))
                .toArray();
    }

    /**
     * Refuses a grid that does not divide a canvas into squares, by whichever rounding: the features are of something else.
     *
     * @throws IllegalArgumentException if so
     */
    void requireOneSize(int height, int width) {
        boolean up = agree(
                (double) height / rows, upper(height, rows, 1), (double) width / columns, upper(width, columns, 1));
        boolean near = agree(
                height / (rows + 0.5), upper(height, rows, 0.5), width / (columns + 0.5), upper(width, columns, 0.5));
        boolean down =
                agree(height / (rows + 1.0), (double) height / rows, width / (columns + 1.0), (double) width / columns);
        if (!up && !near && !down) {
            throw new IllegalArgumentException(
                    "features of " + rows + "x" + columns + " cells do not divide a canvas of " + height + "x" + width
                            + " into cells of one size; expected the features of what is on the canvas");
        }
    }

    /** The side that gives one cell fewer, almost. */
    private static double upper(int size, int cells, double less) {
        return cells <= less ? Double.POSITIVE_INFINITY : size / (cells - less);
    }

    private static boolean agree(double low1, double high1, double low2, double high2) {
        return low1 < high2 && low2 < high1 || low1 == low2;
    }

    private static List<Integer> covered(int from, int to, int size, int cells) {
        List<Integer> covered = new ArrayList<>();
        int best = 0;
        double most = -1;
        for (int i = 0; i < cells; i++) {
            double start = (double) i * size / cells;
            double end = (double) (i + 1) * size / cells;
            double part = (Math.min(end, to) - Math.max(start, from)) / (end - start);
            if (part >= 0.5) {
                covered.add(i);
            }
            if (part > most) {
                most = part;
                best = i;
            }
        }
        return covered.isEmpty() ? List.of(best) : covered;
    }

    private static Tensor to(Tensor other, long[] values) {
        Tensor t = Tensors.of(values, values.length);
        return t.to(other.device(), t.scalar_type());
    }
}
