package dev.wsss.systems.cdl;

import dev.wsss.api.Description;
import dev.wsss.api.LabelMap;
import dev.wsss.core.augment.Augmentation;
import dev.wsss.core.augment.ColourJitter;
import dev.wsss.core.augment.ColourOperation;
import dev.wsss.core.augment.RandomColour;
import dev.wsss.core.augment.Sometimes;
import dev.wsss.core.augment.ViewGeometry;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.View;
import dev.wsss.core.batch.ViewSpec;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.LabelTensors;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.TrainingStep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A training step of CDL: what the network's experts say of a batch, at all sizes, by {@link DualExpertLoss}.
 *
 * <pre>{@code
 * ImageBatches batches = ImageBatches.builder()
 *         .setData(train)
 *         .setBatchSize(8)
 *         .optAugmentation(crops)
 *         .optChannel(Channel.LABELS, pseudoLabels)
 *         .optView(CdlTraining.STRONG_VIEW) // for CDL-e
 *         .build();
 * LossStep<Batch> step = new CdlTraining(network, loss);
 * }</pre>
 *
 * <p>With {@link CdlVariant#EXTENDED} batches need the view {@link #STRONG_VIEW}, or another of its name. Padding is told from
 * the geometry of the main view. Iterations of the loss are updates: batches that are accumulated into one share it.
 *
 * <p>Reports the unweighted terms {@code first, second, third, affinity}, and in [0, 1] {@code labelled}, the part of pixels
 * with a label as given, {@code corrected} and {@code reliable} of {@link DualExpertLoss.Terms}. Keeps no state.
 */
public final class CdlTraining implements LossStep<Batch> {
    /**
     * The strongly changed view of the main view's crop: in four of five images brightness, contrast and saturation by up to
     * half and the hue by up to a quarter of the circle, in one of five grey, in one of two blurred.
     */
    public static final ViewSpec STRONG_VIEW = ViewSpec.builder()
            .setName("strong")
            .setAugmentation(Augmentation.of(
                    new Sometimes(0.8, new ColourJitter(0.5, 0.5, 0.5, 0.25)),
                    new Sometimes(0.2, RandomColour.of(ColourOperation.GREY)),
                    new Sometimes(0.5, new RandomColour(ColourOperation.BLUR, 0.1, 2))))
            .build();

    private final CdlNetwork network;
    private final DualExpertLoss loss;

    /**
     * A step.
     *
     * @param network stays its owner's
     * @param loss of the network's variant
     */
    public CdlTraining(CdlNetwork network, DualExpertLoss loss) {
        this.network = network;
        this.loss = loss;
    }

    @Override
    public Tensor loss(Batch batch, TrainingStep step) {
        Tensor labels = batch.labels();
        Tensor strong = network.variant().hasStrongView()
                ? batch.view(STRONG_VIEW.name()).images()
                : null;
        List<ExpertMaps> sizes = network.experts(batch.images(), strong);
        DualExpertLoss.Terms terms = loss.apply(sizes, labels, padding(batch.view(), step.device()), step.number() + 1);
        step.report("first", terms.first().detach());
        step.report("second", terms.second().detach());
        Tensor third = terms.third();
        if (third != null) {
            step.report("third", third.detach());
        }
        step.report("affinity", terms.affinity().detach());
        step.report("labelled", labels.ne(new Scalar(LabelMap.IGNORE)).sum().div(new Scalar((double) labels.numel())));
        step.report("corrected", terms.corrected());
        step.report("reliable", terms.reliable());
        return terms.total();
    }

    /** Where views show no image, bool {@code [N][H][W]}; null if they do everywhere. */
    static @Nullable Tensor padding(View view, ComputeDevice device) {
        int n = (int) view.images().size(0);
        int height = (int) view.images().size(2);
        int width = (int) view.images().size(3);
        List<LabelMap> padding = new ArrayList<>(n);
        boolean any = false;
        for (int i = 0; i < n; i++) {
            ViewGeometry.Box box = view.geometry(i).content();
            int top = first(box.top(), height);
            int bottom = first(box.bottom(), height);
            int left = first(box.left(), width);
            int right = first(box.right(), width);
            any |= top > 0 || left > 0 || bottom < height || right < width;
            byte[] outside = new byte[height * width];
            Arrays.fill(outside, (byte) 1);
            for (int y = top; y < bottom && left < right; y++) {
                Arrays.fill(outside, y * width + left, y * width + right, (byte) 0);
            }
            padding.add(LabelMap.wrap(height, width, outside));
        }
        return any ? LabelTensors.of(padding, device).ne(new Scalar(0)) : null;
    }

    /** The first pixel, of so many, whose middle is not before a place. */
    private static int first(double place, int pixels) {
        return Math.min(pixels, Math.max(0, (int) Math.ceil(place - 0.5)));
    }

    @Override
    public Description description() {
        return Description.of("CdlTraining").put("loss", loss).build();
    }
}
