/**
 * From scores to labels: the rules that decide, pixel by pixel, what a pseudo label says.
 *
 * <p>A CAM has no map of the background, so something must stand in for it: a {@link dev.wsss.core.label.Background}
 * makes one, here or already for a random walk, {@link dev.wsss.core.label.ThresholdRule} is the case of a constant, and {@link
 * dev.wsss.core.label.ConfidenceBand} leaves out what lies between two such rules. {@link dev.wsss.core.label.ArgmaxRule}
 * takes the best of the maps there are. Scores of another size than the image are resized to it bilinearly first. Ties go
 * to the lowest label, the background before all.
 */
@NullMarked
package dev.wsss.core.label;

import org.jspecify.annotations.NullMarked;
