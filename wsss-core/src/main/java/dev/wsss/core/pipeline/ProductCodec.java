package dev.wsss.core.pipeline;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.MaskProposals;
import dev.wsss.api.SaliencyMap;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import java.nio.file.Path;

/**
 * The file of a product. A codec loses nothing (a stage gets the same from the product in memory and from the one read
 * back), gives equal bytes for equal products, and is safe for use from several threads.
 *
 * @param <P> the product; if it is {@link AutoCloseable}, the pipeline closes it when it has been written and used
 */
public interface ProductCodec<P> {
    /** The file's extension, without a dot. */
    String extension();

    /** In words, all that a file's bytes depend on beside the product. Products of another format are not reused. */
    String format();

    /** Writes a file that does not exist. */
    void write(Path file, P product);

    /**
     * Reads a file.
     *
     * @throws InvalidDataException if the file does not hold what {@link #write} writes
     */
    P read(Path file);

    /**
     * As {@link #read(Path)}, for what a file leaves to the image it is of: a dict of no score maps, of an image without
     * tags, has no size.
     *
     * @param sample whose product the file holds
     * @throws InvalidDataException as {@link #read(Path)}
     */
    default P read(Path file, Sample sample) {
        return read(file);
    }

    /** Score maps as safetensors: {@code scores} float32 [K, height, width] and {@code labels} int32 [K]. */
    static ProductCodec<ScoreMaps> scoreMaps() {
        return ScoreMapsCodec.INSTANCE;
    }

    /**
     * Score maps of tags as PSA, SEAM, EPS and PPC keep CAMs: an npy file of a Python dict, tag number (0 is VOC's
     * aeroplane) to float32 [height, width]. A dict of none is read with its {@link #read(Path, Sample) sample} alone.
     */
    static ProductCodec<ScoreMaps> camDicts(ClassCatalog catalog) {
        return new ScoreDictCodec(catalog, true);
    }

    /**
     * Score maps of labels as those keep what a CRF made of CAMs: an npy file of a Python dict, label (0 is the background)
     * to float32 [height, width]. Reads also PPC's own form, an array of all labels.
     */
    static ProductCodec<ScoreMaps> labelDicts(ClassCatalog catalog) {
        return new ScoreDictCodec(catalog, false);
    }

    /**
     * Saliency maps as grey PNG, as {@link dev.wsss.core.saliency.SaliencyFolder} reads them too. Only values that the file
     * can hold, multiples of 1/255, are written.
     */
    static ProductCodec<SaliencyMap> saliency() {
        return SaliencyCodec.INSTANCE;
    }

    /**
     * Feature maps as safetensors: {@code features} float32 or float16, as the map has them, [channels, height, width],
     * {@code image_size} int32 [2], rows first, and {@code valid} bool [height, width] unless every cell is valid.
     */
    static ProductCodec<FeatureMap> featureMaps() {
        return FeatureMapCodec.INSTANCE;
    }

    /**
     * Mask proposals as safetensors: {@code counts} uint8, the masks' COCO counts one behind the other, each up to its
     * entry of {@code ends} int32 [N], {@code score} and {@code stability} float32 [N], {@code level} int32 [N], {@code
     * size} int32 [2], rows first.
     */
    static ProductCodec<MaskProposals> maskProposals() {
        return MaskProposalsCodec.INSTANCE;
    }

    /** Label maps as palette PNG in VOC's colours. */
    static ProductCodec<LabelMap> labelMaps() {
        return new LabelMapCodec(ClassCatalog.vocPalette());
    }

    /** Label maps as palette PNG in a catalog's colours. */
    static ProductCodec<LabelMap> labelMaps(ClassCatalog catalog) {
        return new LabelMapCodec(catalog.palette());
    }
}
