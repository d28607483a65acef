/**
 * Fully connected conditional random fields (Krähenbühl and Koltun, NIPS 2011): score maps snapped to the edges of the
 * image.
 *
 * <p>{@link dev.wsss.core.crf.DenseCrf} is the model: a Gaussian and a bilateral term, mean-field inference by
 * permutohedral filtering (Adams, Baek and Davis, 2010). It takes the energies that {@link dev.wsss.core.crf.Unary} makes
 * from probabilities or labels. {@link dev.wsss.core.crf.CrfRefiner} and {@link dev.wsss.core.crf.CrfLabelRule} put it
 * into a pipeline. Java builds the lattice; splat, blur and slice are weighted sums of rows, by vector instructions from
 * Java where the JVM allows it, else by libtorch, on the CPU and on CUDA alike.
 *
 * <p>The arithmetic follows pydensecrf operation by operation where the result depends on it: the lattice is
 * discontinuous, and a feature that differs in its last bit can fall into another simplex. Results do not depend on the
 * number of threads.
 */
@NullMarked
package dev.wsss.core.crf;

import org.jspecify.annotations.NullMarked;
