package dev.wsss.models.irn;

import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.core.affinity.AffinitySource;
import dev.wsss.core.affinity.GridAffinity;
import dev.wsss.core.affinity.PairGeometry;
import dev.wsss.core.affinity.PairLabels;
import dev.wsss.core.affinity.PairRule;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.Channel;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.image.Resize;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.Network;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.LabelTensors;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.BatchSource;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.ParameterGroup;
import dev.wsss.core.train.ParameterGroups;
import dev.wsss.core.train.TrainingStep;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.checkpoint.Exportable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * IRN's network: class boundaries and displacements to object centres, from the maps of a backbone that is not trained.
 *
 * <pre>{@code
 * ResNet backbone = ResNet.builder().setDepth(50).optLayerStrides(1, 2, 2, 1).build();   // the paper's
 * IrnNet net = IrnNet.builder().setBackbone(backbone).build();
 * Sgd sgd = Sgd.builder().setGroups(net.parameterGroups(1e-4)).setLearningRate(0.1).build();
 * // a Trainer's setLoss takes net.loss(); its batches' labels are confident, 255 elsewhere
 * net.fitDisplacementMean(batches);
 * net.train(false);
 * ScoreRefiner walk = RandomWalk.irn().setAffinity(net).build();
 * }</pre>
 *
 * <p>Any backbone will do whose second map has stride 4, which is the grid of the result. All five maps are reduced by
 * 1x1 convolutions with group normalization, and resized. The boundary branch stacks them at stride 4; the displacement
 * branch stacks the last three at the third map's size first.
 *
 * <p>The backbone stays in evaluation mode and gets no gradient, whatever mode the network is in. Keys {@code backbone.*},
 * {@code fc_edge1.0.weight} to {@code fc_dp7.3.weight} and {@code mean_shift.running_mean}; checkpoints of the published
 * code load by {@link IrnCheckpoints#IRN}. The network owns its backbone and closes it.
 *
 * @see <a href="https://arxiv.org/abs/1904.05044">Ahn, Cho and Kwak, IRNet: Inter-pixel Relations</a>
 */
public final class IrnNet extends Network implements AffinitySource, Exportable {
    /** Pixels of the image for one node of the grid, in each direction. */
    public static final int STRIDE = 4;

    private static final String BOUNDARY = "fc_edge";
    private static final String DISPLACEMENT = "fc_dp";

    private final Backbone backbone;
    private final List<Branch> edges = new ArrayList<>();
    private final Conv2d edge;
    private final List<Branch> shifts = new ArrayList<>();
    private final Branch coarseShift;
    private final Branch fineShift;
    private final Conv2d shift;
    private final MeanShift meanShift;
    private final int trainingRadius;
    private final int radius;
    private final int paddedSize;
    private final Normalize normalize;

    private IrnNet(Builder b, Backbone backbone) {
        backbone.requireMaps(5);
        this.backbone = child("backbone", backbone);
        backbone.freezeBatchNorm(true);
        backbone.requiresGrad(false);
        int[] channels = backbone.channels();
        for (int i = 0; i < 5; i++) {
            edges.add(child(BOUNDARY + (i + 1), new Branch(channels[i], 32, 4)));
        }
        edge = child(BOUNDARY + 6, Conv2d.builder(5 * 32, 1, 1).build());
        int[] widths = {64, 128, 256, 256, 256};
        for (int i = 0; i < 5; i++) {
            shifts.add(child(DISPLACEMENT + (i + 1), new Branch(channels[i], widths[i], i == 0 ? 8 : 16)));
        }
        coarseShift = child(DISPLACEMENT + 6, new Branch(3 * 256, 256, 16));
        fineShift = child(DISPLACEMENT + 7, new Branch(64 + 128 + 256, 256, 16));
        shift = child(DISPLACEMENT + "7.3", Conv2d.same(256, 2, 1, 1, 1));
        meanShift = child("mean_shift", new MeanShift());
        trainingRadius = b.trainingRadius;
        radius = b.radius;
        paddedSize = b.paddedSize;
        normalize = b.normalize;
    }

    /** Starts a network with the published settings. */
    public static Builder builder() {
        return new Builder();
    }

    /** The backbone, which stays this network's. */
    public Backbone backbone() {
        return backbone;
    }

    /**
     * What is trained: the boundary branch at the optimizer's rate, the displacement branch at ten times that, as published.
     *
     * @param weightDecay 1e-4 in the published code
     */
    public List<ParameterGroup> parameterGroups(double weightDecay) {
        return ParameterGroups.of(this)
                .group("boundary", n -> n.startsWith(BOUNDARY), 1, weightDecay)
                .group("displacement", n -> n.startsWith(DISPLACEMENT), 10, weightDecay)
                .optDropRest()
                .build();
    }

    /**
     * Boundaries and displacements of images {@code [N][3][H][W]}, on {@code ceil(H / 4) x ceil(W / 4)} nodes, in the
     * current scope. In evaluation mode the {@linkplain #fitDisplacementMean mean displacement} is subtracted.
     *
     * @throws IllegalArgumentException if the backbone's second map is not of that size
     */
    public IrnMaps forward(Tensor images) {
        try (Scope scope = Scope.open()) {
            List<Tensor> maps = backboneMaps(images);
            Tensor grid = maps.get(1);
            requireGrid(images, grid);
            Tensor boundary = boundary(maps, grid);

            Tensor coarse = maps.get(2);
            Tensor stacked = Ops.concat(
                    shifts.get(2).forward(maps.get(2), coarse),
                    shifts.get(3).forward(maps.get(3), coarse),
                    shifts.get(4).forward(maps.get(4), coarse));
            Tensor all = Ops.concat(
                    shifts.get(0).forward(maps.get(0), grid),
                    shifts.get(1).forward(maps.get(1), grid),
                    coarseShift.forward(stacked, grid));
            Tensor displacement = meanShift.forward(shift.forward(fineShift.forward(all, grid)));
            return new IrnMaps(scope.keep(boundary), scope.keep(displacement));
        }
    }

    private Tensor boundary(List<Tensor> maps, Tensor grid) {
        Tensor[] reduced = new Tensor[5];
        for (int i = 0; i < 5; i++) {
            reduced[i] = edges.get(i).forward(maps.get(i), grid);
        }
        return edge.forward(Ops.concat(reduced));
    }

    private List<Tensor> backboneMaps(Tensor images) {
        if (backbone.isTraining()) {
            backbone.train(false); // train(true) of this network reaches it; its dropouts stay off all the same
        }
        try (Torch.Mode noGrad = Torch.noGrad()) {
            return backbone.features(images).maps();
        }
    }

    private static void requireGrid(Tensor images, Tensor grid) {
        long rows = nodes(images.size(2));
        long columns = nodes(images.size(3));
        if (grid.size(2) != rows || grid.size(3) != columns) {
            throw new IllegalArgumentException("the backbone's second map is " + grid.size(2) + "x" + grid.size(3)
                    + " for images of " + images.size(2) + "x" + images.size(3) + "; expected " + rows + "x" + columns
                    + ", stride " + STRIDE);
        }
    }

    private static long nodes(long pixels) {
        return (pixels + STRIDE - 1) / STRIDE;
    }

    /**
     * The loss of batches whose {@linkplain Channel#LABELS labels} are sure, or {@link LabelMap#IGNORE}; they are sampled at
     * the grid's nodes. On a grid that is small for the radius, the radius is {@link PairGeometry#smallGridRadius}.
     *
     * <p>A scalar; its terms are reported as {@code alike} (both kinds, halved), {@code different}, {@code displacement} (of
     * pairs within objects) and {@code displacement_background}.
     */
    public LossStep<Batch> loss() {
        return LossStep.named(
                "IrnNet.loss", Map.of("radius", trainingRadius, "pairs", InterPixelLoss.DEFAULT), this::loss);
    }

    private Tensor loss(Batch batch, TrainingStep step) {
        IrnMaps maps = forward(batch.images());
        int h = Math.toIntExact(maps.boundary().size(2));
        int w = Math.toIntExact(maps.boundary().size(3));
        PairGeometry geometry =
                PairGeometry.of(PairRule.PATHS, PairGeometry.smallGridRadius(trainingRadius, h, w), h, w);
        Tensor labels = LabelTensors.resize(batch.labels(), Resize.PIL_NEAREST, h, w);
        PairLabels pairs = PairLabels.of(geometry, labels, LabelMap.IGNORE);
        InterPixelLoss.Terms terms = InterPixelLoss.DEFAULT.apply(
                maps.boundary(),
                maps.displacement(),
                geometry,
                pairs.background(),
                pairs.foreground(),
                pairs.different());
        Scalar half = new Scalar(0.5);
        step.report(
                "alike",
                terms.affinity().background().add(terms.affinity().foreground()).mul(half));
        step.report("different", terms.affinity().different());
        step.report("displacement", terms.foreground());
        step.report("displacement_background", terms.background());
        return terms.total();
    }

    /**
     * Sets the mean displacement that evaluation subtracts, to that of one epoch of batches; to be called once after
     * training. The published code takes images that are cut at their top left corner to the size of training.
     *
     * @throws InvalidDataException if a batch cannot be loaded, or its displacements are no finite numbers
     */
    public void fitDisplacementMean(BatchSource<Batch> batches) {
        boolean training = isTraining();
        double[] sum = new double[2];
        long count = 0;
        train(true); // displacements as they are
        try (Torch.Mode noGrad = Torch.noGrad()) {
            for (int i = 0; i < batches.batchesPerEpoch(); i++) {
                try (Scope scope = Scope.open();
                        Batch batch = load(batches, i)) {
                    float[] mean = Tensors.toFloats(
                            forward(batch.images()).displacement().mean(0, 2, 3));
                    if (!Float.isFinite(mean[0]) || !Float.isFinite(mean[1])) {
                        throw new InvalidDataException("mean displacement of batch " + i + " is " + mean[0] + ", "
                                + mean[1] + "; expected finite numbers");
                    }
                    sum[0] += (double) mean[0] * batch.size();
                    sum[1] += (double) mean[1] * batch.size();
                    count += batch.size();
                }
            }
        } finally {
            train(training);
        }
        setDisplacementMean((float) (sum[0] / count), (float) (sum[1] / count));
    }

    private static Batch load(BatchSource<Batch> batches, int index) {
        try {
            return batches.load(0, 0, index);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new InvalidDataException("batch " + index + " cannot be loaded: " + e.getMessage(), e);
        }
    }

    /** Whether the mean displacement was fitted, set or loaded: only before that it is zero. */
    public boolean hasDisplacementMean() {
        float[] mean = Tensors.toFloats(meanShift.mean());
        return mean[0] != 0 || mean[1] != 0;
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException if the mean displacement is missing, without which the field does not point at centres
     */
    @Override
    public void requireExportable() {
        if (!hasDisplacementMean()) {
            throw new IllegalStateException("IrnNet has no mean displacement (mean_shift.running_mean is zero); call"
                    + " fitDisplacementMean after training, before the network is written");
        }
    }

    /** Sets the mean displacement that evaluation subtracts; rows and columns of the grid. */
    public void setDisplacementMean(float rows, float columns) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            meanShift.mean().copy_(Tensors.of(new float[] {rows, columns}, 2));
        }
    }

    /**
     * The affinities of an image from its boundaries, as published: the image and its flipped copy, normalized, are padded
     * with zeros right and below; the boundary is the sigmoid of the mean of the two logits.
     *
     * @throws InvalidDataException if the network gives NaN
     */
    @Override
    public GridAffinity affinities(Sample sample) {
        RgbImage image = sample.image();
        int rows = Math.toIntExact(nodes(image.height()));
        int columns = Math.toIntExact(nodes(image.width()));
        float[] boundary = Torch.call(() -> {
            try (Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                Tensor x =
                        Tensors.to(Tensors.of(normalize.apply(image), 1, 3, image.height(), image.width()), device());
                TensorVector pair = new TensorVector(x, Ops.flip(x));
                long[] padding = {0, padding(image.width()), 0, padding(image.height())};
                Tensor padded = torch.constant_pad_nd(torch.cat(pair), padding);
                List<Tensor> maps = backboneMaps(padded);
                requireGrid(padded, maps.get(1));
                Tensor logits = boundary(maps, maps.get(1)).narrow(2, 0, rows).narrow(3, 0, columns);
                Tensor sum = logits.narrow(0, 0, 1).add(Ops.flip(logits.narrow(0, 1, 1)));
                return Tensors.toFloats(torch.sigmoid(sum.mul(new Scalar(0.5))));
            }
        });
        for (float b : boundary) {
            if (Float.isNaN(b)) {
                throw new InvalidDataException("the boundary network gives NaN for sample " + sample.id());
            }
        }
        return GridAffinity.ofBoundary(boundary, rows, columns, radius);
    }

    /** The network, and how it compares nodes. */
    @Override
    public Description description() {
        return Description.of("IrnNet")
                .putAll(super.description())
                .put("radius", radius)
                .put("paddedSize", paddedSize)
                .put("normalize", normalize)
                .build();
    }

    private int padding(int side) {
        return Math.max(side, paddedSize) - side;
    }

    /** Settings of a network. */
    public static final class Builder {
        private @Nullable Backbone backbone;
        private int trainingRadius = 10;
        private int radius = PairGeometry.RADIUS;
        private int paddedSize = 512;
        private Normalize normalize = Normalize.IMAGENET;

        private Builder() {}

        /** The backbone, which the network takes over and closes. Its second map must have stride 4. */
        public Builder setBackbone(Backbone backbone) {
            this.backbone = backbone;
            return this;
        }

        /** Pairs closer than this many nodes are trained on; at least 2, 10 by default. */
        public Builder optTrainingRadius(int radius) {
            requireRadius(radius);
            trainingRadius = radius;
            return this;
        }

        /** Pairs closer than this many nodes have an affinity for the walk; at least 2, 5 by default. */
        public Builder optRadius(int radius) {
            requireRadius(radius);
            this.radius = radius;
            return this;
        }

        private static void requireRadius(int radius) {
            if (radius < 2) {
                throw new IllegalArgumentException("radius must be at least 2, got " + radius);
            }
        }

        /**
         * Side to which images are padded for {@link IrnNet#affinities}, at least; 512 by default. Should be that of the
         * crops of training, for the padding takes part in the group normalizations. Larger images are not padded.
         */
        public Builder optPaddedSize(int side) {
            if (side < 0) {
                throw new IllegalArgumentException("padded size must be 0 or more, got " + side);
            }
            paddedSize = side;
            return this;
        }

        /** How pixels become numbers; default ImageNet's mean and deviation. */
        public Builder optNormalize(Normalize normalize) {
            this.normalize = normalize;
            return this;
        }

        /**
         * Builds, with PyTorch's usual initial weights.
         *
         * @throws IllegalStateException if the backbone is not set
         */
        public IrnNet build() {
            Backbone b = backbone;
            if (b == null) {
                throw new IllegalStateException("setBackbone is required");
            }
            return new IrnNet(this, b);
        }
    }
}
