package dev.wsss.core.runtime;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.ScoreMaps;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Score maps in a tensor {@code [K][height][width]}, on whatever device it was computed. Refiners that work on tensors
 * pass it on without touching the host; {@link #toArray()} copies once and remembers.
 */
public final class TensorScoreMaps implements ScoreMaps {
    private final int[] labels;
    private final Tensor tensor;
    private final int height;
    private final int width;
    private float @Nullable [] host;
    private boolean closed;

    private TensorScoreMaps(int[] labels, Tensor tensor, int height, int width) {
        this.labels = labels;
        this.tensor = tensor;
        this.height = height;
        this.width = width;
    }

    /**
     * Maps over a tensor, which these maps then own: it survives the current scope and is freed by {@link #close()}.
     *
     * @param labels label of each map, ascending and distinct
     * @param tensor {@code [K][height][width]}, floating point
     * @throws IllegalArgumentException if the tensor has another shape
     */
    public static TensorScoreMaps of(int[] labels, Tensor tensor) {
        long[] shape = Tensors.shape(tensor);
        if (shape.length != 3 || shape[0] != labels.length) {
            throw new IllegalArgumentException(
                    "expected a tensor [" + labels.length + "][height][width], got " + Arrays.toString(shape));
        }
        if (shape[1] < 1 || shape[2] < 1) {
            throw new InvalidDataException("score maps must be at least 1x1, got " + shape[1] + "x" + shape[2]);
        }
        return new TensorScoreMaps(
                labels.clone(), Scope.own(tensor.detach()), Math.toIntExact(shape[1]), Math.toIntExact(shape[2]));
    }

    /** The scores of any maps as a float tensor {@code [K][height][width]} on a device, in the current scope. */
    public static Tensor tensor(ScoreMaps maps, ComputeDevice device) {
        if (maps instanceof TensorScoreMaps mine) {
            return Tensors.to(mine.tensor(), device);
        }
        return Tensors.to(Tensors.of(maps.toArray(), maps.count(), maps.height(), maps.width()), device);
    }

    /**
     * The tensor, which stays these maps' own.
     *
     * @throws IllegalStateException after {@link #close()}
     */
    public Tensor tensor() {
        if (closed) {
            throw new IllegalStateException("these score maps are closed");
        }
        return tensor;
    }

    @Override
    public int[] labels() {
        return labels.clone();
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public synchronized float[] toArray() {
        if (host == null) {
            host = Tensors.toFloats(tensor());
        }
        return host;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            tensor.close();
        }
    }
}
