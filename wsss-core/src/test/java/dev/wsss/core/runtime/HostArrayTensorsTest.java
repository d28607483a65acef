package dev.wsss.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Host arrays of both kinds of memory as tensors. */
class HostArrayTensorsTest {
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bytesAreCopiedFromWhereTheViewBegins(boolean direct) {
        ByteBuffer memory = direct ? ByteBuffer.allocateDirect(11) : ByteBuffer.allocate(11);
        for (int i = 0; i < 11; i++) {
            memory.put(i, (byte) (i + 1));
        }
        memory.position(3).limit(9);
        HostArray array = HostArray.of(DType.I16, new long[] {3, 1}, memory);
        try (Scope scope = Scope.open()) {
            assertThat(Tensors.toHost(Tensors.of(array))).isEqualTo(array);
            HostArray empty = HostArray.of(DType.F32, new long[] {0, 2}, memory.slice(0, 0));
            assertThat(Tensors.toHost(Tensors.of(empty))).isEqualTo(empty);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 4})
    void aViewReadsTheArraysMemoryWhereThatIsAligned(int start) {
        ByteBuffer memory = ByteBuffer.allocateDirect(64).order(ByteOrder.nativeOrder());
        HostArray array = HostArray.of(DType.F32, new long[] {2, 3}, memory.slice(start, 24));
        try (Scope scope = Scope.open()) {
            Tensor view = Tensors.view(array);
            memory.putFloat(start + 8, 1.5f);
            boolean shared = Tensors.toFloats(view)[2] == 1.5f;
            // memory of the JVM begins at a multiple of 4 or more
            assertThat(shared).isEqualTo(start % 4 == 0);
            assertThat(Tensors.shape(view)).containsExactly(2, 3);
            HostArray heap = HostArray.ofFloats(new float[] {1, 2}, 2);
            assertThat(Tensors.toHost(Tensors.view(heap))).isEqualTo(heap);
        }
    }
}
