package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The entries of a zip archive (PKWARE APPNOTE 6.3), stored or deflated, with the 64-bit extension. The JDK's reader
 * allocates by the counts that an archive claims and leaves checksums unchecked; this one does neither.
 */
final class ZipDirectory {
    private static final int MAX_ENTRIES = 65_536;
    private static final int END_BYTES = 22;
    private static final int END64_BYTES = 56;
    private static final int LOCATOR64_BYTES = 20;
    private static final int ENTRY_BYTES = 46;
    private static final int LOCAL_BYTES = 30;
    private static final int CHUNK_BYTES = 1 << 16;
    private static final long MASK = 0xFFFFFFFFL;

    private final ByteSource source;
    private final long directoryStart;
    private final List<Entry> entries = new ArrayList<>();
    /** Where the entries begin, in the order of the file; each ends before the next. */
    private final long[] headers;

    /** One file of the archive. */
    record Entry(String name, boolean deflated, long crc, long compressed, long size, long header) {}

    ZipDirectory(ByteSource source) {
        this.source = source;
        long size = source.size();
        int tailBytes = (int) Math.min(size, END_BYTES + 0xFFFFL);
        ByteBuffer tail = at(size - tailBytes, tailBytes);
        int end = tailBytes - END_BYTES;
        while (end >= 0
                && (tail.getInt(end) != 0x06054b50
                        || (tail.getShort(end + 20) & 0xFFFF) != tailBytes - END_BYTES - end)) {
            end--;
        }
        if (end < 0) {
            throw bad("not a zip archive, or one that was cut: there is no end of a directory");
        }
        long count = tail.getShort(end + 10) & 0xFFFF;
        long bytes = tail.getInt(end + 12) & MASK;
        long start = tail.getInt(end + 16) & MASK;
        long limit = size - tailBytes + end;
        if (count == 0xFFFF || bytes == MASK || start == MASK) {
            ByteBuffer locator = at(limit - LOCATOR64_BYTES, LOCATOR64_BYTES);
            ByteBuffer end64 = at(locator.getLong(8), END64_BYTES);
            if (locator.getInt(0) != 0x07064b50 || end64.getInt(0) != 0x06064b50) {
                throw bad("a zip archive without its 64-bit directory");
            }
            limit = locator.getLong(8);
            count = end64.getLong(32);
            bytes = end64.getLong(40);
            start = end64.getLong(48);
        }
        if (start < 0 || bytes < 0 || start > limit || bytes > limit - start || bytes > Inputs.MAX_ARRAY_BYTES) {
            throw bad("a zip archive whose directory lies outside of it");
        }
        if (count < 0 || count > MAX_ENTRIES || count * ENTRY_BYTES > bytes) {
            throw bad("a zip archive of " + count + " entries in " + bytes + " bytes, expected at most " + MAX_ENTRIES);
        }
        directoryStart = start;
        ByteBuffer directory = at(start, (int) bytes);
        long compressed = 0;
        for (int i = 0; i < count; i++) {
            Entry entry = entry(directory);
            entries.add(entry);
            compressed += entry.compressed;
            // Entries that share bytes would make a small archive large.
            if (entry.compressed > size || compressed > size) {
                throw bad("a zip archive whose entries overlap or lie outside of it");
            }
        }
        headers = entries.stream().mapToLong(Entry::header).sorted().toArray();
    }

    List<Entry> entries() {
        return entries;
    }

    private Entry entry(ByteBuffer in) {
        if (in.remaining() < ENTRY_BYTES || in.getInt(in.position()) != 0x02014b50) {
            throw bad("a zip archive with a malformed directory");
        }
        int p = in.position();
        int flags = in.getShort(p + 8);
        int method = in.getShort(p + 10) & 0xFFFF;
        long crc = in.getInt(p + 16) & MASK;
        long compressed = in.getInt(p + 20) & MASK;
        long size = in.getInt(p + 24) & MASK;
        int nameBytes = in.getShort(p + 28) & 0xFFFF;
        int extraBytes = in.getShort(p + 30) & 0xFFFF;
        int commentBytes = in.getShort(p + 32) & 0xFFFF;
        long header = in.getInt(p + 42) & MASK;
        if (nameBytes + extraBytes + commentBytes > in.remaining() - ENTRY_BYTES) {
            throw bad("a zip archive with a malformed directory");
        }
        boolean utf8 = (flags & 0x800) != 0;
        String name = (utf8 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1)
                .decode(in.slice(p + ENTRY_BYTES, nameBytes))
                .toString();
        ByteBuffer wide = wide(in.slice(p + ENTRY_BYTES + nameBytes, extraBytes));
        size = size == MASK ? next(wide) : size;
        compressed = compressed == MASK ? next(wide) : compressed;
        header = header == MASK ? next(wide) : header;
        in.position(p + ENTRY_BYTES + nameBytes + extraBytes + commentBytes);
        if ((flags & 1) != 0 || method != 0 && method != 8) {
            throw bad("entry " + Inputs.quote(name) + " is encrypted or of compression method " + method
                    + ", expected stored or deflated");
        }
        if (size < 0 || compressed < 0 || header < 0 || method == 0 && size != compressed) {
            throw bad("entry " + Inputs.quote(name) + " has impossible sizes");
        }
        return new Entry(name, method == 8, crc, compressed, size, header);
    }

    /** The extra field of 64-bit numbers; empty if there is none. */
    private static ByteBuffer wide(ByteBuffer extra) {
        extra.order(ByteOrder.LITTLE_ENDIAN);
        while (extra.remaining() >= 4) {
            int id = extra.getShort();
            int length = Math.min(extra.getShort() & 0xFFFF, extra.remaining());
            if (id == 1) {
                return extra.slice(extra.position(), length).order(ByteOrder.LITTLE_ENDIAN);
            }
            extra.position(extra.position() + length);
        }
        return ByteBuffer.allocate(0);
    }

    private long next(ByteBuffer wide) {
        if (wide.remaining() < 8) {
            throw bad("a zip archive with a malformed directory");
        }
        return wide.getLong();
    }

    /**
     * Where an entry's bytes begin in the file, of which there are {@code entry.compressed()}.
     *
     * @throws InvalidDataException if they do not lie between this entry's header and the next
     */
    long locate(Entry entry) {
        ByteBuffer local = at(entry.header, LOCAL_BYTES);
        long data = entry.header + LOCAL_BYTES + (local.getShort(26) & 0xFFFF) + (local.getShort(28) & 0xFFFF);
        int next = Arrays.binarySearch(headers, entry.header) + 1;
        if (next < headers.length && headers[next] == entry.header || next > 1 && headers[next - 2] == entry.header) {
            throw bad("entry " + Inputs.quote(entry.name) + " overlaps another");
        }
        long end = next < headers.length ? Math.min(headers[next], directoryStart) : directoryStart;
        if (local.getInt(0) != 0x04034b50 || entry.compressed > end - data) {
            throw bad("entry " + Inputs.quote(entry.name)
                    + " does not lie where the directory says, or overlaps another");
        }
        return data;
    }

    /** An entry's bytes, of which there are {@code entry.size()}: a size that the caller has accepted. */
    byte[] read(Entry entry) {
        byte[] bytes = readUnchecked(entry);
        CRC32 crc = new CRC32();
        crc.update(bytes);
        if (crc.getValue() != entry.crc) {
            throw bad("entry " + Inputs.quote(entry.name) + ": its checksum is wrong, the file is damaged");
        }
        return bytes;
    }

    /** As {@link #read}, whatever the checksum. */
    byte[] readUnchecked(Entry entry) {
        String where = "entry " + Inputs.quote(entry.name);
        long data = locate(entry);
        if (entry.compressed > Inputs.MAX_ARRAY_BYTES) {
            throw bad(where + " has " + entry.compressed + " bytes, expected less than 2 GiB");
        }
        byte[] bytes = source.read(data, (int) entry.compressed);
        return entry.deflated ? inflate(where, bytes, (int) entry.size) : bytes;
    }

    /** The first bytes of a compressed entry, at most {@code length}; its checksum is not looked at. */
    byte[] readStart(Entry entry, int length) {
        byte[] to = new byte[(int) Math.min(entry.size, length)];
        Inflater inflater = new Inflater(true);
        try {
            long position = locate(entry);
            long end = position + entry.compressed;
            int n = 0;
            while (n < to.length && !inflater.finished()) {
                if (inflater.needsInput()) {
                    int chunk = (int) Math.min(end - position, CHUNK_BYTES);
                    if (chunk == 0) {
                        break;
                    }
                    inflater.setInput(source.read(position, chunk));
                    position += chunk;
                }
                int got = inflater.inflate(to, n, to.length - n);
                if (got == 0 && !inflater.needsInput()) {
                    break; // it asks for a dictionary, which no zip archive has
                }
                n += got;
            }
            return Arrays.copyOf(to, n);
        } catch (DataFormatException e) {
            throw new InvalidDataException(
                    source.name() + ": entry " + Inputs.quote(entry.name) + ": " + e.getMessage(), e);
        } finally {
            inflater.end();
        }
    }

    /** Grows as the bytes come, so that a false size costs nothing. */
    private byte[] inflate(String where, byte[] from, int size) {
        byte[] to = new byte[Math.min(size, Math.max(4096, from.length))];
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(from);
            int n = 0;
            // One byte of room more than declared tells whether the data goes on.
            byte[] beyond = new byte[1];
            while (!inflater.finished()) {
                if (n == to.length && n < size) {
                    to = Arrays.copyOf(to, (int) Math.min(size, 2L * n));
                }
                int got = n < size ? inflater.inflate(to, n, to.length - n) : inflater.inflate(beyond);
                n += got;
                if (n > size || got == 0 && !inflater.finished()) {
                    throw bad(where + " does not inflate to its " + size + " bytes");
                }
            }
            if (n < size) {
                throw bad(where + " inflates to " + n + " bytes, expected " + size);
            }
            return to;
        } catch (DataFormatException e) {
            throw new InvalidDataException(source.name() + ": " + where + ": " + e.getMessage(), e);
        } finally {
            inflater.end();
        }
    }

    private ByteBuffer at(long position, int length) {
        if (position < 0 || length > source.size() - position) {
            throw bad("a zip archive that refers to bytes outside of it");
        }
        return ByteBuffer.wrap(source.read(position, length)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private InvalidDataException bad(String what) {
        return new InvalidDataException(source.name() + ": " + what);
    }
}
