/**
 * Dominant and hierarchical rebalancing (Jo, Pan, Yu and Kim, ECCV 2024): a segmenter that balances the labels it learns
 * from between classes, by features that were learnt without labels.
 *
 * <p>It is a second stage: it takes label maps of any origin, image tags, and dense features of a model such as CAUSE. {@link
 * dev.wsss.systems.dhr.DhrRefiner} is the method: it makes the labels of a {@link dev.wsss.systems.dhr.DhrSample} anew, by {@link
 * dev.wsss.systems.dhr.DhrSeed} and {@link dev.wsss.systems.dhr.DhrRebalancing}, which stand alone too; {@link
 * dev.wsss.systems.dhr.RebalancedScores} is the latter outside of training. {@link
 * dev.wsss.systems.dhr.CellGrid} labels the cells of features, {@link dev.wsss.systems.dhr.ClassPrototypes} says what classes
 * look like, {@link dev.wsss.systems.dhr.ClassHierarchy} which of them look alike. {@link dev.wsss.systems.dhr.DhrLoss} is what
 * is learnt from them, and {@link dev.wsss.systems.dhr.DhrCompat} says which accidents of the published code are repeated.
 *
 * <p>{@link dev.wsss.systems.dhr.Dhr} trains, labels and measures in a folder, by a {@link dev.wsss.systems.dhr.DhrRecipe} of all
 * its numbers. {@link dev.wsss.systems.dhr.DhrNetwork} is the network, {@link dev.wsss.systems.dhr.DhrTraining} a step of its
 * training, {@link dev.wsss.systems.dhr.DhrInference} how it looks at an image, and {@link dev.wsss.systems.dhr.DhrMasks} how what
 * it sees becomes a mask.
 */
@NullMarked
package dev.wsss.systems.dhr;

import org.jspecify.annotations.NullMarked;
