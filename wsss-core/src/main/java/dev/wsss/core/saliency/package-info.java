/**
 * Where the saliency of an image comes from, for systems that learn from it beside tags, such as EPS.
 *
 * <p>{@link dev.wsss.core.saliency.SaliencyFolder} reads the maps that a saliency network has left in a folder. {@link
 * dev.wsss.core.saliency.MinimumBarrierSaliency} needs neither network nor download: it takes for salient what the border
 * of the image cannot reach without a jump in colour. Both are {@link dev.wsss.api.SaliencySource}s, and the folder can
 * also be written, so that maps are computed once:
 *
 * <pre>{@code
 * SaliencySource classical = MinimumBarrierSaliency.builder().build();
 * SaliencyFolder.write(folder, sample.id(), classical.saliency(sample));
 * }</pre>
 *
 * <p>Plain Java on the heap; everything may be used by several threads.
 */
@NullMarked
package dev.wsss.core.saliency;

import org.jspecify.annotations.NullMarked;
