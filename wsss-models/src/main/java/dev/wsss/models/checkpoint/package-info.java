/**
 * The checkpoints that users of the published systems have, and how they load into our networks.
 *
 * <p>{@link dev.wsss.models.checkpoint.Weights} loads and exports; {@link dev.wsss.models.checkpoint.CheckpointFamily}
 * names the code bases and holds the {@link dev.wsss.core.checkpoint.KeyMap} of each. A family is here once the network
 * that it loads into is.
 */
@NullMarked
package dev.wsss.models.checkpoint;

import org.jspecify.annotations.NullMarked;
