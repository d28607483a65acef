/**
 * Array and checkpoint files. {@link dev.wsss.core.io.Checkpoint} reads weights of any origin: PyTorch's archives and
 * streams, TorchScript, safetensors, MXNet's params, Caffe's caffemodel, TFLite, ONNX, npz. {@link dev.wsss.core.io.TfliteModel}
 * and {@link dev.wsss.core.io.OnnxModel} read the network that such a file describes, too, and {@link
 * dev.wsss.core.io.OnnxWriter} writes one. {@link dev.wsss.core.io.Safetensors} and
 * {@link dev.wsss.core.io.TorchArchive} write weights; {@link dev.wsss.core.io.Npy}, {@link dev.wsss.core.io.Npz} and
 * {@link dev.wsss.core.io.ObjectNpy} read and write NumPy's files.
 *
 * <p>Every format reads into and writes from one type, {@link dev.wsss.core.io.HostArray}. Files are taken to be hostile:
 * headers are bounded, ranges checked, nothing in a file is executed, and nothing is allocated beyond a small multiple of
 * the file's own size. A file that is not what it should be gives a {@link dev.wsss.api.InvalidDataException} that names
 * it. Writers write beside the target and move into place.
 */
@NullMarked
package dev.wsss.core.io;

import org.jspecify.annotations.NullMarked;
