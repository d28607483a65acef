package dev.wsss.core.cuda;

import dev.wsss.core.runtime.ComputeDevice;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What was compiled for which device, and what could not be. Refers to CUDA's presets in nothing but a method's body. */
final class KernelCache {
    private static final Logger log = LoggerFactory.getLogger(Kernels.class);
    private static final Map<Key, Optional<Kernels>> KERNELS = new ConcurrentHashMap<>();

    private KernelCache() {}

    private record Key(ComputeDevice device, Class<?> owner, String resource, List<String> options) {}

    static Optional<Kernels> of(ComputeDevice device, Class<?> owner, String resource, List<String> options) {
        return KERNELS.computeIfAbsent(new Key(device, owner, resource, options), KernelCache::compile);
    }

    private static Optional<Kernels> compile(Key key) {
        try {
            return Optional.of(
                    NvrtcKernels.compile(key.device, key.resource, Nvrtc.source(key.owner, key.resource), key.options));
        } catch (RuntimeException | LinkageError e) {
            // presets or a library that are not there, an old driver
            log.warn(
                    "{} is not used on {}, libtorch's operations take its place: {}",
                    key.resource,
                    key.device,
                    e.toString());
            log.debug("the kernels' failure", e);
            return Optional.empty();
        }
    }
}
