package dev.wsss.systems.segment;

import ai.djl.modality.cv.Image;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Description;
import dev.wsss.api.ImageTags;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.Segmenter;
import dev.wsss.core.crf.CrfRefiner;
import dev.wsss.core.label.ArgmaxRule;
import dev.wsss.models.segment.NetworkSegmenter;

/**
 * A segmenter with a CRF behind it, as DeepLab is usually tested.
 *
 * @param segmenter whose probabilities are refined; stays its owner's
 * @param crf the refiner, {@link dev.wsss.core.crf.DenseCrf#deeplabPytorch} in most published numbers
 * @param classes of the segmenter's labels
 */
public record CrfSegmenter(NetworkSegmenter segmenter, CrfRefiner crf, ClassCatalog classes) implements Segmenter {
    @Override
    public LabelMap segment(Image image) {
        return segment(RgbImage.of(image));
    }

    @Override
    public LabelMap segment(RgbImage image) {
        try (ScoreMaps p = segmenter.probabilities(image);
                ScoreMaps q = crf.refine(new Sample("image", image, ImageTags.of(classes)), p)) {
            return ArgmaxRule.of(q);
        }
    }

    @Override
    public Description description() {
        return Description.of("CrfSegmenter")
                .put("segmenter", segmenter)
                .put("crf", crf)
                .build();
    }
}
