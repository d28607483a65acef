package dev.wsss.benchmarks;

import dev.wsss.api.ImageTags;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.cam.Cam;
import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.resnet.ResNet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * How long do the class activation maps of an image take with a ResNet-50 on four scales and their mirror images? The
 * maps are copied to the host, which waits for the device. A device that is not there is an error. Peer: {@code cam} of
 * {@code peers/run.sh}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class CamBenchmark {
    @Param({"cpu", "cuda"})
    public String device = "cpu";

    @Param({"375x500"})
    public String size = "375x500";

    @Param({"false", "true"})
    public boolean bfloat16;

    private ComputeDevice computeDevice = ComputeDevice.CPU;
    private @Nullable Network network;
    private @Nullable Sample sample;

    @Setup
    public void setUp() {
        computeDevice = ComputeDevice.parse(device);
        network = new Network(computeDevice);
        String[] sides = size.split("x");
        sample = new Sample(
                "photo",
                Inputs.image(1, Integer.parseInt(sides[0]), Integer.parseInt(sides[1]))
                        .toImage(),
                ImageTags.of(SweepBenchmark.VOC, 3, 8, 15));
    }

    @TearDown
    public void tearDown() {
        if (network != null) {
            network.close();
        }
    }

    @Benchmark
    public float[] maps() {
        if (network == null || sample == null) {
            throw new IllegalStateException("setUp has not run");
        }
        return network.maps(sample, bfloat16);
    }

    /** Absolute differences of scores. */
    record Difference(double most, double mean) {}

    /** A classifier with weights drawn from a seed. */
    static final class Network implements AutoCloseable {
        private final ComputeDevice device;
        private final Classifier classifier;

        Network(ComputeDevice device) {
            this.device = device;
            Torch.seed(1);
            classifier = new Classifier(
                    ResNet.builder().setDepth(50).optOutputStride(16).build(), 20);
            classifier.train(false);
            classifier.to(device, DType.F32);
        }

        Cam cam() {
            return Cam.builder().setNetwork(classifier).optDevice(device).build();
        }

        float[] maps(Sample sample, boolean bfloat16) {
            try (Torch.Mode precision = bfloat16 ? Torch.autocastBf16(device) : () -> {};
                    ScoreMaps maps = cam().generate(sample)) {
                return maps.toArray().clone();
            }
        }

        /** How far scores in bfloat16 are from those in float32; scores are of [0, 1]. */
        Difference bfloat16Difference(Sample sample) {
            float[] exact = maps(sample, false);
            float[] rounded = maps(sample, true);
            double most = 0;
            double sum = 0;
            for (int i = 0; i < exact.length; i++) {
                double difference = Math.abs(exact[i] - rounded[i]);
                most = Math.max(most, difference);
                sum += difference;
            }
            return new Difference(most, sum / exact.length);
        }

        @Override
        public void close() {
            classifier.close();
        }
    }
}
