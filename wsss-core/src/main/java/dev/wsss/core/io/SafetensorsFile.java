package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An open safetensors file. The header is in memory and checked; a tensor's bytes are read when asked for, so a file may
 * be larger than memory. Thread-safe. Close it when done.
 */
public final class SafetensorsFile implements AutoCloseable {
    private final ByteSource source;
    private final long dataStart;
    private final Map<String, Entry> entries;
    private final Map<String, String> metadata;

    /**
     * One tensor's place: type, shape, and the range of its bytes from the start of the data.
     *
     * @param dtype null if no {@link DType} stands for the type
     */
    record Entry(String type, @Nullable DType dtype, long[] shape, long begin, long end) {
        /** This as a tensor that is listed and not read. */
        UnreadableTensor unreadable() {
            return new UnreadableTensor(type, shape);
        }
    }

    private SafetensorsFile(ByteSource source, long dataStart, SafetensorsHeader header) {
        this.source = source;
        this.dataStart = dataStart;
        this.entries = header.entries();
        this.metadata = header.metadata();
    }

    /** Takes over the source, and closes it if it is refused. */
    static SafetensorsFile open(ByteSource source) {
        try {
            return parse(source);
        } catch (RuntimeException e) {
            source.close();
            throw e;
        }
    }

    private static SafetensorsFile parse(ByteSource source) {
        String file = source.name();
        long size = source.size();
        if (size < 8) {
            throw new InvalidDataException(
                    file + ": " + size + " bytes, expected a safetensors file, which has at least 8");
        }
        long length = ByteBuffer.wrap(source.read(0, 8))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
        if (length < 0 || length > Safetensors.MAX_HEADER_BYTES || length > size - 8) {
            throw new InvalidDataException(file + ": the header's length is " + Long.toUnsignedString(length)
                    + ", expected at most " + Math.min(Safetensors.MAX_HEADER_BYTES, size - 8)
                    + " (is this a safetensors file?)");
        }
        SafetensorsHeader header = SafetensorsHeader.parse(file, source.read(8, (int) length));
        checkCover(file, header.entries(), size - 8 - length);
        return new SafetensorsFile(source, 8 + length, header);
    }

    /** The ranges must follow each other from the first to the last byte of the data. */
    private static void checkCover(String file, Map<String, Entry> entries, long dataBytes) {
        List<Map.Entry<String, Entry>> order = new ArrayList<>(entries.entrySet());
        order.sort(Comparator.comparingLong(
                        (Map.Entry<String, Entry> e) -> e.getValue().begin())
                .thenComparingLong(e -> e.getValue().end()));
        long position = 0;
        for (Map.Entry<String, Entry> e : order) {
            Entry entry = e.getValue();
            if (entry.begin() != position) {
                throw new InvalidDataException(file + ": tensor " + Inputs.quote(e.getKey()) + " begins at byte "
                        + entry.begin() + " of the data, expected " + position + "; tensors must neither overlap nor "
                        + "leave a hole");
            }
            position = entry.end();
        }
        if (position != dataBytes) {
            throw new InvalidDataException(
                    file + ": the tensors have " + position + " bytes of data, the file has " + dataBytes);
        }
    }

    /** The tensors' names, in the order of the header. */
    public Set<String> names() {
        return Collections.unmodifiableSet(entries.keySet());
    }

    /** Free text of the header, by key; empty if there is none. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    /** Whether a tensor of this name exists. */
    public boolean has(String name) {
        return entries.containsKey(name);
    }

    /**
     * A tensor's element type.
     *
     * @throws InvalidDataException if the file has no such tensor, or it is of a type that cannot be read
     */
    public DType dtype(String name) {
        return dtype(source, name, entry(name));
    }

    private static DType dtype(ByteSource source, String name, Entry entry) {
        DType dtype = entry.dtype();
        if (dtype == null) {
            throw entry.unreadable().refusal(source.name() + ": tensor " + Inputs.quote(name) + ": ");
        }
        return dtype;
    }

    /**
     * A tensor's shape; a copy.
     *
     * @throws InvalidDataException if the file has no such tensor
     */
    public long[] shape(String name) {
        return entry(name).shape().clone();
    }

    /**
     * Reads one tensor.
     *
     * @throws InvalidDataException if the file has no such tensor, it has 2 GiB or more, or it is of a type that cannot be
     *     read, such as {@code F8_E4M3}
     * @throws java.io.UncheckedIOException if reading fails, or the file is closed
     */
    public HostArray get(String name) {
        Entry entry = entry(name);
        DType dtype = dtype(source, name, entry);
        checkSize(source, name, dtype, entry);
        byte[] bytes = source.read(dataStart + entry.begin(), (int) (entry.end() - entry.begin()));
        return HostArray.of(dtype, entry.shape(), ByteBuffer.wrap(bytes));
    }

    /**
     * As {@link #get}, as a view of the file: its bytes are read when asked for, and no longer once the file is closed.
     *
     * @throws InvalidDataException if the file has no such tensor, or it has 2 GiB or more
     */
    public HostArray view(String name) {
        dtype(name);
        return stored(name).read();
    }

    /** As {@link #get}, as a view of the file. */
    StoredTensor stored(String name) {
        Entry entry = entry(name);
        DType dtype = entry.dtype();
        return dtype == null ? entry.unreadable() : new Stored(source, name, dtype, entry, dataStart + entry.begin());
    }

    private record Stored(ByteSource source, String name, DType dtype, Entry entry, long position)
            implements StoredTensor {

        @Override
        public long[] shape() {
            return entry.shape();
        }

        @Override
        public HostArray read() {
            checkSize(source, name, dtype, entry);
            return HostArray.of(dtype, entry.shape(), source.range(position, (int) (entry.end() - entry.begin())));
        }
    }

    private static void checkSize(ByteSource source, String name, DType dtype, Entry entry) {
        if (!Inputs.representable(dtype, entry.shape())) {
            throw new InvalidDataException(source.name() + ": tensor " + Inputs.quote(name) + " has "
                    + (entry.end() - entry.begin()) + " bytes in shape " + Inputs.shape(entry.shape())
                    + ", expected less than 2 GiB");
        }
    }

    private Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new InvalidDataException(source.name() + ": there is no tensor " + Inputs.quote(name) + " among the "
                    + entries.size() + " of the file");
        }
        return entry;
    }

    @Override
    public void close() {
        source.close();
    }

    @Override
    public String toString() {
        return source.name() + " (" + entries.size() + " tensors)";
    }
}
