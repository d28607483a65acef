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
    /** The {@link Dataset#notes} of both parts, each once, what tells of the lists and numbers first. */
    public List<String> notes() {
        Set<String> notes = new LinkedHashSet<>();
        List<Dataset> parts = val.map(part -> List.of(train, part)).orElse(List.of(train));
        parts.forEach(part -> part.notes().stream().limit(1).forEach(notes::add));
        parts.forEach(part -> notes.addAll(part.notes()));
        return List.copyOf(notes);
    }
}
