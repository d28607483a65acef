package dev.wsss.examples;

import dev.wsss.api.CamGenerator;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.crf.CrfRefiner;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.label.Background;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.datasets.ShapesDataset.Scenery;
import dev.wsss.examples.CaptionedScenes.Captioned;
import dev.wsss.models.clip.Clip;
import dev.wsss.models.clip.ClipPreprocess;
import dev.wsss.models.clip.PromptTemplates;
import dev.wsss.models.maskclip.MaskClip;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * What a CLIP says of the places of scenes whose tags are known, made whole by a dense CRF, and a loss that teaches it to another.
 * No mask is read. The one that teaches does not learn: one that learns from its own labels drifts.
 */
final class PlaceLabels implements AutoCloseable {
    /** Pictures of a batch that are labelled: a CRF takes longer than a step. */
    private static final int PICTURES = 16;

    /** Score of the background, where the largest of each class is 1. */
    private static final double BACKGROUND = 0.4;

    /** The cosine above which a place shall be of a class rather than of none, and what cosines are multiplied by. */
    private static final double BOUND = 0.25;

    private static final double SCALE = 20;

    private final Clip teacher;
    private final MaskClip maskClip;
    private final DenseCrf crf = DenseCrf.psa(1).optThreads(1).build();
    private final CrfRefiner whole = CrfRefiner.builder()
            .setCrf(crf)
            .optBackground(Background.constant(BACKGROUND))
            .build();

    /** Labels by a CLIP, which is closed with this, of the classes of {@link #scenes}. */
    PlaceLabels(Clip teacher) {
        this.teacher = teacher;
        try (Scope scope = Scope.open()) {
            Tensor classes = teacher.zeroShot(scenes().tagNames(), PromptTemplates.PHOTO);
            maskClip = MaskClip.builder()
                    .setTower(teacher.image())
                    .setTextEmbeddings(Tensors.toHost(classes))
                    .optPreprocess(ClipPreprocess.asItIs())
                    .build();
        }
    }

    /** The classes whose places are labelled. */
    private static ClassCatalog scenes() {
        return CaptionedScenes.scenes(Scenery.GROUND, 0, 64, 64).classes();
    }

    /**
     * Cross-entropy of places with the labels of their pixels.
     *
     * @param places unit vectors {@code [N][E][h][w]}, of which the first are looked at
     * @param classes unit vectors {@code [C][E]}
     */
    Tensor loss(Tensor places, Tensor classes, Captioned batch) {
        int pictures = Math.min(PICTURES, batch.samples().size());
        try (Scope scope = Scope.open()) {
            Tensor labels = labels(batch.samples().subList(0, pictures), places.size(2), places.size(3));
            Tensor cosines = classes.matmul(places.narrow(0, 0, pictures).flatten(2, 3));
            Tensor bound = torch.full_like(cosines.narrow(1, 0, 1), new Scalar(BOUND));
            Tensor logits = torch.cat(new TensorVector(bound, cosines), 1).mul(new Scalar(SCALE));
            return scope.keep(logits.log_softmax(1).mul(labels).sum(1L).mean().neg());
        }
    }

    /** The share of each label, background first, in the pixels of each place: {@code [N][1 + C][h * w]}. */
    private Tensor labels(List<Sample> samples, long rows, long columns) {
        CamGenerator maps = maskClip.activations();
        int labelCount = scenes().labelCount();
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            List<Tensor> all = new ArrayList<>();
            for (Sample sample : samples) {
                ScoreMaps q = whole.refine(sample, maps.generate(sample));
                Tensor each = torch.zeros(1, labelCount, q.height(), q.width());
                Tensor shares = Tensors.of(q.toArray(), q.count(), q.height(), q.width());
                for (int k = 0; k < q.count(); k++) {
                    each.select(1, q.labels()[k]).copy_(shares.narrow(0, k, 1));
                }
                all.add(torch.adaptive_avg_pool2d(each, rows, columns));
            }
            return scope.keep(
                    torch.cat(new TensorVector(all.toArray(Tensor[]::new)), 0).flatten(2, 3));
        }
    }

    @Override
    public void close() {
        maskClip.close();
        teacher.close();
        crf.close();
    }
}
