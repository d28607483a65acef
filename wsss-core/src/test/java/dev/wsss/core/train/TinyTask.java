package dev.wsss.core.train;

import dev.wsss.core.loss.Losses;
import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.Dropout;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Tensor;

/** A segmentation task that a network of a few hundred weights learns in seconds: which channel of a pixel is largest. */
final class TinyTask {
    static final int CLASSES = 3;

    private TinyTask() {}

    static final class Net extends Layer {
        private final Conv2d stem;
        private final BatchNorm2d norm;
        private final Dropout dropout;
        private final Conv2d head;

        Net(int width, double dropped) {
            stem = child("stem", Conv2d.same(CLASSES, width, 3, 1, 1));
            norm = child("norm", new BatchNorm2d(width));
            dropout = child("dropout", Dropout.elements(dropped));
            head = child("head", Conv2d.builder(width, CLASSES, 1).build());
        }

        static Net seeded(int width, double dropped) {
            Torch.seed(11);
            return new Net(width, dropped);
        }

        @Override
        public Tensor forward(Tensor x) {
            return head.forward(dropout.forward(Ops.relu(norm.forward(stem.forward(x)))));
        }
    }

    record Batch(Tensor images, Tensor labels, AtomicInteger open) implements AutoCloseable {
        @Override
        public void close() {
            images.close();
            labels.close();
            open.decrementAndGet();
        }
    }

    /** Random batches; counts those that are not closed. */
    static final class Batches implements BatchSource<Batch> {
        private final int batchSize;
        private final int size;
        final AtomicInteger open = new AtomicInteger();

        Batches(int batchSize, int size) {
            this.batchSize = batchSize;
            this.size = size;
        }

        @Override
        public int batchesPerEpoch() {
            return 7;
        }

        @Override
        public Batch load(long seed, int epoch, int index) {
            SplittableRandom random = new SplittableRandom(BatchSource.mix(seed, epoch, index));
            float[] pixels = new float[batchSize * CLASSES * size * size];
            byte[] labels = new byte[batchSize * size * size];
            int plane = size * size;
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = (float) random.nextDouble();
            }
            for (int n = 0; n < batchSize; n++) {
                for (int i = 0; i < plane; i++) {
                    int best = 0;
                    for (int c = 1; c < CLASSES; c++) {
                        if (pixels[(n * CLASSES + c) * plane + i] > pixels[(n * CLASSES + best) * plane + i]) {
                            best = c;
                        }
                    }
                    labels[n * plane + i] = (byte) (random.nextInt(10) == 0 ? Losses.IGNORE : best);
                }
            }
            open.incrementAndGet();
            return new Batch(
                    Scope.own(Tensors.of(pixels, batchSize, CLASSES, size, size)),
                    Scope.own(Tensors.of(labels, batchSize, size, size)),
                    open);
        }

        @Override
        public int images(Batch batch) {
            return batchSize;
        }
    }

    static LossStep<Batch> loss(Net net) {
        return (batch, step) -> {
            Tensor ce = Losses.crossEntropy(net.forward(batch.images()), batch.labels());
            step.report("cross_entropy", ce);
            return ce;
        };
    }

    static Sgd sgd(Net net) {
        return Sgd.builder()
                .setGroups(ParameterGroups.of(net)
                        .group("head", n -> n.startsWith("head."), 10, 0)
                        .rest("body", 1, 5e-4)
                        .build())
                .setLearningRate(0.02)
                .build();
    }

    static Trainer.Builder<Batch> trainer(Net net, BatchSource<Batch> batches, Optimizer optimizer) {
        return Trainer.<Batch>builder()
                .setNetwork(net)
                .setData(batches)
                .setLoss(loss(net))
                .setOptimizer(optimizer);
    }
}
