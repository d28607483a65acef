package dev.wsss.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.io.SafetensorsFile;
import dev.wsss.core.loss.Losses;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.TinyTask.Batch;
import dev.wsss.core.train.TinyTask.Batches;
import dev.wsss.core.train.TinyTask.Net;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(OneThread.class)
class ResumeTest {
    private record Result(
            Map<String, HostArray> network,
            Map<String, HostArray> optimizer,
            Map<String, HostArray> average,
            List<double[]> losses,
            TrainingHistory history) {}

    /** A loss that remembers its last value, as CARB's queues do. */
    private static final class Remembering implements LossStep<Batch> {
        private final Net net;
        private double last = 1;

        Remembering(Net net) {
            this.net = net;
        }

        @Override
        public Tensor loss(Batch batch, TrainingStep step) {
            Tensor ce = Losses.crossEntropy(net.forward(batch.images()), batch.labels());
            Tensor weighted = ce.mul(new Scalar(1 / (1 + last)));
            last = Tensors.item(ce);
            step.report("cross_entropy", ce);
            return weighted;
        }

        @Override
        public Map<String, HostArray> stateDict() {
            return Map.of("last", HostArray.ofDoubles(new double[] {last}));
        }

        @Override
        public void load(Map<String, HostArray> state) {
            last = Objects.requireNonNull(state.get("last")).getDouble(0);
        }
    }

    private static Result train(Path folder, boolean adam, int width, UnaryOperator<Trainer.Builder<Batch>> more) {
        Torch.seed(99); // whatever a process did before
        try (Net net = new Net(width, 0.3)) {
            net.load(initial(width));
            Optimizer optimizer = adam
                    ? AdamW.builder()
                            .setGroups(ParameterGroups.all(net, 0.01))
                            .setLearningRate(0.01)
                            .build()
                    : TinyTask.sgd(net);
            Trainer.Builder<Batch> builder = TinyTask.trainer(net, new Batches(2, 8), optimizer)
                    .setLoss(new Remembering(net))
                    .optSchedule(Schedule.polyHoldingLast(0.9, 20).withLinearWarmup(5, 0.1))
                    .optSteps(20)
                    .optAccumulate(2)
                    .optEma(0.9)
                    .optSeed(3)
                    .optLogEvery(4)
                    .optCheckpoint(folder, 5, 3);
            try (optimizer;
                    Trainer<Batch> trainer = more.apply(builder).build()) {
                TrainingHistory history = trainer.fit();
                Map<String, HostArray> average;
                try (Torch.Mode swap = trainer.withEma()) {
                    average = net.stateDict();
                }
                return new Result(
                        net.stateDict(),
                        optimizer.stateDict(),
                        average,
                        history.points().stream()
                                .map(p -> new double[] {
                                    p.step(), p.loss(), p.scalars().getOrDefault("cross_entropy", -1.0)
                                })
                                .toList(),
                        history);
            }
        }
    }

    private static Map<String, HostArray> initial(int width) {
        try (Net net = Net.seeded(width, 0)) {
            return net.stateDict();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void resumedRunEndsBitForBitAsTheStraightOne(boolean adam, @TempDir Path folder) {
        Result straight = train(folder.resolve("straight"), adam, 4, b -> b.optThreads(1));

        Path stopped = folder.resolve("stopped");
        TrainingListener stop = new TrainingListener() {
            @Override
            public void onStep(long step) {
                if (step == 13) {
                    throw new IllegalStateException("power cut");
                }
            }
        };
        assertThatThrownBy(() -> train(stopped, adam, 4, b -> b.optListeners(stop)))
                .hasMessage("power cut");
        Result resumed = train(stopped, adam, 4, b -> b.optThreads(3));

        assertThat(resumed.history.resumedFrom()).isEqualTo(10);
        assertThat(resumed.network).isEqualTo(straight.network);
        assertThat(resumed.optimizer).isEqualTo(straight.optimizer);
        assertThat(resumed.average).isEqualTo(straight.average).isNotEqualTo(straight.network);
        assertThat(resumed.losses).usingRecursiveComparison().isEqualTo(straight.losses);
        assertThat(resumed.losses).hasSize(5);
        assertThat(resumed.history.images()).isEqualTo(40);

        Result again = train(stopped, adam, 4, b -> b);
        assertThat(again.history.resumedFrom()).isEqualTo(20);
        assertThat(again.network).isEqualTo(straight.network);
    }

    @Test
    void checkpointsOfOtherRunsAreRefusedByName(@TempDir Path parent) {
        Path folder = parent.resolve("run");
        train(folder, false, 4, b -> b);
        Map<String, UnaryOperator<Trainer.Builder<Batch>>> changes = new LinkedHashMap<>();
        changes.put("seed is '3' there and '4' here", b -> b.optSeed(4));
        changes.put("accumulate is '2' there and '1' here", b -> b.optAccumulate(1));
        changes.put("ema is '0.9' there and '0.5' here", b -> b.optEma(0.5));
        changes.put("gradientClip is '0.0' there and '1.0' here", b -> b.optGradientClip(1));
        changes.put("autocastBf16 is 'false' there and 'true' here", b -> b.optAutocastBf16(true));
        changes.put("schedule.15 is '{body=", b -> b.optSchedule(Schedule.polyHoldingLast(0.9, 21)));
        changes.put("beyond the 10 steps", b -> b.optSteps(10));
        changes.forEach((message, change) -> assertThatThrownBy(() -> train(folder, false, 4, change))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("step-000000020.safetensors")
                .hasMessageContaining(message));
        assertThatThrownBy(() -> train(folder, true, 4, b -> b))
                .hasMessageContaining("optimizer is 'Sgd' there and 'AdamW' here");
        assertThatThrownBy(() -> train(folder, false, 5, b -> b))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("step-000000020.safetensors")
                .hasMessageContaining("network.architecture is '");
    }

    @Test
    void damagedCheckpointGivesWayToTheOneBefore(@TempDir Path parent) throws IOException {
        Path folder = parent.resolve("run");
        Result straight = train(folder, false, 4, b -> b);
        assertThat(names(folder))
                .containsExactly(
                        "step-000000010.safetensors", "step-000000015.safetensors", "step-000000020.safetensors");

        byte[] whole = Files.readAllBytes(folder.resolve("step-000000020.safetensors"));
        Files.write(folder.resolve("step-000000020.safetensors"), Arrays.copyOf(whole, whole.length - 100));
        byte[] flipped = Files.readAllBytes(folder.resolve("step-000000015.safetensors"));
        flipped[flipped.length - 40] ^= 4;
        Files.write(folder.resolve("step-000000015.safetensors"), flipped);

        Result resumed = train(folder, false, 4, b -> b);
        assertThat(resumed.history.resumedFrom()).isEqualTo(10);
        assertThat(resumed.network).isEqualTo(straight.network);

        for (String name : names(folder)) {
            byte[] bytes = Files.readAllBytes(folder.resolve(name));
            bytes[bytes.length / 2] ^= 64;
            Files.write(folder.resolve(name), bytes);
        }
        assertThatThrownBy(() -> train(folder, false, 4, b -> b))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("step-000000020.safetensors")
                .hasMessageContaining("damaged");
    }

    @Test
    void checkpointsOfAnotherFormatAreRefusedByName(@TempDir Path parent) {
        Path folder = parent.resolve("run");
        train(folder, false, 4, b -> b.optCheckpoint(folder, 5, 1));
        Path file = folder.resolve("step-000000020.safetensors");
        Map<String, HostArray> tensors = Safetensors.read(file);
        Map<String, String> metadata;
        try (SafetensorsFile in = Safetensors.open(file)) {
            metadata = new LinkedHashMap<>(in.metadata());
        }
        metadata.put("wsss.checkpoint", "1");
        Safetensors.write(file, tensors, metadata);
        assertThatThrownBy(() -> train(folder, false, 4, b -> b))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(file + ": a training checkpoint of format 1, expected 2")
                .hasMessageContaining("under the prefix 'network.'");
        metadata.remove("wsss.checkpoint");
        Safetensors.write(file, tensors, metadata);
        assertThatThrownBy(() -> train(folder, false, 4, b -> b))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(file + ": not a training checkpoint of format 2");
    }

    @Test
    void optimizerStateOfOtherParametersIsRefused() {
        try (Net net = Net.seeded(4, 0);
                Sgd sgd = TinyTask.sgd(net);
                Adam adam = Adam.builder()
                        .setGroups(ParameterGroups.all(net, 0))
                        .setLearningRate(0.1)
                        .build();
                Scope scope = Scope.open()) {
            net.tensor("head.bias").sum().backward();
            adam.step();
            Map<String, HostArray> state = adam.stateDict();
            assertThat(state).containsOnlyKeys("head.bias.exp_avg", "head.bias.exp_avg_sq", "head.bias.step");
            adam.load(state);
            assertThat(adam.stateDict()).isEqualTo(state);
            assertThatThrownBy(() -> sgd.load(state))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("head.bias.exp_avg");
            Map<String, HostArray> partial = new LinkedHashMap<>(state);
            partial.remove("head.bias.step");
            assertThatThrownBy(() -> adam.load(partial)).hasMessageContaining("head.bias");
            assertThatThrownBy(() -> sgd.load(Map.of("head.bias.momentum_buffer", HostArray.ofFloats(new float[2], 2))))
                    .hasMessageContaining("head.bias.momentum_buffer")
                    .hasMessageContaining("[3]");
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }
}
