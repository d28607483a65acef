/**
 * Credible dual-expert learning (Zhang et al., IJCV 2023): a segmenter that corrects the noisy labels it learns from.
 *
 * <p>It is a second stage: it takes label maps of any origin and never looks at tags. {@link dev.wsss.systems.cdl.Cdl} trains
 * and measures in a folder, by a {@link dev.wsss.systems.cdl.CdlRecipe} of all its numbers. Its parts stand alone too: {@link
 * dev.wsss.systems.cdl.DualExpertLoss} is the method, a function of what the experts of a {@link
 * dev.wsss.systems.cdl.CdlNetwork} say, {@link dev.wsss.systems.cdl.ExpertMaps}, at several sizes; {@link
 * dev.wsss.systems.cdl.LabelCorrection} is how labels are corrected, {@link dev.wsss.systems.cdl.PairAffinity} along which ways
 * labels go to unsure pixels, {@link dev.wsss.systems.cdl.CdlTraining} a step of training, and {@link
 * dev.wsss.systems.cdl.CdlCompat} says which accidents of the published code are repeated.
 */
@NullMarked
package dev.wsss.systems.cdl;

import org.jspecify.annotations.NullMarked;
