package dev.wsss.models.checkpoint;

import dev.wsss.core.io.HostArray;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes what Caffe writes: a {@code NetParameter} with its layers and their blobs of float32. */
final class CaffeWriter {
    private CaffeWriter() {}

    /**
     * A net's bytes.
     *
     * @param blobs by {@code LAYER/BLOB}, of each layer in order
     * @param v1 in the form before today's, where every blob has four dimensions
     */
    static byte[] net(Map<String, HostArray> blobs, boolean v1) {
        Map<String, List<HostArray>> layers = new LinkedHashMap<>();
        layers.put("data", List.of()); // such as a net has without weights
        blobs.forEach(
                (key, array) -> layers.computeIfAbsent(key.substring(0, key.lastIndexOf('/')), k -> new ArrayList<>())
                        .add(array));
        ByteArrayOutputStream net = new ByteArrayOutputStream();
        bytes(net, 1, "DeepLab v2".getBytes());
        layers.forEach((name, arrays) -> bytes(net, v1 ? 2 : 100, layer(name, arrays, v1)));
        return net.toByteArray();
    }

    private static byte[] layer(String name, List<HostArray> blobs, boolean v1) {
        ByteArrayOutputStream layer = new ByteArrayOutputStream();
        boolean convolution = !blobs.isEmpty() && blobs.get(0).shape().length == 4;
        bytes(layer, v1 ? 4 : 1, name.getBytes());
        if (v1) {
            number(layer, 5, convolution ? 4 : 0);
        } else {
            bytes(layer, 2, (convolution ? "Convolution" : "BatchNorm").getBytes());
        }
        blobs.forEach(array -> bytes(layer, v1 ? 6 : 7, blob(array, v1)));
        return layer.toByteArray();
    }

    private static byte[] blob(HostArray array, boolean v1) {
        ByteArrayOutputStream blob = new ByteArrayOutputStream();
        long[] shape = array.shape();
        if (v1) {
            for (int i = 0; i < 4; i++) {
                int d = i - 4 + shape.length;
                number(blob, i + 1, d < 0 ? 1 : shape[d]);
            }
        } else {
            ByteArrayOutputStream dims = new ByteArrayOutputStream();
            for (long dim : shape) {
                varint(dims, dim);
            }
            ByteArrayOutputStream message = new ByteArrayOutputStream();
            bytes(message, 1, dims.toByteArray());
            bytes(blob, 7, message.toByteArray());
        }
        byte[] values = new byte[array.byteSize()];
        array.bytes().get(values);
        bytes(blob, 5, values);
        return blob.toByteArray();
    }

    private static void number(ByteArrayOutputStream out, int field, long value) {
        varint(out, field << 3);
        varint(out, value);
    }

    private static void bytes(ByteArrayOutputStream out, int field, byte[] value) {
        varint(out, field << 3 | 2);
        varint(out, value.length);
        out.writeBytes(value);
    }

    private static void varint(ByteArrayOutputStream out, long value) {
        long rest = value;
        while (rest > 127) {
            out.write((int) rest & 127 | 128);
            rest >>>= 7;
        }
        out.write((int) rest);
    }
}
