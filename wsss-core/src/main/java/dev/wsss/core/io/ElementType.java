package dev.wsss.core.io;

import org.jspecify.annotations.Nullable;

/**
 * What a PyTorch file says that a tensor's elements are.
 *
 * @param name as PyTorch calls it, without {@code torch.}
 * @param bytes of one element in a storage
 * @param dtype null if it is none of ours, so that such elements are skipped and never read
 */
record ElementType(String name, int bytes, @Nullable DType dtype) {
    static ElementType of(String name, DType dtype) {
        return new ElementType(name, dtype.bytes(), dtype);
    }

    /** As messages say it. */
    @Override
    public String toString() {
        return dtype == null ? name : dtype.toString();
    }
}
