package dev.wsss.core.report;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Files in one file. Entries have no time of their own, so that equal contents give equal bytes. */
interface Archive extends Closeable {
    /** @param name ASCII, with slashes, at most 100 characters */
    void add(String name, byte[] content) throws IOException;

    /** Ends the archive, and closes what it is written to. */
    @Override
    void close() throws IOException;

    /** A zip. */
    static Archive zip(OutputStream out) {
        // PNGs are compressed already, but all readers take deflated entries of unknown size
        ZipOutputStream zip = new ZipOutputStream(out);
        return new Archive() {
            @Override
            public void add(String name, byte[] content) throws IOException {
                ZipEntry entry = new ZipEntry(name);
                entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
                zip.putNextEntry(entry);
                zip.write(content);
                zip.closeEntry();
            }

            @Override
            public void close() throws IOException {
                zip.close();
            }
        };
    }

    /** A tar of POSIX's ustar form, compressed. */
    static Archive tarGz(OutputStream out) throws IOException {
        GZIPOutputStream gzip = new GZIPOutputStream(out, 1 << 16);
        return new Archive() {
            @Override
            public void add(String name, byte[] content) throws IOException {
                gzip.write(header(name, content.length));
                gzip.write(content);
                gzip.write(new byte[-content.length & 511]);
            }

            @Override
            public void close() throws IOException {
                try (gzip) {
                    gzip.write(new byte[1024]);
                }
            }
        };
    }

    private static byte[] header(String name, int size) {
        byte[] header = new byte[512];
        put(header, 0, 100, name);
        put(header, 100, 8, "0000644");
        put(header, 108, 8, "0000000");
        put(header, 116, 8, "0000000");
        put(header, 124, 12, String.format(Locale.ROOT, "%011o", size));
        put(header, 136, 12, "00000000000");
        Arrays.fill(header, 148, 156, (byte) ' ');
        header[156] = '0';
        put(header, 257, 6, "ustar");
        put(header, 263, 2, "00");
        int sum = 0;
        for (byte b : header) {
            sum += b & 255;
        }
        header[154] = 0; // digits, 0, blank
        put(header, 148, 6, String.format(Locale.ROOT, "%06o", sum));
        return header;
    }

    private static void put(byte[] header, int at, int length, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        if (bytes.length > length) {
            throw new IllegalArgumentException("'" + text + "' is longer than the " + length + " bytes of its field");
        }
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }
}
