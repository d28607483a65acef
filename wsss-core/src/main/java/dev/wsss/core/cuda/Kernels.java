package dev.wsss.core.cuda;

import dev.wsss.core.runtime.ComputeDevice;
import java.util.List;
import java.util.Optional;

/** Compiled CUDA kernels of one source, on one device. Implementations may be used by several threads. */
@FunctionalInterface
public interface Kernels {
    /**
     * Puts a kernel on the device's current stream, behind what libtorch has put there; does not wait for it. Tensors may
     * be freed right after, as libtorch reuses their memory on the same stream only.
     *
     * @param kernel its name, declared {@code extern "C" __global__}
     * @param threads at least so many threads run, in blocks of one dimension: the kernel tests its index; 0 runs nothing
     * @param arguments the kernel's: a contiguous tensor of this device for a pointer, {@link Integer}, {@link Long},
     *     {@link Float} or {@link Double} for a number of that size
     * @throws IllegalArgumentException if the source has no such kernel, or an argument is none of these
     * @throws dev.wsss.core.runtime.NativeException if CUDA refuses the launch
     */
    void launch(String kernel, long threads, Object... arguments);

    /**
     * The kernels of a source, compiled on the first call for a device and kept as long as the JVM lives.
     *
     * @param owner the class beside which the source lies
     * @param resource the source's file name
     * @param options compiler options, such as {@code -DREAL=float}
     * @return empty on the CPU, and where the kernels cannot be compiled or loaded, which is logged once
     */
    static Optional<Kernels> of(ComputeDevice device, Class<?> owner, String resource, String... options) {
        if (!device.isCuda()) {
            return Optional.empty();
        }
        return KernelCache.of(device, owner, resource, List.of(options));
    }
}
