package dev.wsss.core.pipeline;

import dev.wsss.api.FeatureMap;
import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Feature maps as safetensors files. */
enum FeatureMapCodec implements ProductCodec<FeatureMap> {
    INSTANCE;

    @Override
    public String extension() {
        return "safetensors";
    }

    @Override
    public String format() {
        return "safetensors: features F32 or F16 [C, h, w], image_size I32 [2], valid BOOL [h, w] unless all are";
    }

    @Override
    public void write(Path file, FeatureMap map) {
        long[] shape = {map.channels(), map.height(), map.width()};
        Map<String, HostArray> tensors = new HashMap<>();
        tensors.put("features", map.isHalf() ? halfs(map, shape) : HostArray.ofFloats(map.toFloats(), shape));
        tensors.put("image_size", HostArray.ofInts(new int[] {map.imageHeight(), map.imageWidth()}, 2));
        if (!map.allValid()) {
            byte[] valid = new byte[map.height() * map.width()];
            for (int i = 0; i < valid.length; i++) {
                valid[i] = (byte) (map.isValid(i / map.width(), i % map.width()) ? 1 : 0);
            }
            tensors.put("valid", HostArray.of(DType.BOOL, new long[] {shape[1], shape[2]}, ByteBuffer.wrap(valid)));
        }
        Safetensors.write(file, tensors, Map.of());
    }

    private static HostArray halfs(FeatureMap map, long[] shape) {
        short[] bits = map.halfs();
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(bits.length, Short.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asShortBuffer().put(bits);
        return HostArray.of(DType.F16, shape, bytes);
    }

    @Override
    public FeatureMap read(Path file) {
        Map<String, HostArray> tensors = Safetensors.read(file);
        HostArray given = tensors.get("features");
        boolean half = given != null && given.dtype() == DType.F16;
        HostArray features = ScoreMapsCodec.require(file, tensors, "features", half ? DType.F16 : DType.F32, 3);
        int[] size = ScoreMapsCodec.require(file, tensors, "image_size", DType.I32, 1)
                .toInts();
        if (size.length != 2) {
            throw new InvalidDataException(file + ": 'image_size' has " + size.length + " entries; expected 2");
        }
        long[] shape = features.shape();
        try {
            FeatureMap.Builder map = FeatureMap.builder()
                    .setGrid(Math.toIntExact(shape[0]), Math.toIntExact(shape[1]), Math.toIntExact(shape[2]))
                    .setImageSize(size[0], size[1]);
            if (tensors.containsKey("valid")) {
                map.optValid(valid(file, tensors, shape));
            }
            if (half) {
                return map.setHalfs(bits(features)).build();
            }
            return map.setFloats(features.toFloats()).build();
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new InvalidDataException(file + ": not a feature map (" + e.getMessage() + ")", e);
        } catch (InvalidDataException e) {
            throw new InvalidDataException(file + ": " + e.getMessage(), e);
        }
    }

    /** The bits of an array of float16. */
    static short[] bits(HostArray halfs) {
        short[] bits = new short[halfs.size()];
        halfs.bytes().asShortBuffer().get(bits);
        return bits;
    }

    private static boolean[] valid(Path file, Map<String, HostArray> tensors, long[] shape) {
        HostArray given = ScoreMapsCodec.require(file, tensors, "valid", DType.BOOL, 2);
        if (given.shape()[0] != shape[1] || given.shape()[1] != shape[2]) {
            throw new IllegalArgumentException(
                    "'valid' is " + given + " and 'features' is of " + shape[1] + "x" + shape[2]);
        }
        byte[] bytes = given.toBytes();
        boolean[] valid = new boolean[bytes.length];
        for (int i = 0; i < valid.length; i++) {
            valid[i] = bytes[i] != 0;
        }
        return valid;
    }
}
