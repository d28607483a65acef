/**
 * Dominant and hierarchical rebalancing (Jo, Pan, Yu and Kim, ECCV 2024): a segmenter that balances the labels it learns
 * from between classes, by features that were learnt without labels.
 *
 * <p>It is a second stage: it takes label maps of any origin, image tags, and dense features of a model such as CAUSE. {@link
 * dev.wsss.systems.dhr.DhrNetwork} is the network, {@link dev.wsss.systems.dhr.DhrInference} how it looks at an image.
 */
@NullMarked
package dev.wsss.systems.dhr;

import org.jspecify.annotations.NullMarked;
