package dev.wsss.models.irn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.affinity.GridAffinity;
import dev.wsss.core.affinity.RandomWalk;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.Channel;
import dev.wsss.core.batch.ImageBatches;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.core.runtime.LeakCheck;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.OneThread;
import dev.wsss.core.train.Schedule;
import dev.wsss.core.train.Sgd;
import dev.wsss.core.train.Trainer;
import dev.wsss.core.train.TrainingHistory;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.resnet.ResNet;
import dev.wsss.models.resnet.ResNet38;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(OneThread.class)
class IrnNetTest {
    private static ResNet backbone(int width) {
        return ResNet.builder()
                .setDepth(18)
                .optWidth(width)
                .optLayerStrides(1, 2, 2, 1)
                .build();
    }

    private static IrnNet small() {
        Torch.seed(3);
        return IrnNet.builder().setBackbone(backbone(4)).optPaddedSize(64).build();
    }

    private static Tensor images(int n, int height, int width) {
        float[] values = new float[n * 3 * height * width];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(0.37 * i);
        }
        return Tensors.of(values, n, 3, height, width);
    }

    @ParameterizedTest
    @CsvSource({"64, 48, 16, 12", "65, 50, 17, 13", "32, 37, 8, 10"})
    void mapsAreAtStrideFour(int height, int width, int rows, int columns) {
        try (IrnNet net = small();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            IrnMaps maps = net.forward(images(2, height, width));
            assertThat(Tensors.shape(maps.boundary())).containsExactly(2, 1, rows, columns);
            assertThat(Tensors.shape(maps.displacement())).containsExactly(2, 2, rows, columns);
        }
    }

    @Test
    void anyBackboneWillDoWhoseSecondMapHasStrideFour() {
        Torch.seed(3);
        try (IrnNet net = IrnNet.builder()
                        .setBackbone(ResNet38.builder().optWidth(1).build())
                        .build();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            assertThat(Tensors.shape(net.forward(images(1, 64, 48)).boundary())).containsExactly(1, 1, 16, 12);
        }
        ResNet coarse = ResNet.builder()
                .setDepth(18)
                .optWidth(4)
                .optLayerStrides(2, 2, 1, 1)
                .build();
        try (IrnNet net = IrnNet.builder().setBackbone(coarse).build();
                Scope scope = Scope.open()) {
            Tensor images = images(1, 64, 48);
            assertThatThrownBy(() -> net.forward(images))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the backbone's second map is 8x6 for images of 64x48; expected 16x12, stride 4");
        }
    }

    @Test
    void gradientsReachTheBranchesOnlyAndEachItsOwn() {
        try (IrnNet net = small()) {
            for (boolean boundary : new boolean[] {true, false}) {
                try (Scope scope = Scope.open()) {
                    IrnMaps maps = net.forward(images(2, 64, 64));
                    (boundary ? maps.boundary() : maps.displacement())
                            .square()
                            .sum()
                            .backward();
                    net.parameters().forEach((name, p) -> assertThat(
                                    p.grad().defined() && p.grad().abs().sum().item_double() > 0)
                            .as(name)
                            .isEqualTo(name.startsWith(boundary ? "fc_edge" : "fc_dp")));
                    net.parameters().values().forEach(p -> p.mutable_grad().reset());
                }
            }
            assertThat(net.parameterGroups(1e-4))
                    .satisfiesExactly(
                            g -> {
                                assertThat(g.parameters()).hasSize(5 * 3 + 2).allSatisfy((name, p) -> assertThat(name)
                                        .startsWith("fc_edge"));
                                assertThat(g.rateMultiplier()).isEqualTo(1);
                            },
                            g -> {
                                assertThat(g.parameters()).hasSize(7 * 3 + 1).allSatisfy((name, p) -> assertThat(name)
                                        .startsWith("fc_dp"));
                                assertThat(g.rateMultiplier()).isEqualTo(10);
                            });
        }
    }

    @Test
    void theBackboneStaysInEvaluation() {
        try (IrnNet net = small();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            String before = net.backbone().fingerprint();
            net.train(true);
            float[] training = Tensors.toFloats(net.forward(images(2, 64, 64)).boundary());
            assertThat(net.backbone().fingerprint()).isEqualTo(before);
            net.train(false);
            assertThat(Tensors.toFloats(net.forward(images(2, 64, 64)).boundary()))
                    .containsExactly(training);
        }
    }

    @Test
    void theMeanDisplacementIsSubtractedInEvaluationOnly() {
        try (IrnNet net = small();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Tensor training = net.forward(images(1, 64, 64)).displacement();
            net.setDisplacementMean(2, -3);
            assertThat(Tensors.toFloats(net.forward(images(1, 64, 64)).displacement()))
                    .containsExactly(Tensors.toFloats(training));
            net.train(false);
            Tensor mean = Tensors.of(new float[] {2, -3}, 1, 2, 1, 1);
            assertThat(Tensors.toFloats(net.forward(images(1, 64, 64)).displacement()))
                    .containsExactly(Tensors.toFloats(training.sub(mean)));
        }
    }

    @Test
    void theMeanDisplacementIsFittedToTheData() {
        ImageBatches batches = ImageBatches.builder()
                .setData(new TextureData(6, 32))
                .setBatchSize(2)
                .build();
        try (IrnNet net = small();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            net.train(false);
            net.setDisplacementMean(100, 100); // plays no part
            net.fitDisplacementMean(batches);
            assertThat(net.isTraining()).isFalse();
            double[] sum = new double[2];
            for (int i = 0; i < 3; i++) {
                try (Batch batch = batches.load(5, 1, i)) { // another order of the same images
                    float[] mean = Tensors.toFloats(
                            net.forward(batch.images()).displacement().mean(0, 2, 3));
                    sum[0] += mean[0];
                    sum[1] += mean[1];
                }
            }
            assertThat(sum[0]).isCloseTo(0, within(1e-4));
            assertThat(sum[1]).isCloseTo(0, within(1e-4));
            assertThat(Tensors.toFloats(net.tensor("mean_shift.running_mean"))).doesNotContain(0, 100);
            net.tensor("fc_dp7.1.bias").fill_(new Scalar(Float.NaN));
            assertThatThrownBy(() -> net.fitDisplacementMean(batches))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("mean displacement of batch 0 is NaN");
        }
    }

    @Test
    void anExportWithoutTheMeanDisplacementIsRefused(@TempDir Path folder) {
        ImageBatches batches = ImageBatches.builder()
                .setData(new TextureData(2, 32))
                .setBatchSize(2)
                .build();
        Path file = folder.resolve("irn.pth");
        try (IrnNet net = small();
                IrnNet again = small()) {
            for (CheckpointFamily family : List.of(IrnCheckpoints.IRN, CheckpointFamily.WSSS)) {
                assertThatThrownBy(() -> Weights.export(net, file, family))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContainingAll("IrnNet", "mean_shift.running_mean", "fitDisplacementMean");
                assertThat(file).doesNotExist();
            }
            net.fitDisplacementMean(batches);
            assertThat(net.hasDisplacementMean()).isTrue();
            Weights.export(net, file, IrnCheckpoints.IRN);
            assertThat(again.hasDisplacementMean()).isFalse();
            Weights.load(again, file, IrnCheckpoints.IRN);
            assertThat(again.hasDisplacementMean()).isTrue();
            assertThat(again.stateDict().get("mean_shift.running_mean"))
                    .isEqualTo(net.stateDict().get("mean_shift.running_mean"));
        }
    }

    @Test
    void publishedFilesLoadStrictly() {
        try (IrnNet net = small();
                IrnNet other = IrnNet.builder().setBackbone(backbone(4)).build()) {
            net.setDisplacementMean(1, 2);
            Map<String, HostArray> theirs =
                    new LinkedHashMap<>(IrnCheckpoints.IRN.keyMap().toTheirs(net.stateDict()));
            assertThat(theirs)
                    .containsKeys(
                            "resnet50.conv1.weight",
                            "resnet50.bn1.running_var",
                            "resnet50.layer4.1.conv2.weight",
                            "fc_edge1.0.weight",
                            "fc_edge5.1.bias",
                            "fc_edge6.weight",
                            "fc_edge6.bias",
                            "fc_dp1.0.weight",
                            "fc_dp6.1.weight",
                            "fc_dp7.0.weight",
                            "fc_dp7.1.bias",
                            "fc_dp7.3.weight",
                            "mean_shift.running_mean");
            // the second names that PyTorch writes of shared parts, and the tables of the training network
            Map.of(
                            "stage1.0.weight", "resnet50.conv1.weight",
                            "stage2.0.0.conv1.weight", "resnet50.layer1.0.conv1.weight",
                            "backbone.0.0.weight", "resnet50.conv1.weight",
                            "edge_layers.0.0.weight", "fc_edge1.0.weight",
                            "dp_layers.6.3.weight", "fc_dp7.3.weight",
                            "fc_dp7.4.running_mean", "mean_shift.running_mean",
                            "path_indices0", "fc_edge6.bias",
                            "disp_target", "fc_edge6.bias")
                    .forEach((alias, key) -> theirs.put(alias, theirs.get(key)));
            Weights.load(other, theirs, IrnCheckpoints.IRN.keyMap(), LoadPolicy.STRICT);
            assertThat(other.fingerprint()).isEqualTo(net.fingerprint());
            assertThat(CheckpointFamily.guess(theirs.keySet()))
                    .hasValueSatisfying(g -> assertThat(g.family()).isEqualTo(IrnCheckpoints.IRN));
            theirs.remove("fc_dp3.0.weight");
            assertThatThrownBy(() -> Weights.load(other, theirs, IrnCheckpoints.IRN.keyMap(), LoadPolicy.STRICT))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("fc_dp3.0.weight");
        }
    }

    private static TrainingHistory fit(IrnNet net, TextureData data, int steps) {
        ImageBatches batches = ImageBatches.builder()
                .setData(data)
                .setBatchSize(4)
                .optChannel(Channel.LABELS, data::labels)
                .build();
        try (Sgd sgd = Sgd.builder()
                        .setGroups(net.parameterGroups(1e-4))
                        .setLearningRate(0.1)
                        .build();
                Trainer<Batch> trainer = Trainer.<Batch>builder()
                        .setNetwork(net)
                        .setData(batches)
                        .setLoss(net.loss())
                        .setOptimizer(sgd)
                        .optSchedule(Schedule.polyHoldingLast(0.9, steps))
                        .optSteps(steps)
                        .optLogEvery(1)
                        .optSeed(4)
                        .build()) {
            return trainer.fit();
        }
    }

    private static float[] boundary(IrnNet net, Sample sample) {
        return Objects.requireNonNull(net.affinities(sample).boundary());
    }

    @Test
    void learnsTheBoundaryOfTwoTexturesAndTheWalkStopsThere() {
        TextureData data = new TextureData(40, 64);
        Torch.seed(3);
        try (IrnNet net =
                IrnNet.builder().setBackbone(backbone(8)).optPaddedSize(64).build()) {
            TrainingHistory history = fit(net, data, 60);
            assertThat(history.points().get(0).scalars())
                    .containsOnlyKeys("alike", "different", "displacement", "displacement_background");
            assertThat(history.finalLoss()).isLessThan(history.losses()[0]);
            net.train(false);
            TextureData unseen = new TextureData(1000, 64);
            double at = 0;
            double away = 0;
            int atCount = 0;
            int awayCount = 0;
            for (int i = 500; i < 510; i++) {
                float[] boundary = boundary(net, unseen.get(i));
                for (int y = 0; y < 16; y++) {
                    for (int x = 2; x < 14; x++) {
                        int distance = Math.abs(4 * x + 2 - unseen.edge(i));
                        if (distance <= 3) {
                            at += boundary[y * 16 + x];
                            atCount++;
                        } else if (distance > 10) {
                            away += boundary[y * 16 + x];
                            awayCount++;
                        }
                    }
                }
            }
            assertThat(at / atCount).isGreaterThan(4 * (away / awayCount));
            requireWalkToStop(net, unseen, 500);
        }
    }

    /** A seed of 8x8 pixels in the right half spreads over it, and not over the edge. */
    private static void requireWalkToStop(IrnNet net, TextureData data, int index) {
        int side = data.side();
        int edge = data.edge(index);
        float[] seed = new float[side * side];
        for (int y = 28; y < 36; y++) {
            Arrays.fill(seed, y * side + edge + 4, y * side + edge + 12, 1);
        }
        RandomWalk walk = RandomWalk.irn().setAffinity(net).optSteps(16).build();
        try (ScoreMaps scores = ScoreMaps.of(new int[] {1}, side, side, seed);
                ScoreMaps walked = walk.refine(data.get(index), scores)) {
            assertThat(walked.labels()).containsExactly(0, 1);
            float[] values = walked.toArray();
            double left = 0;
            double right = 0;
            for (int i = 0; i < side * side; i++) {
                float v = values[side * side + i];
                left += i % side < edge ? v / (edge * side) : 0;
                right += i % side < edge ? 0 : v / ((side - edge) * side);
            }
            assertThat(right).isGreaterThan(3 * left);
        }
    }

    @Test
    void theBoundaryIsThatOfTheImageAndItsFlippedCopy() {
        Sample sample = new TextureData(1, 60).get(0);
        Sample flipped = new Sample("m", sample.image().flipped(), sample.tags());
        try (IrnNet net = small()) {
            GridAffinity grid = net.affinities(sample);
            assertThat(grid.height()).isEqualTo(15);
            assertThat(grid.width()).isEqualTo(15);
            float[] plain = boundary(net, sample);
            float[] other = boundary(net, flipped);
            for (int i = 0; i < plain.length; i++) {
                assertThat(plain[i]).isBetween(0f, 1f);
                assertThat(plain[i]).isCloseTo(other[i / 15 * 15 + 14 - i % 15], within(1e-6f));
            }
        }
    }

    @Test
    void imagesOfAnySizeHaveAffinities() {
        try (IrnNet net = small()) {
            for (int side : new int[] {1, 5, 70}) {
                GridAffinity grid = net.affinities(new TextureData(1, side).get(0));
                assertThat(grid.height()).isEqualTo((side + 3) / 4);
            }
        }
    }

    @Test
    void notANumberIsNamed() {
        try (IrnNet net = small();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            net.tensor("fc_edge6.bias").fill_(new Scalar(Float.NaN));
            Sample sample = new TextureData(1, 32).get(0);
            assertThatThrownBy(() -> net.affinities(sample))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessage("the boundary network gives NaN for sample texture-0");
        }
    }

    @Test
    void memoryStaysFlat() {
        Sample sample = new TextureData(1, 32).get(0);
        try (IrnNet net =
                IrnNet.builder().setBackbone(backbone(4)).optPaddedSize(32).build()) {
            LeakCheck.assertFlat(100, () -> {
                try (Scope scope = Scope.open()) {
                    IrnMaps maps = net.forward(images(1, 32, 32));
                    maps.boundary().sum().add(maps.displacement().sum()).backward();
                }
                net.affinities(sample);
                net.setDisplacementMean(1, 2);
            });
        }
    }

    @Test
    void badSettingsAreRefused() {
        IrnNet.Builder b = IrnNet.builder();
        assertThatThrownBy(b::build).isInstanceOf(IllegalStateException.class).hasMessageContaining("setBackbone");
        assertThatThrownBy(() -> b.optRadius(1)).hasMessage("radius must be at least 2, got 1");
        assertThatThrownBy(() -> b.optTrainingRadius(0)).hasMessageContaining("got 0");
        assertThatThrownBy(() -> b.optPaddedSize(-1)).hasMessageContaining("got -1");
    }
}
