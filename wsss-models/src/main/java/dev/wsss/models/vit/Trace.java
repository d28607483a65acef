package dev.wsss.models.vit;

import dev.wsss.core.runtime.Scope;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;

/** What a transformer computed, with what {@link Taps} asked for. All tensors belong to one scope. */
public final class Trace {
    private final Tensor tokens;
    private final int blocks;
    private final Map<Tap, SortedMap<Integer, Tensor>> kept;

    private Trace(Tensor tokens, int blocks, Map<Tap, SortedMap<Integer, Tensor>> kept) {
        this.tokens = tokens;
        this.blocks = blocks;
        this.kept = kept;
    }

    /** The tokens after the last block, {@code [N][L][width]}. */
    public Tensor tokens() {
        return tokens;
    }

    /**
     * What was kept of a block.
     *
     * @param block counted from 0; from the end, as -1, if negative
     * @throws IllegalArgumentException if it was not asked for
     */
    public Tensor get(Tap tap, int block) {
        SortedMap<Integer, Tensor> found = kept.get(tap);
        Tensor t = found == null ? null : found.get(block < 0 ? blocks + block : block);
        if (t == null) {
            throw new IllegalArgumentException(tap + " of block " + block + " was not asked for");
        }
        return t;
    }

    /** What was kept of a kind, first block to last; empty if it was not asked for. */
    public List<Tensor> all(Tap tap) {
        SortedMap<Integer, Tensor> found = kept.get(tap);
        return found == null ? List.of() : List.copyOf(found.values());
    }

    static final class Builder {
        private final Map<Tap, SortedSet<Integer>> wanted;
        private final Map<Tap, SortedMap<Integer, Tensor>> kept = new EnumMap<>(Tap.class);
        private final int blocks;
        private final Scope scope;
        private final List<Tensor> held = new ArrayList<>();

        Builder(Taps taps, int blocks, Scope scope) {
            wanted = taps.resolve(blocks);
            this.blocks = blocks;
            this.scope = scope;
        }

        boolean wants(Tap tap, int block) {
            SortedSet<Integer> of = wanted.get(tap);
            return of != null && of.contains(block);
        }

        boolean wantsAttention(int block) {
            return wanted.entrySet().stream()
                    .anyMatch(e -> e.getKey().insideAttention() && e.getValue().contains(block));
        }

        /** Keeps a tensor, if it is wanted, beyond the scope of its block. */
        void put(Tap tap, int block, Tensor tensor, Scope inner) {
            if (wants(tap, block)) {
                // a handle of its own: one tensor may be the output of a block and the input of the next
                Tensor alias = inner.keep(new Tensor(tensor));
                kept.computeIfAbsent(tap, t -> new TreeMap<>()).put(block, alias);
                held.add(alias);
            }
        }

        Trace build(Tensor tokens) {
            held.forEach(scope::keep);
            return new Trace(tokens, blocks, kept);
        }
    }
}
