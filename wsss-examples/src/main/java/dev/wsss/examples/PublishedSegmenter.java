package dev.wsss.examples;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.datasets.LabelSet;
import dev.wsss.models.segment.NetworkSegmenter;
import dev.wsss.models.tflite.TfliteNetworks;
import java.nio.file.Path;

/**
 * A supervised segmenter as a file that somebody published.
 *
 * @param classes those of VOC or Cityscapes
 */
record PublishedSegmenter(NetworkSegmenter segmenter, ClassCatalog classes) implements AutoCloseable {
    /** The longer side of what DeepLab is shown. */
    static final int SIDE = 513;

    /**
     * Of a TFLite file.
     *
     * @throws InvalidDataException naming the file, if it is no DeepLab of VOC's classes or Cityscapes'
     */
    static PublishedSegmenter open(Path file) {
        NetworkSegmenter segmenter = NetworkSegmenter.builder()
                .setNetwork(TfliteNetworks.segmenter(file))
                .optNormalize(TfliteNetworks.normalize(file))
                .optAlignCorners(true)
                .build();
        int count = segmenter.probabilities(new RgbImage(1, 1, new byte[3])).count();
        ClassCatalog voc = LabelSet.VOC.catalog();
        ClassCatalog cityscapes = LabelSet.CITYSCAPES.catalog();
        if (count != voc.labelCount() && count != cityscapes.labelCount()) {
            segmenter.close();
            throw new InvalidDataException(file + " gives " + count + " classes; expected " + voc.labelCount()
                    + " (VOC) or " + cityscapes.labelCount() + " (Cityscapes)");
        }
        return new PublishedSegmenter(segmenter, count == voc.labelCount() ? voc : cityscapes);
    }

    @Override
    public void close() {
        segmenter.close();
    }
}
