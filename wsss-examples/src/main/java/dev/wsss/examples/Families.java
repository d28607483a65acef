package dev.wsss.examples;

import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.core.checkpoint.TensorSpec;
import dev.wsss.core.io.HostArray;
import dev.wsss.models.checkpoint.CheckpointFamily;
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
     * @param note told what else happened
     */
    static Map<String, HostArray> rename(
            Map<String, HostArray> tensors, @Nullable String from, @Nullable String to, Consumer<String> note) {
        if (from == null && to == null) {
            return tensors;
        }
        CheckpointFamily target = to == null ? CheckpointFamily.WSSS : CheckpointFamily.byName(to);
        CheckpointFamily source = from == null ? guess(tensors, note) : CheckpointFamily.byName(from);
        if (source == target) {
            return tensors;
        }
        return apply(target.keyMap().inverse(), apply(source.keyMap(), tensors, note), note);
    }

    private static CheckpointFamily guess(Map<String, HostArray> tensors, Consumer<String> note) {
        Optional<CheckpointFamily.Guess> guess = CheckpointFamily.guess(tensors.keySet());
        note.accept("read as " + guess.map(Object::toString).orElse("this library's names"));
        return guess.map(CheckpointFamily.Guess::family).orElse(CheckpointFamily.WSSS);
    }

    private static Map<String, HostArray> apply(KeyMap map, Map<String, HostArray> tensors, Consumer<String> note) {
        KeyMap.Plan plan = map.plan(TensorSpec.of(tensors));
        if (!plan.dropped().isEmpty()) {
            note.accept("dropped " + plan.dropped());
        }
        if (!plan.filled().isEmpty()) {
            note.accept("filled in " + plan.filled().size() + ", such as "
                    + plan.filled().get(0));
        }
        return plan.apply(tensors);
    }
}
