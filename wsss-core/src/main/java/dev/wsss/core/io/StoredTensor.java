package dev.wsss.core.io;

/** A tensor that lies in a file, checked against it, and is read when asked for. Thread-safe. */
interface StoredTensor {
    DType dtype();

    /** Not copied; not to be changed. */
    long[] shape();

    /**
     * Reads the elements, as a view of the file where its layout allows.
     *
     * @throws dev.wsss.api.InvalidDataException if there are 2 GiB or more
     */
    HostArray read();
}
