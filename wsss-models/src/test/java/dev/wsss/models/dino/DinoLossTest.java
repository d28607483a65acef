package dev.wsss.models.dino;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** DINO's head and loss: values and gradients by hand. */
class DinoLossTest {
    private static final float LN3 = (float) Math.log(3);

    private static Tensor rows(float... values) {
        return Tensors.of(values, values.length / 2, 2);
    }

    private static DinoLoss loss() {
        return DinoLoss.builder()
                .setOutputs(2)
                .optStudentTemperature(0.5)
                .optTeacherTemperature(0.25)
                .build();
    }

    /** softmax(ln 3, 0) is 3/4 and 1/4; the gradient is (softmax - target) / temperature / rows. */
    @Test
    void theStudentLearnsWhatTheTeacherSays() {
        try (DinoLoss loss = loss();
                Scope scope = Scope.open()) {
            Tensor teacher = rows(0.25f * LN3, 0, 0, 0).requires_grad_(true);
            Tensor targets = loss.targets(teacher);
            assertThat(targets.requires_grad()).isFalse();
            assertThat(Tensors.toFloats(targets))
                    .containsExactly(new float[] {0.75f, 0.25f, 0.5f, 0.5f}, offset(1e-6f));
            Tensor student = rows(0, 0, 0.5f * LN3, 0).requires_grad_(true);
            Tensor value = loss.crossEntropy(student, targets);
            // of the second row: -(ln 3/4 + ln 1/4) / 2
            assertThat(Tensors.item(value)).isEqualTo((Math.log(2) + Math.log(16.0 / 3) / 2) / 2, offset(1e-6));
            value.backward();
            assertThat(Tensors.toFloats(student.grad()))
                    .containsExactly(new float[] {-0.25f, 0.25f, 0.25f, -0.25f}, offset(1e-6f));
            assertThat(teacher.grad().defined()).isFalse();
        }
    }

    /** Four pairs of two and three views: those of one view do not count. */
    @Test
    void everyOtherViewIsCompared() {
        try (DinoLoss loss = loss();
                Scope scope = Scope.open()) {
            List<Tensor> teacher = List.of(rows(0.25f * LN3, 0), rows(0, 0.25f * LN3));
            Tensor even = rows(0, 0);
            Tensor told = rows(0.5f * LN3, 0);
            double near = -0.75 * Math.log(0.75) - 0.25 * Math.log(0.25);
            double far = -0.25 * Math.log(0.75) - 0.75 * Math.log(0.25);
            assertThat(Tensors.item(loss.views(List.of(even, even, told), teacher)))
                    .isEqualTo((2 * Math.log(2) + near + far) / 4, offset(1e-6));
            assertThat(Tensors.item(loss.views(List.of(told, even), teacher)))
                    .isEqualTo((Math.log(2) + far) / 2, offset(1e-6));
        }
    }

    @Test
    void theCentreIsTheMovingMeanOfTheTeacher() {
        try (DinoLoss loss = loss();
                DinoLoss again = loss();
                Scope scope = Scope.open()) {
            loss.update(List.of(rows(1, 2, 3, 6), rows(5, 1)));
            assertThat(Tensors.toFloats(loss.centre())).containsExactly(new float[] {0.3f, 0.3f}, offset(1e-6f));
            loss.update(List.of(rows(4, 0)));
            assertThat(Tensors.toFloats(loss.centre())).containsExactly(new float[] {0.67f, 0.27f}, offset(1e-6f));
            again.load(loss.stateDict());
            assertThat(Tensors.toFloats(again.targets(rows(0.67f, 0.27f))))
                    .containsExactly(new float[] {0.5f, 0.5f}, offset(1e-6f));
        }
    }

    @Test
    void whatDoesNotFitIsNamed() {
        try (DinoLoss loss = loss();
                Scope scope = Scope.open()) {
            Tensor three = Tensors.of(new float[3], 1, 3);
            assertThatThrownBy(() -> loss.targets(three))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("teacher must have 2 outputs, got [1, 3]");
            assertThatThrownBy(() -> loss.crossEntropy(rows(0, 0), rows(0, 0, 0, 0)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("targets must have the student's shape [1, 2], got [2, 2]");
            assertThatThrownBy(() -> loss.views(List.of(rows(0, 0)), List.of(rows(0, 0))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("expected two views of the student and one of the teacher at least, got 1 and 1");
            assertThatThrownBy(() -> loss.update(List.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("expected logits of at least one view");
            assertThatThrownBy(() -> loss.load(Map.of("center", HostArray.ofFloats(new float[3], 1, 3))))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageStartingWith("the state of DINO's loss must be 'center' of shape [1, 2], got ");
        }
        assertThatThrownBy(() -> DinoLoss.builder().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setOutputs is required, at least 1, got 0");
        assertThatThrownBy(() -> DinoLoss.builder().optTeacherTemperature(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("temperature must be positive, got 0.0");
        assertThatThrownBy(() -> DinoLoss.builder().optCentreMomentum(1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("momentum must be in [0, 1), got 1.0");
    }

    private static DinoHead head(int layers) {
        DinoHead head = DinoHead.builder()
                .setIn(2)
                .setOut(2)
                .optLayers(layers)
                .optHidden(2)
                .optBottleneck(2)
                .build();
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            for (int i = 0; i < layers; i++) {
                head.tensor("mlp." + 2 * i + ".weight").copy_(rows(1, 0, 0, 1));
                head.tensor("mlp." + 2 * i + ".bias").zero_();
            }
            head.tensor("last_layer.weight_v").copy_(rows(2, 0, 0, -5));
        }
        return head;
    }

    /** Of (3, 4), which is (0.6, 0.8): d(u v)/dx = (v - (u v) u) / |x|, and d(u n)/dv = (u - (u n) n) / |v|. */
    @Test
    void theHeadSaysCosines() {
        try (DinoHead head = head(1);
                Scope scope = Scope.open()) {
            Tensor x = rows(3, 4).requires_grad_(true);
            Tensor logits = head.forward(x);
            assertThat(Tensors.toFloats(logits)).containsExactly(new float[] {0.6f, -0.8f}, offset(1e-6f));
            logits.select(1, 0).sum().backward();
            assertThat(Tensors.toFloats(x.grad())).containsExactly(new float[] {0.128f, -0.096f}, offset(1e-6f));
            assertThat(Tensors.toFloats(head.tensor("last_layer.weight_v").grad()))
                    .containsExactly(new float[] {0, 0.4f, 0, 0}, offset(1e-6f));
            assertThat(head.parameters()).doesNotContainKey("last_layer.weight_g");
            head.tensor("last_layer.weight_g").copy_(Tensors.of(new float[] {2, 1}, 2, 1));
            assertThat(Tensors.toFloats(head.forward(rows(3, 4))))
                    .containsExactly(new float[] {1.2f, -0.8f}, offset(1e-6f));
        }
    }

    /** GELU leaves 10 and takes -10; after the last layer there is none. */
    @Test
    void activationsAreBetweenLayersAlone() {
        try (DinoHead one = head(1);
                DinoHead two = head(2);
                Scope scope = Scope.open()) {
            Tensor x = rows(10, -10);
            float half = (float) Math.sqrt(0.5);
            assertThat(Tensors.toFloats(one.forward(x))).containsExactly(new float[] {half, half}, offset(1e-6f));
            assertThat(Tensors.toFloats(two.forward(x))).containsExactly(new float[] {1, 0}, offset(1e-6f));
            assertThat(two.state().keySet())
                    .containsExactlyInAnyOrder(
                            "mlp.0.weight",
                            "mlp.0.bias",
                            "mlp.2.weight",
                            "mlp.2.bias",
                            "last_layer.weight_g",
                            "last_layer.weight_v");
        }
        assertThatThrownBy(() -> DinoHead.builder().setOut(2).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setIn is required, at least 1, got 0");
        assertThatThrownBy(() -> DinoHead.builder().optLayers(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("layers must be at least 1, got 0");
    }
}
