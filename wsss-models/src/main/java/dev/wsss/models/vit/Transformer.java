package dev.wsss.models.vit;

import dev.wsss.core.nn.Layer;
import dev.wsss.core.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** {@link TransformerBlock}s one after the other. */
public final class Transformer extends Layer {
    private final List<TransformerBlock> blocks = new ArrayList<>();

    /**
     * As many blocks as are wanted.
     *
     * @param key what stands before a block's number in checkpoints, such as {@code resblocks}
     * @param layers their number
     * @param block makes the one of a number
     * @throws IllegalArgumentException if {@code layers < 1}
     */
    public Transformer(String key, int layers, IntFunction<TransformerBlock> block) {
        if (layers < 1) {
            throw new IllegalArgumentException("layers must be at least 1, got " + layers);
        }
        for (int i = 0; i < layers; i++) {
            blocks.add(child(key + "." + i, block.apply(i)));
        }
    }

    /** The blocks, first to last. */
    public List<TransformerBlock> blocks() {
        return List.copyOf(blocks);
    }

    /** {@code [N][L][width]} to the same shape. */
    @Override
    public Tensor forward(Tensor x) {
        return forward(x, null);
    }

    /**
     * All blocks.
     *
     * @param x {@code [N][L][width]}
     * @param mask which tokens see which, in every block, or null if each sees all
     */
    public Tensor forward(Tensor x, @Nullable Tensor mask) {
        return forward(x, mask, 0, blocks.size());
    }

    /** The blocks {@code from} to {@code to - 1} alone. */
    public Tensor forward(Tensor x, @Nullable Tensor mask, int from, int to) {
        try (Scope scope = Scope.open()) {
            Tensor y = x;
            for (TransformerBlock block : blocks.subList(from, to)) {
                Tensor next = block.forward(y, mask);
                if (y != x) {
                    y.close();
                }
                y = next;
            }
            return y == x ? x : scope.keep(y);
        }
    }

    /**
     * All blocks, with a look into some.
     *
     * @param x {@code [N][L][width]}
     * @param mask as in {@link #forward(Tensor, Tensor)}
     * @param taps what to keep of which block. Blocks of which nothing inside the attention is wanted run the fused kernel
     * @throws IllegalArgumentException if a tap names a block that there is not
     */
    public Trace trace(Tensor x, @Nullable Tensor mask, Taps taps) {
        try (Scope scope = Scope.open()) {
            Trace.Builder trace = new Trace.Builder(taps, blocks.size(), scope);
            Tensor y = x;
            for (int i = 0; i < blocks.size(); i++) {
                Tensor next;
                try (Scope inner = Scope.open()) {
                    next = inner.keep(run(i, y, mask, trace, inner));
                }
                if (y != x) {
                    y.close();
                }
                y = next;
            }
            return trace.build(scope.keep(y));
        }
    }

    private Tensor run(int i, Tensor x, @Nullable Tensor mask, Trace.Builder trace, Scope scope) {
        TransformerBlock block = blocks.get(i);
        trace.put(Tap.INPUT, i, x, scope);
        Tensor normalized = block.normalized(x);
        trace.put(Tap.NORMALIZED, i, normalized, scope);
        Tensor y;
        if (trace.wantsAttention(i)) {
            TransformerBlock.Attended attended = block.attend(x, normalized, mask);
            y = attended.output();
            trace.put(Tap.QUERY, i, attended.heads().query(), scope);
            trace.put(Tap.KEY, i, attended.heads().key(), scope);
            trace.put(Tap.VALUE, i, attended.heads().value(), scope);
            trace.put(Tap.ATTENTION_HEADS, i, attended.maps(), scope);
            if (trace.wants(Tap.ATTENTION, i)) {
                trace.put(Tap.ATTENTION, i, attended.maps().mean(1), scope);
            }
        } else {
            y = block.forward(x, normalized, mask);
        }
        trace.put(Tap.OUTPUT, i, y, scope);
        return y;
    }
}
