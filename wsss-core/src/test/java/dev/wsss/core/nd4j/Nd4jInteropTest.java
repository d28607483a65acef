package dev.wsss.core.nd4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.LeakCheck;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.TensorScoreMaps;
import dev.wsss.core.runtime.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class Nd4jInteropTest {
    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"U16", "U32", "U64"},
            mode = EnumSource.Mode.EXCLUDE)
    void everyCommonTypeGoesThereAndBack(DType type) {
        byte[] bytes = new byte[6 * type.bytes()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (type == DType.BOOL ? i % 2 : i * 7);
        }
        HostArray array = HostArray.of(type, new long[] {2, 3}, java.nio.ByteBuffer.wrap(bytes));
        try (Scope scope = Scope.open()) {
            INDArray nd = Nd4jInterop.toNd4j(Tensors.of(array));
            assertThat(nd.shape()).containsExactly(2, 3);
            assertThat(Tensors.toHost(Nd4jInterop.toTensor(nd))).isEqualTo(array);
        }
    }

    @Test
    void tensorAndArrayShareMemory() {
        try (Scope scope = Scope.open()) {
            Tensor t = Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
            INDArray nd = Nd4jInterop.toNd4j(t);
            assertThat(nd.getFloat(1, 0)).isEqualTo(4);
            nd.putScalar(1, 0, 40);
            assertThat(Tensors.toFloats(t)).containsExactly(1, 2, 3, 40, 5, 6);
            t.mul_(new Scalar(2.0));
            assertThat(nd.getFloat(0, 1)).isEqualTo(4);
            assertThat(nd.sumNumber().floatValue()).isEqualTo(2 * 57);
        }
    }

    @Test
    void arrayOutlivesItsTensor() {
        INDArray nd;
        try (Scope scope = Scope.open()) {
            nd = Nd4jInterop.toNd4j(torch.arange(new Scalar(100_000.0)));
        }
        for (int i = 0; i < 50; i++) {
            try (Scope scope = Scope.open()) {
                Tensors.zeros(DType.F32, ComputeDevice.CPU, 100_000); // would take the freed memory
            }
        }
        assertThat(nd.getFloat(99_999)).isEqualTo(99_999);
    }

    @Test
    void tensorOfADenseArraySharesItsMemory() {
        try (Scope scope = Scope.open()) {
            INDArray nd = Nd4j.createFromArray(new double[] {1, 2, 3, 4}).reshape(2, 2);
            Tensor t = Nd4jInterop.toTensor(nd);
            assertThat(Tensors.dtype(t)).isEqualTo(DType.F64);
            t.add_(new Scalar(10.0));
            assertThat(nd.getDouble(1, 1)).isEqualTo(14);
            nd.putScalar(0, 0, -1);
            assertThat(Tensors.toDoubles(t)).containsExactly(-1, 12, 13, 14);
        }
    }

    @Test
    void otherLayoutsAreCopied() {
        try (Scope scope = Scope.open()) {
            INDArray c = Nd4j.createFromArray(new float[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
                    .reshape(3, 4);
            Tensor fortran = Nd4jInterop.toTensor(c.dup('f'));
            assertThat(Tensors.toFloats(fortran)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
            Tensor transposed = Nd4jInterop.toTensor(c.transpose());
            assertThat(Tensors.shape(transposed)).containsExactly(4, 3);
            assertThat(Tensors.toFloats(transposed)).startsWith(0, 4, 8, 1);
            INDArray lastRows = c.get(NDArrayIndex.interval(1, 3), NDArrayIndex.all());
            Tensor offset = Nd4jInterop.toTensor(lastRows);
            assertThat(Tensors.toFloats(offset)).containsExactly(4, 5, 6, 7, 8, 9, 10, 11);
            offset.zero_();
            assertThat(c.getFloat(1, 0)).isEqualTo(4);
            Tensor strided = Nd4jInterop.toTensor(c.get(NDArrayIndex.all(), NDArrayIndex.interval(0, 2, 4)));
            assertThat(Tensors.toFloats(strided)).containsExactly(0, 2, 4, 6, 8, 10);
            INDArray fromTransposed = Nd4jInterop.toNd4j(
                    Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).t());
            assertThat(fromTransposed.reshape(6).toFloatVector()).containsExactly(1, 4, 2, 5, 3, 6);
        }
    }

    @Test
    void scoreMapsBothWays() {
        float[] scores = {0.1f, 0.2f, 0.3f, 0.4f};
        INDArray host = Nd4jInterop.toNd4j(ScoreMaps.of(new int[] {1, 4}, 1, 2, scores));
        assertThat(host.shape()).containsExactly(2, 1, 2);
        INDArray shared;
        try (Scope scope = Scope.open();
                ScoreMaps maps = TensorScoreMaps.of(new int[] {1, 4}, Tensors.of(scores, 2, 1, 2))) {
            shared = Nd4jInterop.toNd4j(maps);
        }
        assertThat(shared).isEqualTo(host);
        try (ScoreMaps maps = Nd4jInterop.toScoreMaps(new int[] {2, 3}, host.castTo(DataType.DOUBLE))) {
            assertThat(maps.labels()).containsExactly(2, 3);
            assertThat(maps.toArray()).containsExactly(scores);
        }
        assertThatThrownBy(() -> Nd4jInterop.toScoreMaps(new int[] {1}, host)).hasMessageContaining("[2, 1, 2]");
    }

    @Test
    void whatCannotBeExchangedIsRefused() {
        assertThatThrownBy(() -> Nd4jInterop.toTensor(Nd4j.empty(DataType.FLOAT)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Nd4jInterop.toTensor(Nd4j.create(new String[] {"a"})))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("UTF8");
        try (Scope scope = Scope.open()) {
            assertThatThrownBy(() -> Nd4jInterop.toNd4j(Tensors.zeros(DType.F32, ComputeDevice.CPU, 0, 3)))
                    .hasMessageContaining("[0, 3]");
        }
    }

    @Test
    void memoryOfLentArraysIsGivenBack() {
        INDArray nd = Nd4j.ones(DataType.FLOAT, 1 << 20);
        LeakCheck.assertFlat(200, () -> {
            try (Scope scope = Scope.open()) {
                Tensor t = Nd4jInterop.toTensor(nd);
                assertThat(Tensors.item(t.add(t).sum())).isEqualTo(2 << 20);
            }
        });
    }

    @Test
    void nothingElseRefersToNd4j() {
        ArchRuleDefinition.noClasses()
                .that()
                .doNotHaveFullyQualifiedName(Nd4jInterop.class.getName())
                .and()
                .haveNameNotMatching(Nd4jInterop.class.getName().replace(".", "\\.") + "\\$.*")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.nd4j..")
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("dev.wsss"));
    }
}
