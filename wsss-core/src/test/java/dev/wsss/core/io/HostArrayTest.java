package dev.wsss.core.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HostArrayTest {
    /** Compared with the elements one by one, over all bit patterns of the high bits. */
    @ParameterizedTest
    @EnumSource(DType.class)
    void valuesThatAreNotFiniteAreCounted(DType dtype) {
        int elements = 1 << 16;
        ByteBuffer bytes = ByteBuffer.allocate(elements * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < elements; i++) {
            for (int b = 0; b < dtype.bytes() - 2; b++) {
                bytes.put((byte) 0);
            }
            bytes.put((byte) i);
            if (dtype.bytes() > 1) {
                bytes.put((byte) (i >> 8));
            }
        }
        HostArray array = HostArray.of(dtype, new long[] {elements}, bytes.flip());
        int expected = 0;
        for (int i = 0; i < elements && dtype.isFloating(); i++) {
            expected += Double.isFinite(array.getDouble(i)) ? 0 : 1;
        }
        assertThat(array.nonFinite()).isEqualTo(expected);
        assertThat(expected > 0).isEqualTo(dtype.isFloating());
        assertThat(HostArray.lazy(dtype, array.shape(), array::bytes).nonFinite())
                .isEqualTo(expected);
    }

    @Test
    void partsOfALargeArrayAndOfAFileAreAddedUp(@TempDir Path folder) {
        float[] values = new float[200_001];
        for (int i = 0; i < values.length; i += 1000) {
            values[i] = i % 2000 == 0 ? Float.NaN : Float.NEGATIVE_INFINITY;
        }
        HostArray array = HostArray.ofFloats(values, values.length);
        assertThat(array.nonFinite()).isEqualTo(201);
        Path file = folder.resolve("w.safetensors");
        Safetensors.write(file, Map.of("w", array), Map.of());
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            assertThat(checkpoint.get("w").nonFinite()).isEqualTo(201);
        }
        assertThat(HostArray.ofFloats(new float[0], 0).nonFinite()).isZero();
    }
}
