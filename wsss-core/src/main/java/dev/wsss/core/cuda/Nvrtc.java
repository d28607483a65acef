package dev.wsss.core.cuda;

import dev.wsss.core.runtime.NativeException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.bytedeco.cuda.global.nvrtc;
import org.bytedeco.cuda.nvrtc._nvrtcProgram;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.SizeTPointer;

/** CUDA's compiler as a library. It needs neither a card nor a driver. */
final class Nvrtc {
    private Nvrtc() {}

    static String source(Class<?> owner, String resource) {
        try (InputStream in = Objects.requireNonNull(
                owner.getResourceAsStream(resource), () -> resource + " is missing from the jar")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The compute capabilities that it compiles for, as {@code 10 major + minor}, ascending. */
    static int[] architectures() {
        int[] count = new int[1];
        check(nvrtc.nvrtcGetNumSupportedArchs(count), "counting architectures");
        int[] architectures = new int[count[0]];
        check(nvrtc.nvrtcGetSupportedArchs(architectures), "listing architectures");
        Arrays.sort(architectures);
        return architectures;
    }

    /**
     * Compiles for a device, to its machine code; for a device that is newer than the compiler, to PTX, which the device's
     * driver compiles.
     *
     * @param capability of the device, as {@code 10 major + minor}
     * @return a module as {@code cuModuleLoadData} takes it
     * @throws NativeException if the source has an error; the message has the compiler's log
     */
    static BytePointer compile(String name, String source, int capability, List<String> options) {
        int[] known = architectures();
        if (Arrays.binarySearch(known, capability) >= 0) {
            return compile(name, source, "sm_" + capability, false, options);
        }
        int below = Arrays.stream(known)
                .filter(a -> a < capability)
                .max()
                .orElseThrow(() -> new NativeException("NVRTC compiles for compute capability " + known[0]
                        + " and above, the device has " + capability));
        return compile(name, source, "compute_" + below, true, options);
    }

    private static BytePointer compile(
            String name, String source, String architecture, boolean ptx, List<String> options) {
        String[] all = new String[options.size() + 1];
        all[0] = "--gpu-architecture=" + architecture;
        for (int i = 0; i < options.size(); i++) {
            all[i + 1] = options.get(i);
        }
        try (PointerScope scope = new PointerScope()) {
            _nvrtcProgram program = new _nvrtcProgram();
            BytePointer none = null;
            check(
                    nvrtc.nvrtcCreateProgram(program, new BytePointer(source), new BytePointer(name), 0, none, none),
                    "creating " + name);
            try {
                int result = nvrtc.nvrtcCompileProgram(program, all.length, new PointerPointer<BytePointer>(all));
                if (result != nvrtc.NVRTC_SUCCESS) {
                    throw new NativeException(name + " does not compile for " + architecture + " (" + error(result)
                            + "): " + log(program));
                }
                SizeTPointer size = new SizeTPointer(1);
                check(
                        ptx ? nvrtc.nvrtcGetPTXSize(program, size) : nvrtc.nvrtcGetCUBINSize(program, size),
                        "measuring " + name);
                BytePointer module = new BytePointer(size.get());
                check(
                        ptx ? nvrtc.nvrtcGetPTX(program, module) : nvrtc.nvrtcGetCUBIN(program, module),
                        "reading " + name);
                return module.retainReference();
            } finally {
                nvrtc.nvrtcDestroyProgram(program);
            }
        }
    }

    private static String log(_nvrtcProgram program) {
        SizeTPointer size = new SizeTPointer(1);
        check(nvrtc.nvrtcGetProgramLogSize(program, size), "measuring the log");
        BytePointer log = new BytePointer(size.get());
        check(nvrtc.nvrtcGetProgramLog(program, log), "reading the log");
        return log.getString(StandardCharsets.UTF_8).strip();
    }

    private static void check(int result, String what) {
        if (result != nvrtc.NVRTC_SUCCESS) {
            throw new NativeException("NVRTC failed at " + what + ": " + error(result));
        }
    }

    private static String error(int result) {
        return nvrtc.nvrtcGetErrorString(result).getString();
    }
}
