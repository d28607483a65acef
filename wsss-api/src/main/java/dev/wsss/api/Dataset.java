package dev.wsss.api;

import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Images with their tags, by position. Implementations decode on {@link #get} and keep nothing, are safe for use from
 * several threads, and give the same sample for the same index every time.
 */
public interface Dataset extends Described {
    /** A short name for reports, such as {@code voc2012/train}. */
    String name();

    /** The classes. */
    ClassCatalog classes();

    /** Number of samples. */
    int size();

    /** The id of a sample, without decoding it. */
    String id(int index);

    /**
     * The tags of a sample, without decoding its image.
     *
     * @throws InvalidDataException if what the tags are read from cannot be read
     */
    ImageTags tags(int index);

    /**
     * Decodes a sample.
     *
     * @throws InvalidDataException if the image cannot be read; the message names the file
     */
    Sample get(int index);

    /**
     * What tells the image of a sample from another image under the same id, without decoding it, such as a {@link
     * FileFingerprint}. A dataset that does not override this does not notice when its images change.
     *
     * @throws InvalidDataException if the image's file cannot be read
     */
    default String fingerprint(int index) {
        return "";
    }

    /**
     * Name, size, ids and classes, and whatever else all samples depend on. Tags and images are not in it: they may change
     * for one sample and stay for the others. {@link #describeSamples} tells of them.
     */
    @Override
    default Description description() {
        return Description.of("Dataset")
                .put("name", name())
                .put("samples", size())
                .put("ids", RunManifest.sha256OfIds(this))
                .put("classes", classes())
                .build();
    }

    /**
     * The dataset with all that training reads of it: {@link #description} and hashes of the tags and of the images'
     * {@linkplain #fingerprint fingerprints}. Reads all tags, and a little of each image.
     */
    default Description describeSamples() {
        return DatasetSamples.describe(this);
    }

    /**
     * What a user should know of how this was read, a sentence each: first which list, and how many images, tags and
     * masks; then names, classes, tags and files that are not used, with their counts. Fit to be printed where a run
     * begins. Views show the notes of what they are of.
     */
    default List<String> notes() {
        return List.of();
    }

    /** Whether {@link #truth} can be asked, of some samples at least: {@link #hasTruth(int)} says of which. */
    boolean hasTruth();

    /**
     * Whether {@link #truth} of this sample can be asked. Samples without a mask take no part in an evaluation.
     *
     * @throws IndexOutOfBoundsException if there is no such sample
     */
    default boolean hasTruth(int index) {
        Objects.checkIndex(index, size());
        return hasTruth();
    }

    /**
     * The ground-truth mask of a sample, for evaluation.
     *
     * @throws GroundTruthAccessException in a tags-only view
     * @throws IllegalStateException if this dataset has no mask of the sample
     * @throws InvalidDataException if the mask cannot be read or has another size than the image
     */
    LabelMap truth(int index);

    /** A view that knows tags and images only: {@link #truth} throws {@link GroundTruthAccessException}. */
    default Dataset tagsOnly() {
        return new TagsOnlyDataset(this);
    }

    /** A view of some samples, in the order given. */
    default Dataset subset(String name, int... indices) {
        return new SubsetDataset(this, name, indices);
    }

    /**
     * The {@code i}-th of {@code n} disjoint parts: samples {@code i, i + n, i + 2n ...}.
     *
     * @throws IllegalArgumentException unless {@code 0 <= i < n}
     */
    default Dataset shard(int i, int n) {
        if (n < 1 || i < 0 || i >= n) {
            throw new IllegalArgumentException("shard " + i + " of " + n + " does not exist; expected 0 <= i < n");
        }
        return n == 1
                ? this
                : subset(
                        name() + "#" + i + "/" + n,
                        IntStream.range(0, size()).filter(k -> k % n == i).toArray());
    }
}
