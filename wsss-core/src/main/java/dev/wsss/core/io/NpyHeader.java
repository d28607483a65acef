package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The header of an npy file: {@code {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }}, a literal of a Python
 * dict with just these three keys, which is all this parser knows.
 *
 * @param descr the type as the file says it
 */
record NpyHeader(NpyType type, boolean fortran, long[] shape, String descr) {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int ALIGNMENT = 64;
    private static final int GROWTH_DIGITS = 21;
    private static final int MAX_BYTES = 1 << 16;
    /** With what comes before it. */
    static final int MAX_TOTAL_BYTES = MAX_BYTES + 12;

    /** Reads a header and leaves the buffer at the first byte of the data. */
    static NpyHeader parse(String file, ByteBuffer in) {
        return parse(file, in, false);
    }

    /** As {@link #parse}, where types that we have none for, such as complex numbers, are as objects are. */
    static NpyHeader parseAny(String file, ByteBuffer in) {
        return parse(file, in, true);
    }

    private static NpyHeader parse(String file, ByteBuffer in, boolean any) {
        in.order(ByteOrder.LITTLE_ENDIAN);
        if (in.remaining() < 10) {
            throw new InvalidDataException(file + ": " + in.remaining() + " bytes, too few for an npy file");
        }
        for (byte b : MAGIC) {
            if (in.get() != b) {
                throw new InvalidDataException(file + ": not an npy file, it does not begin with \\x93NUMPY");
            }
        }
        int major = in.get() & 255;
        int minor = in.get() & 255;
        if (major < 1 || major > 3 || minor != 0) {
            throw new InvalidDataException(
                    file + ": npy version " + major + "." + minor + ", expected 1.0, 2.0 or 3.0");
        }
        if (major > 1 && in.remaining() < 4) {
            throw new InvalidDataException(file + ": the file ends in the header's length");
        }
        long length = major == 1 ? in.getShort() & 0xFFFF : in.getInt() & 0xFFFFFFFFL;
        if (length > Math.min(MAX_BYTES, in.remaining())) {
            throw new InvalidDataException(file + ": the header's length is " + length + ", expected at most "
                    + Math.min(MAX_BYTES, in.remaining()));
        }
        byte[] text = new byte[(int) length];
        in.get(text);
        // Version 3 is UTF-8, for field names, which we refuse anyway.
        return new Parser(file, new String(text, StandardCharsets.ISO_8859_1)).header(any);
    }

    /** A version 1.0 header, padded with spaces so that the data begins at a multiple of 64. */
    static byte[] format(String descr, long[] shape) {
        StringBuilder text =
                new StringBuilder("{'descr': '").append(descr).append("', 'fortran_order': False, 'shape': (");
        for (int d = 0; d < shape.length; d++) {
            text.append(d == 0 ? "" : " ").append(shape[d]).append(d == shape.length - 1 && d > 0 ? "" : ",");
        }
        text.append("), }");
        // As NumPy pads: room for the first dimension to grow in place, then 1 to 64 spaces and a line feed.
        if (shape.length > 0) {
            text.append(" ".repeat(GROWTH_DIGITS - Long.toString(shape[0]).length()));
        }
        int before = MAGIC.length + 4;
        int used = before + text.length() + 1;
        int total = used + ALIGNMENT - used % ALIGNMENT;
        ByteBuffer out = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
        out.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) (total - before));
        out.put(text.toString().getBytes(StandardCharsets.ISO_8859_1));
        Arrays.fill(out.array(), out.position(), total - 1, (byte) ' ');
        out.array()[total - 1] = '\n';
        return out.array();
    }

    private static final class Parser {
        private final String file;
        private final String text;
        private int at;

        Parser(String file, String text) {
            this.file = file;
            this.text = text;
        }

        NpyHeader header(boolean any) {
            @Nullable String descr = null;
            @Nullable Boolean fortran = null;
            long @Nullable [] shape = null;
            expect('{');
            while (!accept('}')) {
                String key = string();
                expect(':');
                if (key.equals("descr") && descr == null) {
                    if (peek() == '[') {
                        throw bad("it is a structured array, expected one plain number type");
                    }
                    descr = string();
                } else if (key.equals("fortran_order") && fortran == null) {
                    fortran = bool();
                } else if (key.equals("shape") && shape == null) {
                    shape = tuple();
                } else {
                    throw bad("key " + Inputs.quote(key) + " is repeated or none of descr, fortran_order, shape");
                }
                if (!accept(',') && peek() != '}') {
                    throw bad("expected ',' or '}' at character " + at);
                }
            }
            if (peek() != 0) {
                throw bad("text after the closing brace");
            }
            if (descr == null || fortran == null || shape == null) {
                throw bad("expected descr, fortran_order and shape");
            }
            NpyType type = NpyType.parse(descr);
            if (type == null && any && descr.matches("[<>|=]?[a-zA-Z][0-9]*")) {
                type = new NpyType(null, false);
            }
            if (type == null) {
                throw bad("type " + Inputs.quote(descr) + ", expected bool, an integer or a float of 2 to 8 bytes");
            }
            return new NpyHeader(type, fortran, shape, descr);
        }

        /** The next character that is no white space; 0 at the end. */
        private char peek() {
            while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\n')) {
                at++;
            }
            return at < text.length() ? text.charAt(at) : 0;
        }

        private boolean accept(char c) {
            if (peek() != c) {
                return false;
            }
            at++;
            return true;
        }

        private void expect(char c) {
            if (!accept(c)) {
                throw bad("expected '" + c + "' at character " + at);
            }
        }

        private String string() {
            char quote = peek();
            if (quote != '\'' && quote != '"') {
                throw bad("expected a string at character " + at);
            }
            int end = text.indexOf(quote, at + 1);
            if (end < 0 || text.substring(at, end).indexOf('\\') >= 0) {
                throw bad("a string without end, or with an escape, at character " + at);
            }
            String value = text.substring(at + 1, end);
            at = end + 1;
            return value;
        }

        private boolean bool() {
            peek();
            for (boolean value : new boolean[] {true, false}) {
                String word = value ? "True" : "False";
                if (text.startsWith(word, at)) {
                    at += word.length();
                    return value;
                }
            }
            throw bad("fortran_order is neither True nor False");
        }

        private long[] tuple() {
            long[] values = new long[4];
            int n = 0;
            expect('(');
            while (!accept(')')) {
                if (n == Inputs.MAX_RANK) {
                    throw bad("the shape has more than " + Inputs.MAX_RANK + " dimensions");
                }
                if (n == values.length) {
                    values = Arrays.copyOf(values, 2 * n);
                }
                values[n++] = number();
                if (!accept(',') && peek() != ')') {
                    throw bad("expected ',' or ')' at character " + at);
                }
            }
            return Arrays.copyOf(values, n);
        }

        private long number() {
            peek();
            int start = at;
            while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                at++;
            }
            if (at == start || at - start > 18) {
                throw bad("the shape holds something other than a whole number below 10^18 at character " + start);
            }
            long value = Long.parseLong(text, start, at, 10);
            if (at < text.length() && text.charAt(at) == 'L') {
                at++; // Python 2
            }
            return value;
        }

        private InvalidDataException bad(String what) {
            return new InvalidDataException(file + ": npy header: " + what);
        }
    }
}
