package dev.wsss.api;

/** Cuts an image into class-free masks, for systems that take pixels together (FMA). */
@FunctionalInterface
public interface MaskSource extends Source<MaskProposals> {
    /**
     * The proposals for a sample.
     *
     * @return masks of the image's size; none is a legal answer
     * @throws InvalidDataException if they cannot be made or read
     */
    @Override
    MaskProposals get(Sample sample);
}
