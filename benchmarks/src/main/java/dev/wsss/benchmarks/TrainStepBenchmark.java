package dev.wsss.benchmarks;

import dev.wsss.core.io.DType;
import dev.wsss.core.loss.PixelSampler;
import dev.wsss.core.loss.PrototypeContrastLoss;
import dev.wsss.core.loss.SeamLoss;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.ppc.SeamMaps;
import dev.wsss.models.ppc.SeamNetwork;
import dev.wsss.models.resnet.ResNet38;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * How long does PPC's training step take with one image, views of 448 and 128 pixels and a ResNet-38, and what part of it
 * are the losses? The contrast is the published code's, which the peer computes too. A device that is not there is an
 * error; each benchmark ends by reading a number, which waits for it. Peer of {@link #step}: {@code train} of {@code
 * peers/run.sh}.
 */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class TrainStepBenchmark {
    @Param({"cpu", "cuda"})
    public String device = "cpu";

    private @Nullable Step step;

    @Setup
    public void setUp() {
        step = new Step(ComputeDevice.parse(device));
    }

    @TearDown
    public void tearDown() {
        if (step != null) {
            step.close();
        }
    }

    /** Forward, losses and backward. */
    @Benchmark
    public void step() {
        Objects.requireNonNull(step).step();
    }

    /** The backbone's part of it. */
    @Benchmark
    public void backbone() {
        Objects.requireNonNull(step).backbone();
    }

    /** The losses' part of it, with their gradients by the maps. */
    @Benchmark
    public void losses() {
        Objects.requireNonNull(step).losses();
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

        Step(ComputeDevice device) {
            Torch.seed(1);
            network = SeamNetwork.ppc(ResNet38.fineTuning().build(), 20);
            network.train(true);
            network.to(device, DType.F32);
            try (Scope scope = Scope.open()) {
                first = Scope.own(Tensors.to(Tensors.of(Inputs.scores(1, 3 * 448 * 448), 1, 3, 448, 448), device));
                second = Scope.own(Tensors.to(Tensors.of(Inputs.scores(2, 3 * 128 * 128), 1, 3, 128, 128), device));
                Tensor none = Tensors.zeros(DType.F32, device, 1, 20);
                none.narrow(1, 3, 2).fill_(new org.bytedeco.pytorch.Scalar(1));
                tags = Scope.own(none);
                one = Maps.of(network.forward(first));
                two = Maps.of(network.forward(second));
            }
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

        void step() {
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
                Tensors.item(loss);
            }
            forget(network);
        }

        void backbone() {
            try (Scope scope = Scope.open()) {
                Tensor a = network.backbone().features(first).c5().relu().mean();
                Tensor b = network.backbone().features(second).c5().relu().mean();
                Tensor sum = a.add(b);
                sum.backward();
                Tensors.item(sum);
            }
            forget(network);
        }

        void losses() {
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
                Tensors.item(loss);
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
