package dev.wsss.core.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * Writes a zip archive of uncompressed entries, each of whose data begins at a multiple of 64 bytes, which the JDK's
 * writer cannot do. Entries are below 2 GiB, the archive may be larger. Times are fixed, so that equal content gives
 * equal bytes.
 */
final class StoredZip {
    private static final int ALIGNMENT = 64;
    private static final long MASK = 0xFFFFFFFFL;
    /** 1980-01-01, the first day of zip's calendar. */
    private static final short DAY = 0x21;
    /** PyTorch's own identifier for padding. */
    private static final short PADDING = 0x4246;

    private final OutputStream out;
    private final long wideFrom;
    private final ByteArrayOutputStream directory = new ByteArrayOutputStream();
    private long position;
    private long count;

    /** An archive that begins at the start of a stream, which the caller closes. */
    StoredZip(OutputStream out) {
        this(out, MASK);
    }

    /**
     * As the other.
     *
     * @param wideFrom the first place in the file that is written with 64 bits; at most 2^32 - 1
     */
    StoredZip(OutputStream out, long wideFrom) {
        this.out = out;
        this.wideFrom = wideFrom;
    }

    /** Adds an entry of an ASCII name. */
    void add(String name, ByteBuffer content) throws IOException {
        byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(content.duplicate());
        int size = content.remaining();
        long header = position;
        boolean far = header >= wideFrom;

        int padding = (int) -(header + 30 + ascii.length + 4) & (ALIGNMENT - 1);
        ByteBuffer local = little(30 + ascii.length + 4 + padding);
        local.putInt(0x04034b50).putShort(version(far));
        fields(local, crc, size, ascii.length);
        local.putShort((short) (4 + padding)).put(ascii);
        local.putShort(PADDING).putShort((short) padding);
        write(local.array());
        position += size;
        Inputs.copy(content, out);

        ByteBuffer central = little(46 + ascii.length + (far ? 12 : 0));
        central.putInt(0x02014b50).putShort(version(far)).putShort(version(far));
        fields(central, crc, size, ascii.length);
        // 2 bytes for the extra field, 2 for a comment, 2 for a disk, 6 for attributes
        central.putShort((short) (far ? 12 : 0)).putShort((short) 0).putShort((short) 0);
        central.putShort((short) 0).putInt(0);
        central.putInt((int) (far ? MASK : header)).put(ascii);
        if (far) {
            central.putShort((short) 1).putShort((short) 8).putLong(header);
        }
        directory.writeBytes(central.array());
        count++;
    }

    /** What the local and the central header have in common: from the flags to the length of the name. */
    private static void fields(ByteBuffer to, CRC32 crc, int size, int nameBytes) {
        to.putShort((short) 0).putShort((short) 0).putShort((short) 0).putShort(DAY);
        to.putInt((int) crc.getValue()).putInt(size).putInt(size).putShort((short) nameBytes);
    }

    /** Writes the directory. */
    void finish() throws IOException {
        long start = position;
        write(directory.toByteArray());
        long bytes = position - start;
        boolean far = start >= wideFrom || count >= 0xFFFF;
        if (far) {
            long end64 = position;
            ByteBuffer wide = little(76);
            wide.putInt(0x06064b50).putLong(44).putShort(version(true)).putShort(version(true));
            wide.putInt(0)
                    .putInt(0)
                    .putLong(count)
                    .putLong(count)
                    .putLong(bytes)
                    .putLong(start);
            wide.putInt(0x07064b50).putInt(0).putLong(end64).putInt(1);
            write(wide.array());
        }
        ByteBuffer end = little(22);
        end.putInt(0x06054b50).putShort((short) 0).putShort((short) 0);
        short entries = (short) (far ? 0xFFFF : count);
        end.putShort(entries).putShort(entries);
        end.putInt((int) (far ? MASK : bytes))
                .putInt((int) (far ? MASK : start))
                .putShort((short) 0);
        write(end.array());
    }

    /** The version of the format that is needed to read an entry: 4.5 for 64 bits, else 1.0. */
    private static short version(boolean wide) {
        return (short) (wide ? 45 : 10);
    }

    private void write(byte[] bytes) throws IOException {
        out.write(bytes);
        position += bytes.length;
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
