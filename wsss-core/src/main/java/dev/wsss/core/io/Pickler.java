package dev.wsss.core.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Writes the pickle that {@code numpy.save} writes for a dict of arrays: a 0-d array of one object. Protocol 3, which
 * every Python 3 and every NumPy reads.
 */
final class Pickler {
    private static final String MULTIARRAY = "numpy.core.multiarray";

    private final OutputStream out;

    Pickler(OutputStream out) {
        this.out = out;
    }

    /** Writes {@code array(dict, dtype=object)}; keys are strings or integers. */
    void writeDict(Map<?, HostArray> dict) throws IOException {
        out.write(new byte[] {(byte) 0x80, 3});
        beginArray();
        // the state: version 1, shape (), dtype object, C order, and a list of the one object
        out.write('(');
        integer(1);
        out.write(')');
        dtype("O8", "|", 63);
        out.write(0x89);
        out.write(']');
        out.write('}');
        for (Map.Entry<?, HostArray> e : dict.entrySet()) {
            if (e.getKey() instanceof Integer key) {
                integer(key);
            } else {
                text(String.valueOf(e.getKey()));
            }
            array(e.getValue());
            out.write('s');
        }
        out.write('a');
        out.write('t');
        out.write('b');
        out.write('.');
    }

    private void array(HostArray array) throws IOException {
        beginArray();
        out.write('(');
        integer(1);
        out.write('(');
        for (long size : array.shape()) {
            integer(Math.toIntExact(size));
        }
        out.write('t');
        String type = NpyType.format(array.dtype());
        dtype(type.substring(1), type.substring(0, 1), 0);
        out.write(0x89);
        ByteBuffer bytes = array.bytes();
        out.write('B');
        int32(bytes.remaining());
        Inputs.copy(bytes, out);
        out.write('t');
        out.write('b');
    }

    /** {@code _reconstruct(ndarray, (0,), b'b')} */
    private void beginArray() throws IOException {
        global(MULTIARRAY, "_reconstruct");
        global("numpy", "ndarray");
        integer(0);
        out.write(0x85);
        out.write(new byte[] {'C', 1, 'b'});
        out.write(0x87);
        out.write('R');
    }

    private void dtype(String type, String order, int flags) throws IOException {
        global("numpy", "dtype");
        text(type);
        out.write(0x89);
        out.write(0x88);
        out.write(0x87);
        out.write('R');
        // the state: version 3, byte order, no fields, natural size and alignment
        out.write('(');
        integer(3);
        text(order);
        out.write("NNN".getBytes(StandardCharsets.US_ASCII));
        integer(-1);
        integer(-1);
        integer(flags);
        out.write('t');
        out.write('b');
    }

    private void global(String module, String name) throws IOException {
        out.write(("c" + module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    private void integer(int value) throws IOException {
        out.write('J');
        int32(value);
    }

    private void text(String text) throws IOException {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.write('X');
        int32(utf8.length);
        out.write(utf8);
    }

    private void int32(int value) throws IOException {
        out.write(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array());
    }
}
