package dev.wsss.core.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A table of vectors by number, such as tokens' embeddings. Key {@code weight} [count][width]. */
public final class Embedding extends Layer {
    private final Tensor weight;

    /**
     * A table that starts from N(0, 1), PyTorch's default.
     *
     * @throws IllegalArgumentException if {@code count} or {@code width} is less than 1
     */
    public Embedding(int count, int width) {
        if (count < 1 || width < 1) {
            throw new IllegalArgumentException("count and width must be at least 1, got " + count + " and " + width);
        }
        weight = parameter("weight", Init.normal(1, count, width));
    }

    /** The table. */
    public Tensor weight() {
        return weight;
    }

    /** The rows of int64 numbers {@code [...]}, as {@code [...][width]}. */
    @Override
    public Tensor forward(Tensor numbers) {
        return torch.embedding(weight, numbers);
    }
}
