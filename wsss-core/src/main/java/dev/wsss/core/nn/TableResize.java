package dev.wsss.core.nn;

import dev.wsss.core.checkpoint.TensorSpec;
import dev.wsss.core.runtime.Scope;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * How a table learnt for one size of images, such as a position embedding, becomes one for another. Its {@code
 * toString} names the method in reports. A network whose reference resamples in a way of its own brings its own.
 */
public interface TableResize {
    /** Whether it can make a table of shape {@code to} from one like {@code from}. */
    boolean fits(TensorSpec from, long[] to);

    /** The table in shape {@code to}; belongs to the current scope. */
    Tensor resize(Tensor table, long[] to);

    /**
     * Tables {@code [L][D]} or {@code [1][L][D]} whose rows are {@code tokens} that have no place, such as a class token,
     * and then a square grid, row by row. The grid is resampled as PyTorch's bicubic interpolation does it, to the new
     * size, corners not aligned and without antialiasing, in float32; the tokens stay.
     *
     * @throws IllegalArgumentException if {@code tokens < 0}
     */
    static TableResize bicubic(int tokens) {
        if (tokens < 0) {
            throw new IllegalArgumentException("tokens must not be negative, got " + tokens);
        }
        return new TableResize() {
            @Override
            public boolean fits(TensorSpec from, long[] to) {
                long[] shape = from.shape();
                int rank = shape.length;
                if (!from.dtype().isFloating() || rank != to.length || rank < 2 || rank > 3) {
                    return false;
                }
                boolean one = rank == 2 || (shape[0] == 1 && to[0] == 1);
                return one && shape[rank - 1] == to[rank - 1] && side(shape[rank - 2]) > 0 && side(to[rank - 2]) > 0;
            }

            /** Rows of the grid, 0 if it is not square. */
            private long side(long rows) {
                long side = Math.round(Math.sqrt((double) (rows - tokens)));
                return rows > tokens && side * side == rows - tokens ? side : 0;
            }

            @Override
            public Tensor resize(Tensor table, long[] to) {
                try (Scope scope = Scope.open()) {
                    long width = to[to.length - 1];
                    long old = side(table.size(to.length - 2));
                    long side = side(to[to.length - 2]);
                    Tensor rows = table.to(torch.ScalarType.Float).reshape(-1, width);
                    Tensor grid = rows.narrow(0, tokens, old * old)
                            .reshape(1, old, old, width)
                            .permute(0, 3, 1, 2);
                    Tensor resized = torch.upsample_bicubic2d(
                            grid, new long[] {side, side}, false, new DoubleOptional(), new DoubleOptional());
                    Tensor flat = resized.permute(0, 2, 3, 1).reshape(side * side, width);
                    Tensor all = torch.cat(new TensorVector(rows.narrow(0, 0, tokens), flat), 0);
                    return scope.keep(all.reshape(to));
                }
            }

            @Override
            public String toString() {
                return "bicubic, " + tokens + " tokens kept";
            }
        };
    }
}
