package dev.wsss.datasets;

import dev.wsss.api.Dataset;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What to train on and what to evaluate on.
 *
 * @param train training samples
 * @param val samples with masks to evaluate on, where there are any
 */
public record DatasetSplits(Dataset train, Optional<Dataset> val) {
    /** The {@link Dataset#notes} of both parts, each once. */
    public List<String> notes() {
        Set<String> notes = new LinkedHashSet<>(train.notes());
        val.ifPresent(part -> notes.addAll(part.notes()));
        return List.copyOf(notes);
    }
}
