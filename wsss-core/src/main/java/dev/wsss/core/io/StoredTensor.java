package dev.wsss.core.io;

/** A tensor that lies in a file, checked against it, and is read when asked for. Thread-safe. */
interface StoredTensor {
    /** Throws if no {@link DType} stands for it, see {@link UnreadableTensor}. */
    DType dtype();

    /** The element type as messages name it. */
    default String type() {
        return dtype().toString();
    }

    /** As messages name it. */
    default String describe() {
        return "a tensor " + type() + Inputs.shape(shape());
    }

    /** Not copied; not to be changed. */
    long[] shape();

    /**
     * The tensor, whose elements stay in the file until they are asked for where its layout allows.
     *
     * @throws dev.wsss.api.InvalidDataException if there are 2 GiB or more
     */
    HostArray read();
}
