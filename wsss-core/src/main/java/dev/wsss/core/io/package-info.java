/**
 * Array and checkpoint files: safetensors, npy and npz, and the restricted unpickler for object arrays.
 *
 * <p>Every format reads into and writes from one type, {@link dev.wsss.core.io.HostArray}. Files are taken to be hostile:
 * headers are bounded, ranges checked, nothing in a file is executed, and nothing is allocated beyond a small multiple of
 * the file's own size. A file that is not what it should be gives a {@link dev.wsss.api.InvalidDataException} that names
 * it. Writers write beside the target and move into place.
 */
@NullMarked
package dev.wsss.core.io;

import org.jspecify.annotations.NullMarked;
