/**
 * Pairwise affinities of pixels, and the random walk that spreads class scores along them (AffinityNet, IRN).
 *
 * <p>Everything happens on a coarse grid, one node for {@code stride x stride} pixels. {@link
 * dev.wsss.core.affinity.PairGeometry} lists the pairs of near nodes. To train, {@link
 * dev.wsss.core.affinity.AffinityLabels} says from confident labels which pairs are known to be alike or different,
 * {@link dev.wsss.core.affinity.AffinityHead} gives a backbone's features the affinities of the pairs, and {@link
 * dev.wsss.core.affinity.AffinityLoss} compares the two. To infer, an {@link dev.wsss.core.affinity.AffinitySource}
 * makes a {@link dev.wsss.core.affinity.GridAffinity} of each image, from pairs ({@link
 * dev.wsss.core.affinity.FeatureAffinity}) or from a map of boundaries, and {@link
 * dev.wsss.core.affinity.RandomWalk} refines score maps with it; {@link dev.wsss.core.affinity.TransitionMatrix} is the
 * arithmetic below, and {@link dev.wsss.core.affinity.TensorWalk} the same on a device.
 *
 * <p>The labels and the walk on the CPU are plain Java on the heap; head and loss are tensors.
 */
@NullMarked
package dev.wsss.core.affinity;

import org.jspecify.annotations.NullMarked;
