/**
 * The checkpoints that users of the published systems have, and how they load into our networks.
 *
 * <p>{@link dev.wsss.models.checkpoint.Weights} loads and exports; a {@link dev.wsss.models.checkpoint.CheckpointFamily}
 * is a code base with the {@link dev.wsss.core.checkpoint.KeyMap} of its files. Families stand beside the networks that they
 * load into, and {@link dev.wsss.models.checkpoint.CheckpointFamilies} makes them known by name.
 */
@NullMarked
package dev.wsss.models.checkpoint;

import org.jspecify.annotations.NullMarked;
