/**
 * What lies between Java and libtorch: lifetimes, devices, threads, seeds, errors, memory.
 *
 * <p>The JVM does not see a tensor's bytes, so tensors are freed by {@link dev.wsss.core.runtime.Scope}, never by the
 * garbage collector:
 *
 * <pre>{@code
 * try (Scope scope = Scope.open()) {
 *     Tensor x = Tensors.of(pixels, 1, 3, h, w);
 *     return scope.keep(network.forward(x)); // everything else is freed here
 * }
 * }</pre>
 *
 * <p>{@link dev.wsss.core.runtime.ComputeDevice} names where to compute, {@link dev.wsss.core.runtime.Tensors} moves
 * arrays across, {@link dev.wsss.core.runtime.Torch} sets threads, seeds and gradient mode and turns native errors into
 * short Java ones. {@link dev.wsss.core.runtime.TensorScoreMaps} is the tensor-backed form of {@link
 * dev.wsss.api.ScoreMaps}.
 */
@NullMarked
package dev.wsss.core.runtime;

import org.jspecify.annotations.NullMarked;
