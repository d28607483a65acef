package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.util.Arrays;

/**
 * A tensor that a file describes and that no {@link HostArray} can hold, such as one of complex numbers: it is listed, and
 * refused when it is asked for.
 *
 * @param type as the file calls it
 */
record UnreadableTensor(String type, long[] shape) implements StoredTensor {
    @Override
    public DType dtype() {
        throw refusal("");
    }

    @Override
    public HostArray read() {
        throw refusal("");
    }

    /**
     * What is thrown where it is asked for.
     *
     * @param which names it; may be empty where the caller does so
     */
    InvalidDataException refusal(String which) {
        return new CheckpointException(
                which + "its type is " + type + ", expected one of " + Arrays.toString(DType.values()),
                CheckpointException.Remedy.LEAVE_OUT);
    }
}
