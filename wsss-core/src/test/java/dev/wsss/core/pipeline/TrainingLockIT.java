package dev.wsss.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.WsssException;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.ImageBatches;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.ParameterGroups;
import dev.wsss.core.train.Sgd;
import dev.wsss.core.train.Trainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** While one process trains, no other does under the same name, whatever the first one's other runs try meanwhile. */
@NullUnmarked
class TrainingLockIT {
    @TempDir
    Path tmp;

    private static long train(Path out, Runnable inEachStep) {
        SyntheticData data = SyntheticData.of(8);
        try (Conv2d net = Conv2d.builder(3, 3, 1).build();
                Sgd sgd = Sgd.builder()
                        .setGroups(ParameterGroups.all(net, 0))
                        .setLearningRate(0.1)
                        .build()) {
            Trainer.Builder<Batch> trainer = Trainer.<Batch>builder()
                    .setNetwork(net)
                    .setData(
                            ImageBatches.builder().setData(data).setBatchSize(4).build())
                    .setOptimizer(sgd)
                    .setLoss(LossStep.named("mean", Map.of(), (batch, step) -> {
                        inEachStep.run();
                        return net.forward(batch.images()).square().mean();
                    }))
                    .optSteps(2);
            return SyntheticData.folder(data, out).build().train("cls", trainer).resumedFrom();
        }
    }

    /** What the child process runs. */
    static final class Child {
        public static void main(String[] args) {
            try {
                System.out.println("went on from " + train(Path.of(args[0]), () -> {}));
            } catch (WsssException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    private String child() throws Exception {
        Path log = tmp.resolve("child.log");
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Child.class.getName(),
                        tmp.resolve("out").toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertThat(child.waitFor(2, TimeUnit.MINUTES)).isTrue();
        return Files.readString(log);
    }

    @Test
    void anotherProcessIsRefusedUntilTheTrainingHasEnded() throws Exception {
        Path out = tmp.resolve("out");
        String refusal = "another run is training 'cls' in " + out + "; wait until it has ended";
        CountDownLatch training = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Thread first = new Thread(() -> train(out, () -> {
            training.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }));
        first.start();
        training.await();
        assertThat(child()).contains(refusal);
        // a second run of this process must not give its lock away
        assertThatThrownBy(() -> train(out, () -> {})).hasMessage(refusal);
        assertThat(child()).contains(refusal);
        go.countDown();
        first.join();
        assertThat(child()).contains("went on from 2");
    }
}
