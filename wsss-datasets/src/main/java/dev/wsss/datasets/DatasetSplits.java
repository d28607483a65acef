package dev.wsss.datasets;

import dev.wsss.api.Dataset;
import java.util.Optional;

/**
 * What to train on and what to evaluate on.
 *
 * @param train training samples
 * @param val samples with masks to evaluate on, where there are any
 */
public record DatasetSplits(Dataset train, Optional<Dataset> val) {}
