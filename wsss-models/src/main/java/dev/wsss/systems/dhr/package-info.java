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
 */
@NullMarked
package dev.wsss.systems.dhr;

import org.jspecify.annotations.NullMarked;
