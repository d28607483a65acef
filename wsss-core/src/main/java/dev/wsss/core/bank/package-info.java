/**
 * Labels without training: what classes look like to a network that somebody else has trained, and mask proposals that are
 * compared with it (after ModuSeg, arXiv 2604.07021).
 *
 * <p>{@link dev.wsss.core.bank.MaskPooling} turns a mask and a {@link dev.wsss.api.FeatureMap} into a unit vector, {@link
 * dev.wsss.core.bank.FeatureBank} keeps such vectors with their labels and finds the nearest ones, and {@link
 * dev.wsss.core.bank.ProposalLabeler} lets these vote on the proposals of an image, of which its tags say what may win. What
 * comes out, {@link dev.wsss.core.bank.LabelledMasks}, is thinned by non-maximum suppression and painted. The labeler is a
 * {@link dev.wsss.api.PseudoLabeler}, and so a stage of a run.
 *
 * <p>A bank needs masks with labels to begin with: a few drawn ones, or many pseudo labels of another kind, whose errors a
 * vote among neighbours evens out. Where those are far more of one label than of another, {@link
 * dev.wsss.core.bank.FeatureBank#balanced} draws as many of each.
 */
@NullMarked
package dev.wsss.core.bank;

import org.jspecify.annotations.NullMarked;
