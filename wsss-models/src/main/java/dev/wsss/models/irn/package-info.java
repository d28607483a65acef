/**
 * IRN: where does an object end, and where is its centre (Ahn, Cho and Kwak, CVPR 2019)?
 *
 * <p>{@link dev.wsss.models.irn.IrnNet} sets two small branches on a backbone that is not trained. From pairs of pixels
 * that confident labels tell to be alike or different, one learns a map of class boundaries, the other a displacement
 * towards the centre of the object. The boundary map is an {@link dev.wsss.core.affinity.AffinitySource}: a random walk
 * over it refines class activation maps, as {@code AffinityNet}'s does, but stops at boundaries.
 *
 * <p>The other stages of the published system are elsewhere: its classifier is {@link
 * dev.wsss.models.cam.Classifier#irn}, its labels {@link dev.wsss.core.label.ConfidenceBand}, its losses {@link
 * dev.wsss.models.irn.InterPixelLoss}, its walk {@link dev.wsss.core.affinity.RandomWalk#irn()}.
 */
@NullMarked
package dev.wsss.models.irn;

import org.jspecify.annotations.NullMarked;
