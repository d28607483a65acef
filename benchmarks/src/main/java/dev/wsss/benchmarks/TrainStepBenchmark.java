package dev.wsss.benchmarks;

import dev.wsss.core.io.DType;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.resnet.ResNet38;
import dev.wsss.systems.ppc.PixelSampler;
import dev.wsss.systems.ppc.PrototypeContrastLoss;
import dev.wsss.systems.ppc.SeamLoss;
import dev.wsss.systems.ppc.SeamMaps;
import dev.wsss.systems.ppc.SeamNetwork;
import java.util.Objects;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long does PPC's training step take with one image, views of {@link #size} and 128 pixels and a ResNet-38, and what
 * part of it are the losses? The contrast is the published code's, which the peer computes too. From images on the device
 * to the loss on the host and gradients on the device, by the host's clock; on a CUDA device also by its events. Peer of
 * {@link #step}, PyTorch: {@code train} of {@code peers/run.sh}.
 */
@Warmup(iterations = 1, time = 1)
@Measurement(iterations = 2, time = 1)
public class TrainStepBenchmark extends DeviceBenchmark {
    /** The larger view's side as published. */
    static final int SIDE = 448;

    private static final int SMALL_SIDE = 128;

    @Param({"" + SIDE})
    public String size = "" + SIDE;

    @Param({"1"})
    public int threads;

    private ComputeDevice computeDevice = ComputeDevice.CPU;
    private @Nullable Step step;

    @Setup
    public void setUp() {
        computeDevice = computeDevice();
        int side = ImageSize.parseSide(size);
        Torch.setThreads(threads);
        step = new Step(computeDevice, side);
    }

    @TearDown
    public void tearDown() {
        if (step != null) {
            step.close();
        }
    }

    /** Forward, losses and backward. */
    @Benchmark
    public double step() {
        return DeviceEvents.time(computeDevice, Objects.requireNonNull(step)::step);
    }

    /** The backbone's part of it. */
    @Benchmark
    public double backbone() {
        return DeviceEvents.time(computeDevice, Objects.requireNonNull(step)::backbone);
    }

    /** The losses' part of it, with their gradients by the maps. */
    @Benchmark
    public double losses() {
        return DeviceEvents.time(computeDevice, Objects.requireNonNull(step)::losses);
    }

    /** A network, an image and the maps of a forward pass. */
    static final class Step implements AutoCloseable {
        private final SeamNetwork network;
        private final Tensor first;
        private final Tensor second;
        private final Tensor tags;
        private final Maps one;
        private final Maps two;

        /** Leaves with gradient in place of a network's output. */
        private record Maps(Tensor cam, Tensor refined, Tensor refinedOnGrid, Tensor projection) {
            static Maps of(SeamMaps maps) {
                return new Maps(
                        leaf(maps.cam()),
                        leaf(maps.refined()),
                        leaf(maps.refinedOnGrid()),
                        leaf(Objects.requireNonNull(maps.projection())));
            }

            private static Tensor leaf(Tensor t) {
                return Scope.own(t.detach().clone().requires_grad_(true));
            }

            void close() {
                cam.close();
                refined.close();
                refinedOnGrid.close();
                projection.close();
            }
        }

        Step(ComputeDevice device, int side) {
            Torch.seed(1);
            network = SeamNetwork.ppc(ResNet38.fineTuning().build(), 20);
            network.train(true);
            network.to(device, DType.F32);
            try (Scope scope = Scope.open()) {
                first = Scope.own(image(1, side, device));
                second = Scope.own(image(2, SMALL_SIDE, device));
                Tensor none = Tensors.zeros(DType.F32, device, 1, 20);
                none.narrow(1, 3, 2).fill_(new org.bytedeco.pytorch.Scalar(1));
                tags = Scope.own(none);
                one = Maps.of(network.forward(first));
                two = Maps.of(network.forward(second));
            }
        }

        private static Tensor image(long seed, int side, ComputeDevice device) {
            return Tensors.to(Tensors.of(Inputs.scores(seed, 3 * side * side), 1, 3, side, side), device);
        }

        private Tensor loss(
                Tensor cam1,
                Tensor refined1,
                Tensor grid1,
                Tensor projection1,
                Tensor cam2,
                Tensor refined2,
                Tensor grid2,
                Tensor projection2) {
            Tensor seam =
                    SeamLoss.DEFAULT.apply(cam1, refined1, cam2, refined2, tags).total();
            Tensor contrast = PrototypeContrastLoss.original()
                    .build()
                    .apply(
                            new PrototypeContrastLoss.View(projection1, grid1.detach()),
                            new PrototypeContrastLoss.View(projection2, grid2.detach()),
                            tags,
                            PixelSampler.uniform(new SplittableRandom(1)))
                    .total();
            return seam.add(contrast);
        }

        double step() {
            try (Scope scope = Scope.open()) {
                SeamMaps a = network.forward(first);
                SeamMaps b = network.forward(second);
                Tensor loss = loss(
                        a.cam(),
                        a.refined(),
                        a.refinedOnGrid(),
                        Objects.requireNonNull(a.projection()),
                        b.cam(),
                        b.refined(),
                        b.refinedOnGrid(),
                        Objects.requireNonNull(b.projection()));
                loss.backward();
                return Tensors.item(loss);
            } finally {
                forget(network);
            }
        }

        double backbone() {
            try (Scope scope = Scope.open()) {
                Tensor a = network.backbone().features(first).last().relu().mean();
                Tensor b = network.backbone().features(second).last().relu().mean();
                Tensor sum = a.add(b);
                sum.backward();
                return Tensors.item(sum);
            } finally {
                forget(network);
            }
        }

        double losses() {
            try (Scope scope = Scope.open()) {
                Tensor loss = loss(
                        one.cam,
                        one.refined,
                        one.refinedOnGrid,
                        one.projection,
                        two.cam,
                        two.refined,
                        two.refinedOnGrid,
                        two.projection);
                loss.backward();
                return Tensors.item(loss);
            }
        }

        private static void forget(Network network) {
            try (Scope scope = Scope.open()) {
                network.parameters().values().forEach(p -> p.mutable_grad().reset());
            }
        }

        @Override
        public void close() {
            one.close();
            two.close();
            first.close();
            second.close();
            tags.close();
            network.close();
        }
    }
}
