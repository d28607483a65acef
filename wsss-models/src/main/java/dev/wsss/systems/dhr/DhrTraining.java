package dev.wsss.systems.dhr;

import dev.wsss.api.Description;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.LabelMap;
import dev.wsss.core.augment.ViewGeometry;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.Channel;
import dev.wsss.core.batch.FeatureBatch;
import dev.wsss.core.batch.View;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.TrainingStep;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A training step of DHR: the network looks at crops, the given labels are made anew by what it says and by unsupervised
 * features, {@link DhrRefiner}, and it learns from them, {@link DhrLoss}. Nothing is kept from step to step.
 *
 * <pre>{@code
 * ImageBatches batches = ImageBatches.builder()
 *         .setData(train)
 *         .setBatchSize(16)
 *         .optAugmentation(crops)
 *         .optChannel(Channel.LABELS, pseudoLabels)
 *         .optChannel(DhrTraining.FEATURES, features)
 *         .build();
 * LossStep<Batch> step = new DhrTraining(network, refiner, DhrLoss.repaired());
 * }</pre>
 *
 * <p>A batch without a pixel to learn from is {@linkplain TrainingStep#leaveOut left out}. Reports {@code segmentation} and
 * {@code classification}, the terms of the loss, and in [0, 1] {@code labelled} and {@code changed}, the part of pixels that
 * have a label, and another than was given; {@code missed}, classes without seeds to an image, and {@code unbalanced}, the part
 * of images whose classes were not balanced as there are less than two.
 */
public final class DhrTraining implements LossStep<Batch> {
    /** The unsupervised features of the main view, on a grid of cells of about a patch of DINOv2. */
    public static final Channel<FeatureMap, FeatureBatch> FEATURES =
            Channel.evenFeatures("unsupervised", CellGrid.PATCH);

    private final DhrNetwork network;
    private final @Nullable DhrRefiner refiner;
    private final DhrLoss loss;

    /**
     * A step.
     *
     * @param network stays its owner's
     * @param refiner null to learn from the labels as they are given, in which case no features are looked at
     */
    public DhrTraining(DhrNetwork network, @Nullable DhrRefiner refiner, DhrLoss loss) {
        this.network = network;
        this.refiner = refiner;
        this.loss = loss;
    }

    @Override
    public Tensor loss(Batch batch, TrainingStep step) {
        DhrNetwork.Maps maps = network.maps(batch.images());
        List<ContentBox> contents = contents(batch.view());
        Tensor given = batch.labels();
        Tensor labels = given;
        if (refiner != null) {
            try (Torch.Mode noGrad = Torch.noGrad();
                    Torch.Mode full = Torch.withoutAutocast(step.device())) {
                labels = refined(batch, maps, contents, refiner);
            }
            DhrRefiner.Counts counts = refiner.takeCounts();
            double images = batch.size();
            step.report("missed", counts.missed() / images);
            step.report("unbalanced", (counts.alone() + counts.unlabelled()) / images);
        }
        DhrLoss.Terms terms = loss.apply(maps.logits(), labels, maps.cams(), batch.tags(), contents);
        Tensor labelled = labels.ne(new Scalar(LabelMap.IGNORE));
        if (Tensors.item(labelled.any()) == 0) {
            return step.leaveOut("no pixel of the batch has a label");
        }
        double pixels = labels.numel();
        step.report("segmentation", terms.segmentation().detach());
        step.report("classification", terms.classification().detach());
        step.report("labelled", labelled.sum().div(new Scalar(pixels)));
        step.report("changed", labels.ne(given).sum().div(new Scalar(pixels)));
        return terms.total();
    }

    private static Tensor refined(Batch batch, DhrNetwork.Maps maps, List<ContentBox> contents, DhrRefiner refiner) {
        FeatureBatch features = batch.get(FEATURES);
        try (Scope scope = Scope.open()) {
            TensorVector all = new TensorVector();
            for (int i = 0; i < batch.size(); i++) {
                int at = i;
                all.push_back(refiner.refine(new DhrSample(
                        batch.images().select(0, i),
                        batch.labels().select(0, i),
                        batch.tags().select(0, i),
                        contents.get(i),
                        single(maps.cams(), i),
                        single(features.values(), i),
                        maps.levels().stream().map(t -> single(t, at)).toList())));
            }
            return scope.keep(torch.stack(all, 0));
        }
    }

    private static Tensor single(Tensor maps, int i) {
        return maps.detach().select(0, i).to(ScalarType.Float);
    }

    /** Where views show their images. */
    private static List<ContentBox> contents(View view) {
        int height = (int) view.images().size(2);
        int width = (int) view.images().size(3);
        List<ContentBox> contents = new ArrayList<>();
        for (int i = 0; i < view.images().size(0); i++) {
            ViewGeometry.Box box = view.geometry(i).content();
            contents.add(new ContentBox(
                    first(box.left(), width),
                    first(box.top(), height),
                    first(box.right(), width),
                    first(box.bottom(), height)));
        }
        return contents;
    }

    /** The first pixel, of so many, whose middle is not before a place. */
    private static int first(double place, int pixels) {
        return Math.min(pixels, Math.max(0, (int) Math.ceil(place - 0.5)));
    }

    @Override
    public Description description() {
        Description.Builder d = Description.of("DhrTraining").put("loss", loss);
        return (refiner == null ? d : d.put("refiner", refiner)).build();
    }
}
