/**
 * What a checkpoint's entries are called and how they are laid out: the way from other code bases' files into our
 * networks and back.
 *
 * <p>A {@link dev.wsss.core.checkpoint.KeyMap} says, rule by rule, how the keys of one family of checkpoints correspond
 * to ours; a rule may carry a {@link dev.wsss.core.checkpoint.Layout} where the values stand in another order. Both work
 * in either direction and on {@link dev.wsss.core.checkpoint.TensorSpec shapes} alone, so that a file can be judged from
 * its header.
 *
 * <p>This stands between files ({@code io}), which know no network, and networks ({@code nn}), which know no file; it
 * needs no native code.
 */
@NullMarked
package dev.wsss.core.checkpoint;

import org.jspecify.annotations.NullMarked;
