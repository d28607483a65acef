package dev.wsss.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.wsss.core.io.DType;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** State that is larger than the Java heap goes to a checkpoint and comes back, tensor by tensor. */
@NullUnmarked
class LargeCheckpointIT {
    /** With both moments of AdamW, a checkpoint has three times the weights. */
    private static final int TENSORS = 4;

    private static final long ELEMENTS = 25L << 20;
    private static final long CHECKPOINT = 3 * TENSORS * ELEMENTS * 4;

    @TempDir
    Path tmp;

    private static final class Big extends Network {
        Big() {
            try (Scope scope = Scope.open()) {
                for (int i = 0; i < TENSORS; i++) {
                    parameter("w" + i, Tensors.zeros(DType.F32, ComputeDevice.CPU, ELEMENTS));
                }
            }
        }

        /** Of gradients that differ from step to step, and little else that takes memory. */
        Tensor loss(Tensor towards) {
            Tensor sum = null;
            for (Tensor w : parameters().values()) {
                Tensor part = torch.matmul(w.view(-1, 1024), towards).sum();
                sum = sum == null ? part : sum.add(part);
            }
            return sum;
        }
    }

    private record Numbers(Tensor values) implements AutoCloseable {
        @Override
        public void close() {
            values.close();
        }
    }

    private static final class Source implements BatchSource<Numbers> {
        @Override
        public int batchesPerEpoch() {
            return 2;
        }

        @Override
        public Numbers load(long seed, int epoch, int index) {
            float[] values = new float[1024];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) Math.sin(i * (index + 1));
            }
            return new Numbers(Scope.own(Tensors.of(values, 1024)));
        }

        @Override
        public int images(Numbers batch) {
            return 1;
        }
    }

    /** What the child processes run: a folder or "none", and whether to die after the first checkpoint. */
    static final class Child {
        public static void main(String[] args) {
            try (Big net = new Big();
                    Adam adam = AdamW.builder()
                            .setGroups(ParameterGroups.all(net, 0.01))
                            .setLearningRate(0.01)
                            .build()) {
                Trainer.Builder<Numbers> builder = Trainer.<Numbers>builder()
                        .setNetwork(net)
                        .setData(new Source())
                        .setOptimizer(adam)
                        .setLoss(LossStep.named("towards", Map.of(), (batch, step) -> net.loss(batch.values())))
                        .optSteps(2);
                if (!args[0].equals("none")) {
                    builder.optCheckpoint(Path.of(args[0]), 1, 1);
                }
                if (args[1].equals("dies")) {
                    builder.optListeners(new TrainingListener() {
                        @Override
                        public void onCheckpoint(long step, Path file) {
                            Runtime.getRuntime().halt(9);
                        }
                    });
                }
                try (Trainer<Numbers> trainer = builder.build()) {
                    TrainingHistory history = trainer.fit();
                    System.out.println("went on from " + history.resumedFrom() + " to " + net.fingerprint());
                }
            }
        }
    }

    private int run(Path log, String folder, String end) throws IOException, InterruptedException {
        Process child = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx512m",
                        // JavaCPP refuses more than four times the heap in all; tensors are meant to be larger here
                        "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Child.class.getName(),
                        folder,
                        end))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            assertThat(child.waitFor(5, TimeUnit.MINUTES)).isTrue();
        } finally {
            child.destroyForcibly();
        }
        return child.exitValue();
    }

    private static String fingerprint(Path log, int from) throws IOException {
        List<String> lines = new ArrayList<>(Files.readAllLines(log));
        String start = "went on from " + from + " to ";
        lines.removeIf(line -> !line.startsWith(start));
        assertThat(lines).as(Files.readString(log)).hasSize(1);
        return lines.get(0).substring(start.length());
    }

    @Test
    void aCheckpointLargerThanTheHeapIsSavedAndResumed() throws Exception {
        assumeThat(Files.getFileStore(tmp).getUsableSpace())
                .as("space for two checkpoints")
                .isGreaterThan(3 * CHECKPOINT);
        Path folder = tmp.resolve("checkpoints");
        Path log = tmp.resolve("child.log");
        assertThat(run(log, folder.toString(), "dies"))
                .as(Files.readString(log))
                .isEqualTo(9);
        assertThat(Files.size(folder.resolve("step-000000001.safetensors"))).isGreaterThan(CHECKPOINT);

        assertThat(run(log, folder.toString(), "ends"))
                .as(Files.readString(log))
                .isZero();
        String resumed = fingerprint(log, 1);
        assertThat(folder.resolve("step-000000001.safetensors")).doesNotExist();
        assertThat(Files.size(folder.resolve("step-000000002.safetensors"))).isGreaterThan(CHECKPOINT);

        assertThat(run(log, "none", "ends")).as(Files.readString(log)).isZero();
        assertThat(fingerprint(log, 0)).isEqualTo(resumed);
    }
}
