package dev.wsss.models.dino;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * What DINO is trained by (Caron et al., ICCV 2021, equations 1 to 4): the student shall say of a view what the teacher says of
 * another view of the same image. The teacher's logits are centred by a moving mean, so that no output wins everywhere, and
 * sharpened by a low temperature, so that not all become equal.
 *
 * <pre>{@code
 * DinoLoss loss = DinoLoss.builder().setOutputs(65536).build();
 * Tensor value = loss.views(student, teacher);        // logits of each view; the first of both are of the same views
 * loss.update(teacher);                               // the centre of the next step
 * }</pre>
 *
 * <p>Not thread-safe. {@link #close()} frees the centre.
 */
public final class DinoLoss implements AutoCloseable {
    private static final String CENTRE = "center";

    private final double studentTemperature;
    private final double teacherTemperature;
    private final double momentum;
    private final Tensor centre;

    private DinoLoss(Builder b) {
        studentTemperature = b.studentTemperature;
        teacherTemperature = b.teacherTemperature;
        momentum = b.momentum;
        try (Scope scope = Scope.open()) {
            centre = Scope.own(Tensors.zeros(DType.F32, b.device, 1, b.outputs));
        }
    }

    /** Starts: temperatures 0.1 and 0.04, momentum 0.9, on the CPU unless set otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * What the student shall say: {@code softmax((teacher - centre) / temperature)}, without a gradient.
     *
     * @param teacher logits {@code [...][outputs]}
     * @throws IllegalArgumentException if there are other than these outputs
     */
    public Tensor targets(Tensor teacher) {
        requireOutputs("teacher", teacher);
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            return scope.keep(
                    teacher.sub(centre).div(new Scalar(teacherTemperature)).softmax(-1));
        }
    }

    /**
     * Cross-entropy of the student's {@code softmax(student / temperature)} with targets, the mean over rows.
     *
     * @param student logits {@code [...][outputs]}
     * @param targets of the same shape, as {@link #targets} gives them
     * @return a scalar
     * @throws IllegalArgumentException if the shapes differ
     */
    public Tensor crossEntropy(Tensor student, Tensor targets) {
        requireOutputs("student", student);
        if (!Arrays.equals(Tensors.shape(student), Tensors.shape(targets))) {
            throw new IllegalArgumentException("targets must have the student's shape "
                    + Arrays.toString(Tensors.shape(student)) + ", got " + Arrays.toString(Tensors.shape(targets)));
        }
        try (Scope scope = Scope.open()) {
            Tensor logs = student.div(new Scalar(studentTemperature)).log_softmax(-1);
            return scope.keep(targets.mul(logs).sum(-1L).mean().neg());
        }
    }

    /**
     * DINO's loss: the mean of the cross-entropies of all pairs of a student's and a teacher's view but those of one view.
     *
     * @param student logits {@code [N][outputs]} of each view, global ones first
     * @param teacher logits {@code [N][outputs]} of the global views, in the same order
     * @return a scalar
     * @throws IllegalArgumentException if there is no pair
     */
    public Tensor views(List<Tensor> student, List<Tensor> teacher) {
        if (teacher.isEmpty() || student.size() < 2) {
            throw new IllegalArgumentException("expected two views of the student and one of the teacher at least, got "
                    + student.size() + " and " + teacher.size());
        }
        try (Scope scope = Scope.open()) {
            Tensor sum = null;
            int pairs = 0;
            for (int t = 0; t < teacher.size(); t++) {
                Tensor targets = targets(teacher.get(t));
                for (int s = 0; s < student.size(); s++) {
                    if (s == t) {
                        continue;
                    }
                    Tensor pair = crossEntropy(student.get(s), targets);
                    sum = sum == null ? pair : sum.add(pair);
                    pairs++;
                }
            }
            if (sum == null) {
                throw new IllegalStateException("no pair of views");
            }
            return scope.keep(sum.div(new Scalar((double) pairs)));
        }
    }

    /**
     * Moves the centre: {@code centre = momentum * centre + (1 - momentum) * mean} over all rows of all of these. Called once
     * in a step, after the loss.
     *
     * @param teacher logits {@code [...][outputs]}
     * @throws IllegalArgumentException if there is none
     */
    public void update(List<Tensor> teacher) {
        if (teacher.isEmpty()) {
            throw new IllegalArgumentException("expected logits of at least one view");
        }
        teacher.forEach(t -> requireOutputs("teacher", t));
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Tensor sum = null;
            long rows = 0;
            for (Tensor t : teacher) {
                Tensor flat = t.reshape(-1, t.size(-1));
                Tensor part = flat.sum(0L);
                sum = sum == null ? part : sum.add(part);
                rows += flat.size(0);
            }
            if (sum != null) {
                centre.mul_(new Scalar(momentum)).add_(sum.div(new Scalar((double) rows)), new Scalar(1 - momentum));
            }
        }
    }

    /** The centre, {@code [1][outputs]}; this loss's own. */
    public Tensor centre() {
        return centre;
    }

    private void requireOutputs(String name, Tensor logits) {
        if (logits.dim() < 1 || logits.size(-1) != centre.size(1)) {
            throw new IllegalArgumentException(
                    name + " must have " + centre.size(1) + " outputs, got " + Arrays.toString(Tensors.shape(logits)));
        }
    }

    /** The centre, for a checkpoint. */
    public Map<String, HostArray> stateDict() {
        return Map.of(CENTRE, Tensors.toHost(centre));
    }

    /**
     * Continues from {@link #stateDict()}.
     *
     * @throws InvalidDataException if it is not the state of such a loss; nothing is changed then
     */
    public void load(Map<String, HostArray> state) {
        HostArray theirs = state.get(CENTRE);
        if (state.size() != 1 || theirs == null || !Arrays.equals(theirs.shape(), Tensors.shape(centre))) {
            throw new InvalidDataException("the state of DINO's loss must be '" + CENTRE + "' of shape "
                    + Arrays.toString(Tensors.shape(centre)) + ", got " + state);
        }
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            centre.copy_(Tensors.of(theirs));
        }
    }

    /** Frees the centre. */
    @Override
    public void close() {
        centre.close();
    }

    /** Settings: the number of outputs is required. */
    public static final class Builder {
        private int outputs;
        private double studentTemperature = 0.1;
        private double teacherTemperature = 0.04;
        private double momentum = 0.9;
        private ComputeDevice device = ComputeDevice.CPU;

        private Builder() {}

        /** Outputs of the {@link DinoHead}. Required. */
        public Builder setOutputs(int count) {
            outputs = count;
            return this;
        }

        /** What the student's logits are divided by; 0.1 unless set. */
        public Builder optStudentTemperature(double temperature) {
            studentTemperature = positive(temperature);
            return this;
        }

        /** What the teacher's centred logits are divided by; 0.04 unless set. */
        public Builder optTeacherTemperature(double temperature) {
            teacherTemperature = positive(temperature);
            return this;
        }

        private static double positive(double temperature) {
            if (!(temperature > 0) || Double.isInfinite(temperature)) {
                throw new IllegalArgumentException("temperature must be positive, got " + temperature);
            }
            return temperature;
        }

        /** How much of the centre stays in an update, in [0, 1); 0.9 unless set. */
        public Builder optCentreMomentum(double momentum) {
            if (!(momentum >= 0 && momentum < 1)) {
                throw new IllegalArgumentException("momentum must be in [0, 1), got " + momentum);
            }
            this.momentum = momentum;
            return this;
        }

        /** Where the logits are; the CPU unless set. */
        public Builder optDevice(ComputeDevice device) {
            this.device = device;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if the outputs are not set
         */
        public DinoLoss build() {
            if (outputs < 1) {
                throw new IllegalStateException("setOutputs is required, at least 1, got " + outputs);
            }
            return new DinoLoss(this);
        }
    }
}
