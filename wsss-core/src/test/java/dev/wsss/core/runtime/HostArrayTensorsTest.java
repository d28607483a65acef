package dev.wsss.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
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

    @Test
    void anArrayGoesIntoATensorOfAnyLayoutAndType() {
        HostArray array = HostArray.ofFloats(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
        try (Scope scope = Scope.open()) {
            Tensor same = Tensors.zeros(DType.F32, ComputeDevice.CPU, 2, 3).set_requires_grad(true);
            Tensor transposed =
                    Tensors.zeros(DType.F32, ComputeDevice.CPU, 3, 2).t();
            Tensor wider = Tensors.zeros(DType.F64, ComputeDevice.CPU, 2, 3);
            for (Tensor t : List.of(same, transposed, wider)) {
                Tensors.copy(array, t);
                assertThat(Tensors.toFloats(t)).containsExactly(1, 2, 3, 4, 5, 6);
            }
            assertThatThrownBy(() -> Tensors.copy(array, transposed.t()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("F32[2, 3]")
                    .hasMessageContaining("[3, 2]");
        }
    }

    @Test
    void aLargeArrayGoesIntoChannelsLastInParts() {
        float[] values = new float[7 * 20 * 30 * 31];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        HostArray array = HostArray.ofFloats(values, 7, 20, 30, 31);
        try (Scope scope = Scope.open()) {
            Tensor t = Tensors.zeros(DType.F32, ComputeDevice.CPU, 7, 20, 30, 31)
                    .contiguous(torch.MemoryFormat.ChannelsLast)
                    .set_requires_grad(true);
            Tensors.copy(array, t);
            assertThat(Tensors.toFloats(t)).containsExactly(values);
            assertThat(t.is_contiguous(torch.MemoryFormat.ChannelsLast)).isTrue();

            ByteBuffer three = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
            array.copyTo(8, three);
            assertThat(three.flip().asFloatBuffer().get(2)).isEqualTo(4);
            assertThatThrownBy(() -> array.copyTo(array.byteSize() - 4, three.clear()))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }
}
