package dev.wsss.core.noisy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.Channel;
import dev.wsss.core.batch.ImageBatches;
import dev.wsss.core.loss.Losses;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.OneThread;
import dev.wsss.core.train.ParameterGroups;
import dev.wsss.core.train.Sgd;
import dev.wsss.core.train.Trainer;
import dev.wsss.core.train.TrainingHistory;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OneThread.class)
class NoisyLabelLossesTest {
    private static final int N = 2;
    private static final int C = 3;
    private static final int H = 2;
    private static final int W = 3;
    private static final long[] SHAPE = {N, C, H, W};
    private static final long[] LABELS = {0, 1, 2, 255, 1, 0, 2, 2, 255, 0, 1, 1};

    private final double[] logits = random(1);
    private final double[] other = random(2);

    private static double[] random(long seed) {
        Random random = new Random(seed);
        return random.doubles(N * C * H * W, -2, 2).toArray();
    }

    private static Tensor labels() {
        return Tensors.of(LABELS, N, H, W);
    }

    /** Probabilities of a pixel, 0 to 11. */
    private static double[] softmax(double[] z, int pixel) {
        double[] p = new double[C];
        double sum = 0;
        for (int c = 0; c < C; c++) {
            p[c] = Math.exp(z[at(pixel, c)]);
            sum += p[c];
        }
        for (int c = 0; c < C; c++) {
            p[c] /= sum;
        }
        return p;
    }

    private static int at(int pixel, int c) {
        return (pixel / (H * W) * C + c) * H * W + pixel % (H * W);
    }

    private static double value(Function<Tensor, Tensor> loss, double[] z) {
        try (Scope scope = Scope.open()) {
            return Tensors.item(loss.apply(Tensors.of(z, SHAPE)));
        }
    }

    private double[] gradient(Function<Tensor, Tensor> loss) {
        try (Scope scope = Scope.open()) {
            Tensor z = Tensors.of(logits, SHAPE).requires_grad_(true);
            loss.apply(z).backward();
            return Tensors.toDoubles(z.grad());
        }
    }

    /** Central differences of every element. */
    private void assertGradient(Function<Tensor, Tensor> loss) {
        double[] gradient = gradient(loss);
        double size = 0;
        for (int i = 0; i < logits.length; i++) {
            double[] z = logits.clone();
            z[i] += 1e-5;
            double up = value(loss, z);
            z[i] -= 2e-5;
            assertThat(gradient[i]).as("element %d", i).isEqualTo((up - value(loss, z)) / 2e-5, within(1e-8));
            size += Math.abs(gradient[i]);
        }
        assertThat(size).isGreaterThan(0.1);
        for (int pixel : new int[] {3, 8}) {
            for (int c = 0; c < C; c++) {
                assertThat(gradient[at(pixel, c)]).as("ignored pixel %d", pixel).isZero();
            }
        }
    }

    @Test
    void symmetricCrossEntropyIsThePapersEquation() {
        double expected = 0;
        for (int i = 0; i < LABELS.length; i++) {
            if (LABELS[i] != Losses.IGNORE) {
                double[] p = softmax(logits, i);
                double ce = 0;
                double rce = 0;
                for (int k = 0; k < C; k++) {
                    boolean its = k == LABELS[i];
                    ce -= its ? Math.log(p[k]) : 0;
                    rce -= p[k] * (its ? 0 : -4);
                }
                expected += (0.1 * ce + 2 * rce) / 10;
            }
        }
        Function<Tensor, Tensor> loss = z -> SymmetricCrossEntropy.loss(z, labels(), 0.1, 2, -4);
        assertThat(value(loss, logits)).isEqualTo(expected, within(1e-12));
        assertGradient(loss);
    }

    /** Of a label that the network is sure is wrong, cross-entropy's gradient is 1 and the reverse one's vanishes. */
    @Test
    void aSurelyWrongLabelPullsNoMore() {
        double[] sure = new double[N * C * H * W];
        for (int i = 0; i < LABELS.length; i++) {
            sure[at(i, (int) ((LABELS[i] + 1) % C))] = 30;
        }
        try (Scope scope = Scope.open()) {
            Tensor z = Tensors.of(sure, SHAPE).requires_grad_(true);
            SymmetricCrossEntropy.loss(z, labels(), 0, 1, -4).backward();
            assertThat(Tensors.toDoubles(z.grad())).containsExactly(new double[sure.length], within(1e-10));
            Tensor same = Tensors.of(sure, SHAPE).requires_grad_(true);
            SymmetricCrossEntropy.loss(same, labels(), 1, 0, -4).backward();
            assertThat(Tensors.toDoubles(same.grad())[at(0, 0)]).isEqualTo(-0.1, within(1e-9));
        }
    }

    @Test
    void smallLossIsTheMeanOfTheEasiest() {
        // cross-entropy of the selector by pixel, ascending
        double[] ce = new double[LABELS.length];
        double[] mine = new double[LABELS.length];
        for (int i = 0; i < LABELS.length; i++) {
            boolean ignored = LABELS[i] == Losses.IGNORE;
            ce[i] = ignored ? Double.POSITIVE_INFINITY : -Math.log(softmax(other, i)[(int) LABELS[i]]);
            mine[i] = ignored ? Double.NaN : -Math.log(softmax(logits, i)[(int) LABELS[i]]);
        }
        List<Integer> easiest = IntStream.range(0, LABELS.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> ce[i]))
                .toList();
        for (double keep : new double[] {1, 0.75, 0.7, 0.05}) {
            int kept = (int) Math.ceil(keep * 10 - 1e-9);
            double expected = easiest.subList(0, kept).stream()
                    .mapToDouble(i -> mine[i])
                    .average()
                    .orElseThrow();
            Function<Tensor, Tensor> loss = z -> SmallLoss.loss(z, Tensors.of(other, SHAPE), labels(), keep);
            assertThat(value(loss, logits)).as("keep %s", keep).isEqualTo(expected, within(1e-12));
            assertGradient(loss);
            try (Scope scope = Scope.open()) {
                Tensor mask = SmallLoss.select(Tensors.of(other, SHAPE), labels(), keep);
                assertThat(mask.sum().item_long()).isEqualTo(kept);
            }
        }
        assertThat(value(z -> SmallLoss.loss(z, z, labels(), 0), logits)).isZero();
    }

    @Test
    void theForgetRateIsThePapers() {
        Layer network = Conv2d.builder(3, C, 1).build();
        SmallLoss loss = SmallLoss.coTeaching(network, 0.4, 10);
        assertThat(loss.keep(0)).isEqualTo(1);
        assertThat(loss.keep(5)).isEqualTo(1 - 0.4 * 5 / 10);
        assertThat(loss.keep(10)).isEqualTo(0.6);
        assertThat(loss.keep(1_000_000)).isEqualTo(0.6);
        assertThat(new SmallLoss(network, 0.4, 10, 2, false, false).keep(3)).isEqualTo(1 - 0.4 * 9 / 10, within(1e-12));
        TeacherSmoothing smoothing = TeacherSmoothing.of(network, 0.3, 4);
        assertThat(smoothing.weight(0)).isZero();
        assertThat(smoothing.weight(1)).isEqualTo(0.075);
        assertThat(smoothing.weight(4)).isEqualTo(0.3);
        assertThat(TeacherSmoothing.of(network, 0.3, 0).weight(0)).isEqualTo(0.3);
    }

    @Test
    void smoothingIsTheCrossEntropyOfTheMixedTarget() {
        double expected = 0;
        double[] gradient = new double[N * C * H * W];
        for (int i = 0; i < LABELS.length; i++) {
            if (LABELS[i] != Losses.IGNORE) {
                double[] p = softmax(logits, i);
                double[] q = softmax(Arrays.stream(other).map(z -> z / 2).toArray(), i);
                for (int k = 0; k < C; k++) {
                    double target = 0.7 * (k == LABELS[i] ? 1 : 0) + 0.3 * q[k];
                    expected -= target * Math.log(p[k]) / 10;
                    gradient[at(i, k)] = (p[k] - target) / 10;
                }
            }
        }
        Function<Tensor, Tensor> loss = z -> TeacherSmoothing.loss(z, Tensors.of(other, SHAPE), labels(), 0.3, 2);
        assertThat(value(loss, logits)).isEqualTo(expected, within(1e-12));
        assertThat(gradient(loss)).containsExactly(gradient, within(1e-12));
        assertGradient(loss);
    }

    @Test
    void withoutANoiseAllAreCrossEntropy() {
        double plain = value(z -> Losses.crossEntropy(z, labels()), logits);
        assertThat(value(z -> SymmetricCrossEntropy.loss(z, labels(), 1, 0, -4), logits))
                .isEqualTo(plain, within(1e-12));
        assertThat(value(z -> SmallLoss.loss(z, z, labels(), 1), logits)).isEqualTo(plain, within(1e-12));
        assertThat(value(z -> TeacherSmoothing.loss(z, z, labels(), 0, 1), logits))
                .isEqualTo(plain, within(1e-12));
    }

    @Test
    void withoutALabelLossAndGradientAreZero() {
        List<Function<Tensor, Tensor>> all = List.of(
                z -> SymmetricCrossEntropy.loss(z, nothing(), 0.1, 1, -4),
                z -> SmallLoss.loss(z, z, nothing(), 0.5),
                z -> TeacherSmoothing.loss(z, z, nothing(), 0.5, 1));
        for (Function<Tensor, Tensor> loss : all) {
            assertThat(value(loss, logits)).isZero();
            assertThat(gradient(loss)).containsOnly(0);
        }
    }

    private static Tensor nothing() {
        long[] ignored = LABELS.clone();
        Arrays.fill(ignored, Losses.IGNORE);
        return Tensors.of(ignored, N, H, W);
    }

    @Test
    void wrongSettingsAndShapesAreNamed() {
        Layer network = Conv2d.builder(3, C, 1).build();
        assertThatThrownBy(() -> SmallLoss.coTeaching(network, 1.5, 10))
                .hasMessageContaining("noise must be in [0.0, 1.0], got 1.5");
        assertThatThrownBy(() -> SmallLoss.coTeaching(network, 0.5, 0)).hasMessageContaining("rampSteps");
        assertThatThrownBy(() -> TeacherSmoothing.of(network, -1, 10)).hasMessageContaining("weight");
        assertThatThrownBy(() -> new SymmetricCrossEntropy(network, 1, 1, 0, false))
                .hasMessageContaining("logZero");
        try (Scope scope = Scope.open()) {
            Tensor z = Tensors.of(logits, SHAPE);
            assertThatThrownBy(() -> SymmetricCrossEntropy.loss(z, Tensors.of(LABELS, N, W, H), 1, 1, -4))
                    .hasMessageContaining("[2, 3, 2]");
        }
    }

    /** Images of which each half is of one colour; a third of the labels of the left half are wrong. */
    private record Halves() implements Dataset {
        static final ClassCatalog CLASSES = ClassCatalog.withBackground(List.of("cat", "dog"));

        @Override
        public String name() {
            return "halves";
        }

        @Override
        public ClassCatalog classes() {
            return CLASSES;
        }

        @Override
        public int size() {
            return 4;
        }

        @Override
        public String id(int index) {
            return "i" + index;
        }

        @Override
        public ImageTags tags(int index) {
            return ImageTags.of(CLASSES, 0);
        }

        @Override
        public Sample get(int index) {
            byte[] pixels = new byte[6 * 6 * 3];
            for (int i = 0; i < 36; i++) {
                pixels[3 * i + (i % 6 < 3 ? 0 : 1)] = (byte) (200 + index);
            }
            return new Sample(id(index), new RgbImage(6, 6, pixels), tags(index));
        }

        @Override
        public String fingerprint(int index) {
            return "halves " + index;
        }

        @Override
        public boolean hasTruth() {
            return false;
        }

        @Override
        public LabelMap truth(int index) {
            throw new IllegalStateException("there is none");
        }

        static LabelMap noisy(Sample sample) {
            byte[] labels = new byte[36];
            for (int i = 0; i < 36; i++) {
                labels[i] = (byte) (i % 6 >= 3 ? 1 : i / 6 % 3 == 0 ? 2 : 0);
            }
            return LabelMap.wrap(6, 6, labels);
        }
    }

    private static TrainingHistory train(
            Function<Layer, LossStep<Batch>> loss, UnaryOperator<Trainer.Builder<Batch>> more) {
        Torch.seed(3);
        try (Scope scope = Scope.open();
                Conv2d network = Conv2d.builder(3, C, 1).build();
                Sgd sgd = Sgd.builder()
                        .setGroups(ParameterGroups.all(network, 0))
                        .setLearningRate(0.3)
                        .build()) {
            Trainer.Builder<Batch> builder = Trainer.<Batch>builder()
                    .setNetwork(network)
                    .setData(ImageBatches.builder()
                            .setData(new Halves())
                            .setBatchSize(2)
                            .optChannel(Channel.LABELS, Halves::noisy)
                            .build())
                    .setLoss(loss.apply(network))
                    .setOptimizer(sgd)
                    .optSteps(60)
                    .optLogEvery(20);
            try (Trainer<Batch> trainer = more.apply(builder).build()) {
                return trainer.fit();
            }
        }
    }

    @Test
    void trainersUseThemAsTheyAre() {
        UnaryOperator<Trainer.Builder<Batch>> teacher = b -> b.optEma(0.9);
        TrainingHistory selected = train(n -> SmallLoss.coTeaching(n, 0.2, 20).withTeacher(), teacher);
        TrainingHistory own = train(n -> SmallLoss.coTeaching(n, 0.2, 20), b -> b);
        TrainingHistory smoothed = train(n -> TeacherSmoothing.of(n, 0.5, 20), teacher);
        TrainingHistory symmetric = train(n -> SymmetricCrossEntropy.of(n), b -> b);
        for (TrainingHistory history : List.of(selected, own, smoothed, symmetric)) {
            double first = history.points().get(0).loss();
            double last = history.points().get(history.points().size() - 1).loss();
            assertThat(last).isLessThan(first);
        }
        // a sixth of the labels is wrong, and a fifth is left out: what remains can be learnt whole
        assertThat(last(selected)).isLessThan(0.1);
        assertThat(last(own)).isLessThan(0.1);
        assertThat(last(smoothed)).as("a wrong label costs something").isGreaterThan(0.2);
        assertThatThrownBy(() -> train(n -> TeacherSmoothing.of(n, 0.5, 20), b -> b))
                .hasMessageContaining("there is no teacher");
    }

    private static double last(TrainingHistory history) {
        return history.points().get(history.points().size() - 1).loss();
    }

    @Test
    void descriptionsTellSettingsApart() {
        Layer network = Conv2d.builder(3, C, 1).build();
        assertThat(SmallLoss.coTeaching(network, 0.2, 20).description())
                .isNotEqualTo(
                        SmallLoss.coTeaching(network, 0.2, 20).withTeacher().description())
                .isNotEqualTo(SmallLoss.coTeaching(network, 0.3, 20).description());
        assertThat(SymmetricCrossEntropy.of(network).description())
                .isEqualTo(SymmetricCrossEntropy.of(Conv2d.builder(3, C, 1).build())
                        .description())
                .isNotEqualTo(new SymmetricCrossEntropy(network, 6, 0.1, -4, false).description());
        assertThat(TeacherSmoothing.of(network, 0.2, 20).description())
                .isNotEqualTo(TeacherSmoothing.of(network, 0.2, 30).description());
    }
}
