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
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long do the class activation maps of an image take with a ResNet-50 on four scales and their mirror images? From
 * the image to maps on the host, by the host's clock; on a CUDA device also by its events. Peer, PyTorch: {@code cam} of
 * {@code peers/run.sh}.
 */
@Warmup(iterations = 1, time = 1)
@Measurement(iterations = 3, time = 1)
public class CamBenchmark extends DeviceBenchmark {
    @Param({"375x500"})
    public String size = "375x500";

    @Param({"false", "true"})
    public boolean bfloat16;

    @Param({"1"})
    public int threads;

    private ComputeDevice computeDevice = ComputeDevice.CPU;
    private @Nullable Network network;
    private @Nullable Sample sample;

    @Setup
    public void setUp() {
        computeDevice = computeDevice();
        ImageSize sides = ImageSize.parse(size);
        Torch.setThreads(threads);
        network = new Network(computeDevice);
        sample = new Sample(
                "photo", Inputs.image(1, sides.height(), sides.width()), ImageTags.of(SweepBenchmark.VOC, 3, 8, 15));
    }

    @TearDown
    public void tearDown() {
        if (network != null) {
            network.close();
        }
    }

    @Benchmark
    public float[] maps() {
        Network made = Objects.requireNonNull(network);
        Sample photo = Objects.requireNonNull(sample);
        return DeviceEvents.time(computeDevice, () -> made.maps(photo, bfloat16));
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

        float[] maps(Sample sample, boolean bfloat16) {
            Cam cam = Cam.builder()
                    .setNetwork(classifier)
                    .optDevice(device)
                    .optAutocastBf16(bfloat16)
                    .build();
            try (ScoreMaps maps = cam.generate(sample)) {
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
