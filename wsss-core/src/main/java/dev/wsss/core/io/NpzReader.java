package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The arrays of an npz file one by one: of a stored entry as a view, of a compressed one inflated at each reading. */
final class NpzReader {
    private NpzReader() {}

    /** From {@code position} on lie the elements, after the header. */
    private record Stored(String where, NpyHeader header, DType dtype, ByteSource source, long position, int length)
            implements StoredTensor {
        @Override
        public long[] shape() {
            return header.shape();
        }

        @Override
        public HostArray read() {
            Npy.requireSize(where, header, dtype, length);
            return header.type().copies(header.shape(), header.fortran())
                    ? header.type()
                            .array(header.shape(), header.fortran(), ByteBuffer.wrap(source.read(position, length)))
                    : HostArray.of(dtype, header.shape(), source.range(position, length));
        }
    }

    private record Deflated(String where, NpyHeader header, DType dtype, ZipDirectory zip, ZipDirectory.Entry entry)
            implements StoredTensor {
        @Override
        public long[] shape() {
            return header.shape();
        }

        @Override
        public HostArray read() {
            return Npy.parse(where, ByteBuffer.wrap(zip.read(entry)));
        }
    }

    static CheckpointContent read(ByteSource source, ZipDirectory zip, long maxInflatedBytes) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        long left = maxInflatedBytes;
        for (ZipDirectory.Entry entry : zip.entries()) {
            String where = source.name() + ": entry " + Inputs.quote(entry.name());
            if (!entry.name().endsWith(Npz.SUFFIX)) {
                throw new InvalidDataException(where + ": expected only names that end in " + Npz.SUFFIX
                        + ", or the folder of a PyTorch archive");
            }
            long bound = entry.deflated() ? Math.min(left, Inputs.MAX_ARRAY_BYTES) : Inputs.MAX_ARRAY_BYTES;
            if (entry.size() > bound) {
                throw new InvalidDataException(
                        where + " inflates to " + entry.size() + " bytes, expected at most " + bound);
            }
            StoredTensor tensor;
            if (entry.deflated()) {
                left -= entry.size();
                NpyHeader header =
                        NpyHeader.parseAny(where, ByteBuffer.wrap(zip.readStart(entry, NpyHeader.MAX_TOTAL_BYTES)));
                DType dtype = header.type().dtype();
                tensor = dtype == null ? unreadable(header) : new Deflated(where, header, dtype, zip, entry);
            } else {
                long position = zip.locate(entry);
                int length = (int) entry.size();
                ByteBuffer start = ByteBuffer.wrap(source.read(position, Math.min(length, NpyHeader.MAX_TOTAL_BYTES)));
                NpyHeader header = NpyHeader.parseAny(where, start);
                DType dtype = header.type().dtype();
                long data = dtype == null ? 0 : Inputs.byteCount(dtype, header.shape());
                if (data < 0 || data > length) {
                    throw new InvalidDataException(where + ": " + dtype + Inputs.shape(header.shape())
                            + " does not fit in the entry's " + length + " bytes");
                }
                int before = start.position();
                tensor = dtype == null
                        ? unreadable(header)
                        : new Stored(where, header, dtype, source, position + before, length - before);
            }
            String name = entry.name().substring(0, entry.name().length() - Npz.SUFFIX.length());
            if (tensors.put(name, tensor) != null) {
                throw new InvalidDataException(where + " occurs twice");
            }
        }
        return new CheckpointContent(Checkpoint.Format.NPZ, "", tensors, Map.of(), List.of(source));
    }

    private static UnreadableTensor unreadable(NpyHeader header) {
        String type = header.descr();
        return new UnreadableTensor(type.endsWith("O") ? "objects" : type, header.shape());
    }
}
