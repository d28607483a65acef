package dev.wsss.core.io;

import dev.wsss.api.AtomicFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/**
 * PyTorch's zip archive of a state dict, for programs in Python: {@code torch.load(path, weights_only=True)} gives an
 * {@code OrderedDict} of CPU tensors. {@link Checkpoint} reads it back.
 *
 * <pre>{@code
 * TorchArchive.write(path, Map.of("conv1.weight", weight));
 * }</pre>
 *
 * <p>Entries are stored at multiples of 64 bytes, so that {@code torch.load(path, mmap=True)} can map them. PyTorch 1.6
 * reads the file; arrays of {@link DType#U16}, {@link DType#U32} and {@link DType#U64} need 2.3.
 */
public final class TorchArchive {
    private static final String FOLDER = "archive/";

    private TorchArchive() {}

    /**
     * Writes or replaces a file atomically, in the map's order. Equal maps in equal order give equal bytes.
     *
     * @throws java.io.UncheckedIOException if writing fails
     */
    public static void write(Path path, Map<String, HostArray> tensors) {
        byte[] pickle = TorchPickler.stateDict(tensors);
        AtomicFile.write(path, out -> write(out, pickle, tensors));
    }

    private static void write(OutputStream out, byte[] pickle, Map<String, HostArray> tensors) throws IOException {
        StoredZip zip = new StoredZip(out);
        zip.add(FOLDER + "data.pkl", ByteBuffer.wrap(pickle));
        zip.add(FOLDER + "byteorder", ascii("little"));
        int key = 0;
        for (HostArray tensor : tensors.values()) {
            zip.add(FOLDER + "data/" + key++, tensor.bytes());
        }
        zip.add(FOLDER + "version", ascii("3\n"));
        zip.finish();
    }

    private static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)).order(ByteOrder.LITTLE_ENDIAN);
    }
}
