package dev.wsss.examples;

import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.core.checkpoint.TensorSpec;
import dev.wsss.core.io.HostArray;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.checkpoint.Weights;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** How {@code wsss weights convert} gets from one family's names to another's. */
final class Families {
    private Families() {}

    /**
     * Tensors under other names. The way leads over this library's names.
     *
     * @param from the label of the family whose names they have; null if the names shall tell
     * @param to the label of the family whose names they get; null for this library's, or, if {@code from} is null too,
     *     for no other names at all
     * @param options which names that a family does not know are left out
     * @param note told what else happened
     */
    static Map<String, HostArray> rename(
            Map<String, HostArray> tensors,
            @Nullable String from,
            @Nullable String to,
            CheckpointOptions options,
            Consumer<String> note) {
        if (from == null && to == null) {
            return tensors;
        }
        CheckpointFamily target = to == null ? CheckpointFamily.WSSS : CheckpointFamily.byName(to);
        Map<String, HostArray> plain = Weights.unwrapped(tensors);
        CheckpointFamily source = from == null ? guess(plain, note) : CheckpointFamily.byName(from);
        if (source == target) {
            return plain;
        }
        return apply(target.keyMap().inverse(), apply(source.keyMap(), plain, options, note), options, note);
    }

    private static CheckpointFamily guess(Map<String, HostArray> tensors, Consumer<String> note) {
        Optional<CheckpointFamily.Guess> guess = CheckpointFamily.guess(tensors.keySet());
        note.accept("read as " + guess.map(Object::toString).orElse("this library's names"));
        return guess.map(CheckpointFamily.Guess::family).orElse(CheckpointFamily.WSSS);
    }

    private static Map<String, HostArray> apply(
            KeyMap map, Map<String, HostArray> tensors, CheckpointOptions options, Consumer<String> note) {
        Map<String, HostArray> known = new LinkedHashMap<>(tensors);
        known.keySet().removeIf(name -> !map.covers(name) && options.allowsExtra(name));
        if (known.size() < tensors.size()) {
            note.accept("left out "
                    + tensors.keySet().stream()
                            .filter(name -> !known.containsKey(name))
                            .toList());
        }
        KeyMap.Plan plan = map.plan(TensorSpec.of(known));
        if (!plan.dropped().isEmpty()) {
            note.accept("dropped " + plan.dropped());
        }
        if (!plan.filled().isEmpty()) {
            note.accept("filled in " + plan.filled().size() + ", such as "
                    + plan.filled().get(0));
        }
        return plan.apply(known);
    }
}
