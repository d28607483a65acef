package dev.wsss.systems;

import dev.wsss.api.Dataset;
import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.core.pipeline.RunFolder;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What every system is given.
 *
 * @param train the training images, with their masks if there are such, which a training must not read: it has those of {@code
 *     run}
 * @param run the folder, with data, device and seed
 * @param unseen images with masks to measure on; null if those of the training are
 * @param weights of the backbone, null if it starts from nothing
 * @param autocastBf16 whether networks train in mixed precision
 * @param loadPolicy what files of weights may hold beside what is wanted
 */
public record SystemInputs(
        Dataset train,
        RunFolder run,
        @Nullable Dataset unseen,
        @Nullable Path weights,
        boolean autocastBf16,
        LoadPolicy loadPolicy) {}
