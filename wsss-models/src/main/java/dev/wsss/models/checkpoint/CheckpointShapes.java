package dev.wsss.models.checkpoint;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.checkpoint.TensorSpec;
import java.util.Map;

/**
 * The shapes of a checkpoint, from which that of a network is told; asked for with an eye on what an unknown file may hold.
 *
 * @param specs types and shapes by key
 * @param expected what the checkpoint should be, for messages
 */
public record CheckpointShapes(Map<String, TensorSpec> specs, String expected) {
    /** Whether there is a tensor of this key. */
    public boolean has(String key) {
        return specs.containsKey(key);
    }

    /**
     * A side of a tensor.
     *
     * @throws InvalidDataException if there is no such tensor, or it is not of this rank, or the side is less than 1
     */
    public int side(String key, int rank, int axis) {
        TensorSpec spec = specs.get(key);
        if (spec == null) {
            throw new InvalidDataException("there is no " + key + ", expected " + expected);
        }
        long[] shape = spec.shape();
        if (shape.length != rank || shape[axis] < 1 || shape[axis] > Integer.MAX_VALUE) {
            throw new InvalidDataException(key + " is " + spec + ", expected " + rank + " axes of at least 1");
        }
        return (int) shape[axis];
    }

    /**
     * The side of the square grid that a position table is for.
     *
     * @param rank of the table, whose last axis but one is its rows
     * @param others rows that have no place, such as that of a class token
     * @throws InvalidDataException if there is no such tensor, or its rows are not a square and the others
     */
    public int grid(String key, int rank, int others) {
        int all = side(key, rank, rank - 2);
        int rows = all - others;
        int grid = (int) Math.round(Math.sqrt(rows));
        if (rows < 1 || grid * grid != rows) {
            throw new InvalidDataException(key + " has " + all + " rows, expected a square and "
                    + (others == 1 ? "one more" : others + " more"));
        }
        return grid;
    }

    /**
     * How many numbers from 0 on there are between two parts of a key.
     *
     * @throws InvalidDataException if there is not even 0
     */
    public int count(String before, String after) {
        int n = 0;
        while (has(before + n + after)) {
            n++;
        }
        if (n == 0) {
            throw new InvalidDataException("there is no " + before + "0" + after + ", expected " + expected);
        }
        return n;
    }
}
