/**
 * Several folders of pseudo labels made into one. Methods err in different places: where sources agree they are right more
 * often than each alone, and where they differ a vote, or what is known of each source's errors, decides.
 *
 * <p>{@link dev.wsss.core.fusion.LabelFusion} reads and writes folders. Beneath it, a {@link
 * dev.wsss.core.fusion.LabelPatterns} counts which labels the sources give to the pixels of a data set, {@link
 * dev.wsss.core.fusion.Credibility} tells from these counts, without any truth, how each source errs, and {@link
 * dev.wsss.core.fusion.LabelFuser} decides the pixels of one image.
 */
@NullMarked
package dev.wsss.core.fusion;

import org.jspecify.annotations.NullMarked;
