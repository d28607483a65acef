package dev.wsss.core.affinity;

import dev.wsss.core.runtime.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * What is known about the pairs of one image, as three masks of zeros and ones {@code [O][S]}. A pair that is in none of
 * them is unknown. The arrays are not to be changed by the receiver.
 *
 * @param geometry the pairs
 * @param background both nodes are background
 * @param foreground both are of the same class
 * @param different they are of different classes
 */
public record PairLabels(PairGeometry geometry, byte[] background, byte[] foreground, byte[] different) {
    public PairLabels {
        int pairs = geometry.offsetCount() * geometry.sourceCount();
        if (background.length != pairs || foreground.length != pairs || different.length != pairs) {
            throw new IllegalArgumentException("expected three masks of " + pairs + " pairs, got " + background.length
                    + ", " + foreground.length + " and " + different.length);
        }
    }

    /** {@link #background()} as uint8 {@code [1][O][S]} in the current scope. */
    public Tensor backgroundTensor() {
        return tensor(background);
    }

    /** {@link #foreground()} as uint8 {@code [1][O][S]} in the current scope. */
    public Tensor foregroundTensor() {
        return tensor(foreground);
    }

    /** {@link #different()} as uint8 {@code [1][O][S]} in the current scope. */
    public Tensor differentTensor() {
        return tensor(different);
    }

    private Tensor tensor(byte[] mask) {
        return Tensors.of(mask, 1, geometry.offsetCount(), geometry.sourceCount());
    }
}
