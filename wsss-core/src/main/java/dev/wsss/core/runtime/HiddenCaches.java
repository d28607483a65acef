package dev.wsss.core.runtime;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Virtual machines that do not tell the sizes of their processor's caches. On one, with libtorch 2.10, oneDNN's kernels for AVX,
 * AVX2 and AVX-512 computed wrong convolutions of groups and of few channels, and their gradients wrote beyond their memory;
 * those for SSE 4.1 were right. oneDNN cuts convolutions by the sizes of caches, which is the likely reason, not a proved one. NNPACK does not start on such a machine, and libtorch says so at every convolution.
 */
final class HiddenCaches {
    /** oneDNN's own variables, the later name first. */
    private static final String VARIABLE = "ONEDNN_MAX_CPU_ISA";

    private static final String EARLIER = "DNNL_MAX_CPU_ISA";

    static final String LIMIT = "SSE41";

    private HiddenCaches() {}

    /** Whether this machine is such a one. */
    static boolean present() {
        return present(
                System.getProperty("os.name"), System.getProperty("os.arch"), Path.of("/sys/devices/system/cpu/cpu0"));
    }

    /**
     * Whether the machine that is described is such a one.
     *
     * @param processor where Linux tells of the first processor; what it does not show counts as known
     */
    static boolean present(String os, String architecture, Path processor) {
        return os.equals("Linux")
                && architecture.equals("amd64")
                && Files.isDirectory(processor)
                && !Files.exists(processor.resolve("cache/index0/size"));
    }

    /** The variable to set on such a machine before oneDNN is first used, if nobody has chosen instructions. */
    static Optional<String> variable(Map<String, String> environment) {
        boolean chosen = environment.containsKey(VARIABLE) || environment.containsKey(EARLIER);
        return chosen ? Optional.empty() : Optional.of(VARIABLE);
    }
}
