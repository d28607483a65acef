package dev.wsss.core.io;

import dev.wsss.api.AtomicFile;
import dev.wsss.api.InvalidDataException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** NumPy's npz format: named arrays, each an npy file in a zip archive. Nothing is ever unpacked to the disk. */
public final class Npz {
    static final String SUFFIX = ".npy";

    /**
     * What a small file may inflate to, whatever its size: deflate shrinks an all-background mask a thousandfold, and this
     * much is harmless.
     */
    private static final long ALWAYS_ALLOWED = 64L << 20;

    /** How often its own size a larger file may inflate to. */
    private static final int MAX_RATIO = 100;

    private Npz() {}

    /**
     * Reads all arrays, in the archive's order, by their names without {@code .npy}. Refused as a zip bomb is a file that
     * inflates to more than both 64 MiB and 100 times its size.
     *
     * @throws InvalidDataException if there is no such file, it is malformed, holds anything but arrays of numbers, or
     *     inflates to too much
     * @throws java.io.UncheckedIOException if reading fails
     */
    public static Map<String, HostArray> read(Path path) {
        try (ByteSource source = ByteSource.open(path)) {
            return read(source, inflationBound(source));
        }
    }

    /**
     * As {@link #read(Path)}, for files that are known to shrink well.
     *
     * @param maxInflatedBytes what all arrays together may inflate to
     */
    public static Map<String, HostArray> read(Path path, long maxInflatedBytes) {
        try (ByteSource source = ByteSource.open(path)) {
            return read(source, maxInflatedBytes);
        }
    }

    /** What the entries of an archive may inflate to, together. */
    static long inflationBound(ByteSource source) {
        return Math.max(ALWAYS_ALLOWED, MAX_RATIO * source.size());
    }

    static Map<String, HostArray> read(ByteSource source, long maxInflatedBytes) {
        ZipDirectory zip = new ZipDirectory(source);
        Map<String, HostArray> arrays = new LinkedHashMap<>();
        long left = maxInflatedBytes;
        for (ZipDirectory.Entry entry : zip.entries()) {
            String where = source.name() + ": entry " + Inputs.quote(entry.name());
            if (!entry.name().endsWith(SUFFIX)) {
                throw new InvalidDataException(where + ": expected only names that end in " + SUFFIX);
            }
            if (entry.size() > Math.min(left, Inputs.MAX_ARRAY_BYTES)) {
                throw new InvalidDataException(where + " inflates to " + entry.size() + " bytes, expected at most "
                        + Math.min(left, Inputs.MAX_ARRAY_BYTES) + "; if the file is to be trusted, allow more");
            }
            left -= entry.size();
            HostArray array = Npy.parse(where, ByteBuffer.wrap(zip.read(entry)));
            String name = entry.name().substring(0, entry.name().length() - SUFFIX.length());
            if (arrays.put(name, array) != null) {
                throw new InvalidDataException(where + " occurs twice");
            }
        }
        return arrays;
    }

    /**
     * Writes or replaces a file atomically, in the map's order and uncompressed, as {@code numpy.savez} does.
     *
     * @throws IllegalArgumentException if an array is of {@link DType#BF16}, which NumPy does not have
     * @throws java.io.UncheckedIOException if writing fails
     */
    public static void write(Path path, Map<String, HostArray> arrays) {
        write(path, arrays, ZipEntry.STORED);
    }

    /**
     * As {@link #write}, compressed, as {@code numpy.savez_compressed} does.
     *
     * @throws IllegalArgumentException if an array is of {@link DType#BF16}, which NumPy does not have
     * @throws java.io.UncheckedIOException if writing fails
     */
    public static void writeCompressed(Path path, Map<String, HostArray> arrays) {
        write(path, arrays, ZipEntry.DEFLATED);
    }

    private static void write(Path path, Map<String, HostArray> arrays, int method) {
        AtomicFile.write(path, out -> {
            ZipOutputStream zip = new ZipOutputStream(out);
            for (Map.Entry<String, HostArray> e : arrays.entrySet()) {
                HostArray array = e.getValue();
                byte[] header = NpyHeader.format(NpyType.format(array.dtype()), array.shape());
                ZipEntry entry = new ZipEntry(e.getKey() + SUFFIX);
                // A fixed time, so that equal arrays give equal files.
                entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
                entry.setMethod(method);
                if (method == ZipEntry.STORED) {
                    CRC32 crc = new CRC32();
                    crc.update(header);
                    crc.update(array.bytes());
                    entry.setCrc(crc.getValue());
                    entry.setSize((long) header.length + array.byteSize());
                }
                zip.putNextEntry(entry);
                zip.write(header);
                Inputs.copy(array.bytes(), (OutputStream) zip);
                zip.closeEntry();
            }
            zip.finish();
        });
    }
}
