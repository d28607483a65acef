/**
 * This library's own CUDA kernels: their sources are resources beside the classes that use them, and are compiled when
 * first used, by NVRTC, for the device at hand.
 *
 * <p>{@link dev.wsss.core.cuda.Kernels} is all that an algorithm sees. Where it cannot be had - on the CPU, or where CUDA's
 * presets or NVRTC are missing - the algorithm computes the same with libtorch's operations, and the log says so once for
 * each source and device. {@link dev.wsss.core.cuda.CudaTimer} times what a device does.
 *
 * <p>{@code org.bytedeco:cuda} is an optional dependency and this is the only package that refers to it. Whoever wants the
 * kernels declares it, the natives of {@code cuda} and {@code cuda-redist} included, beside libtorch's CUDA build; in this
 * library's own build that is the profile {@code gpu}.
 */
@NullMarked
package dev.wsss.core.cuda;

import org.jspecify.annotations.NullMarked;
