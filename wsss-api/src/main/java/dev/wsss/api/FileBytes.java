package dev.wsss.api;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A file's bytes by position: all of them in memory, or a window that is read where a byte is asked for, so that a
 * header costs one read wherever it lies.
 */
final class FileBytes implements AutoCloseable {
    private static final int WINDOW = 4096;

    final String name;
    private final long length;
    private final @Nullable FileChannel channel;
    private byte[] window;
    private long start;

    private FileBytes(String name, long length, @Nullable FileChannel channel, byte[] window) {
        this.name = name;
        this.length = length;
        this.channel = channel;
        this.window = window;
    }

    static FileBytes of(String name, byte[] bytes) {
        return new FileBytes(name, bytes.length, null, bytes);
    }

    /** Opens a file of which only a part is read. */
    static FileBytes open(Path file, String expected) {
        long length = InputBytes.size(file, expected);
        try {
            return new FileBytes(file.toString(), length, FileChannel.open(file, StandardOpenOption.READ), new byte[0]);
        } catch (IOException e) {
            throw new InvalidDataException(file + ": cannot be read (" + e + "); expected " + expected, e);
        }
    }

    long length() {
        return length;
    }

    /** The byte at a position, 0 to 255, or -1 beyond the end. */
    int at(long position) {
        if (position < 0 || position >= length) {
            return -1;
        }
        if (position < start || position >= start + window.length) {
            fill(position);
        }
        return window[(int) (position - start)] & 255;
    }

    private void fill(long position) {
        if (channel == null) {
            throw new IllegalStateException("byte " + position + " of " + length + " in memory");
        }
        ByteBuffer next = ByteBuffer.allocate((int) Math.min(WINDOW, length - position));
        try {
            while (next.hasRemaining()) {
                if (channel.read(next, position + next.position()) < 0) {
                    throw new InvalidDataException(
                            name + ": became shorter than " + length + " bytes while it was read");
                }
            }
        } catch (IOException e) {
            throw new InvalidDataException(name + ": cannot be read (" + e + ")", e);
        }
        window = next.array();
        start = position;
    }

    /** 16 bits, high byte first; only where both bytes are there. */
    int uint16(long position) {
        return at(position) << 8 | at(position + 1);
    }

    /** 16 bits, low byte first. */
    int uint16Low(long position) {
        return at(position) | at(position + 1) << 8;
    }

    /** 32 bits, low byte first. */
    int int32Low(long position) {
        return uint16Low(position) | uint16Low(position + 2) << 16;
    }

    /** Whether these characters stand at a position. */
    boolean hasText(long position, String text) {
        for (int i = 0; i < text.length(); i++) {
            if (at(position + i) != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** The first bytes, at most so many. */
    byte[] head(int most) {
        byte[] head = new byte[(int) Math.min(most, length)];
        for (int i = 0; i < head.length; i++) {
            head[i] = (byte) at(i);
        }
        return head;
    }

    /** Four characters at a position, for messages and for names of chunks. */
    String fourCc(long position) {
        byte[] text = new byte[4];
        for (int i = 0; i < 4; i++) {
            text[i] = (byte) at(position + i);
        }
        return new String(text, StandardCharsets.ISO_8859_1).replaceAll("[^ A-Za-z0-9]", "?");
    }

    /** The first four bytes in hexadecimal digits, for messages. */
    String start() {
        StringBuilder digits = new StringBuilder();
        for (int i = 0; i < Math.min(4, length); i++) {
            digits.append(String.format(Locale.ROOT, i == 0 ? "%02x" : " %02x", at(i)));
        }
        return digits.toString();
    }

    @Override
    public void close() {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                throw new InvalidDataException(name + ": cannot be closed (" + e + ")", e);
            }
        }
    }
}
