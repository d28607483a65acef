package dev.wsss.core.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.wsss.core.affinity.TensorWalk;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.runtime.LeakCheck;
import dev.wsss.core.runtime.NativeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Compiles the kernels, which takes NVRTC and neither card nor driver; skipped where NVRTC is not on the class path, as it is
 * with the profile gpu.
 */
class NvrtcIT {
    @BeforeAll
    static void findNvrtc(@TempDir Path folder) throws Exception {
        String library = "/org/bytedeco/cuda/" + Loader.getPlatform() + "/libjninvrtc.so";
        assumeTrue(
                Nvrtc.class.getResource(library) != null,
                "NVRTC is not on the class path: build with the profile gpu on Linux");
        standInForDriver(folder);
    }

    /**
     * NVRTC's presets load those of CUDA's runtime, and these ask for the driver's library. Where there is none, an empty one
     * of that name will do, as nothing in it is called.
     */
    private static void standInForDriver(Path folder) throws Exception {
        Loader.load(Loader.class);
        try {
            Loader.loadGlobal("libcuda.so.1");
        } catch (UnsatisfiedLinkError noDriver) {
            Path library = folder.resolve("libcuda.so.1");
            Files.createFile(folder.resolve("empty.cpp"));
            Process compiler;
            try {
                compiler = new ProcessBuilder(
                                "g++", "-shared", "-Wl,-soname,libcuda.so.1", "empty.cpp", "-o", library.toString())
                        .directory(folder.toFile())
                        .inheritIO()
                        .start();
            } catch (IOException e) {
                assumeTrue(false, "no driver, and no C++ compiler to make an empty library of its name");
                throw e;
            }
            assertThat(compiler.waitFor()).isZero();
            Loader.loadGlobal(library.toString());
        }
    }

    @ParameterizedTest
    @CsvSource({"walk.cu,-DREAL=float", "walk.cu,-DREAL=double", "lattice.cu,--std=c++17"})
    void compilesForEveryDevice(String resource, String option) {
        Class<?> owner = resource.equals("walk.cu") ? TensorWalk.class : DenseCrf.class;
        String source = Nvrtc.source(owner, resource);
        for (int architecture : Nvrtc.architectures()) {
            try (BytePointer module = Nvrtc.compile(resource, source, architecture, List.of(option))) {
                assertHasKernels(source, bytes(module), "\u007fELF");
            }
        }
    }

    @Test
    void compilesForADeviceThatItDoesNotKnow() {
        String source = Nvrtc.source(DenseCrf.class, "lattice.cu");
        try (BytePointer module = Nvrtc.compile("lattice.cu", source, 999, List.of())) {
            String ptx = bytes(module);
            assertHasKernels(source, ptx, "//");
            assertThat(ptx).contains(".visible .entry row_sums", ".target sm_");
        }
    }

    private static void assertHasKernels(String source, String module, String magic) {
        assertThat(module).startsWith(magic);
        Matcher kernels = Pattern.compile("__global__ void (\\w+)").matcher(source);
        assertThat(kernels.find()).isTrue();
        do {
            assertThat(module).contains(kernels.group(1));
        } while (kernels.find());
    }

    private static String bytes(BytePointer module) {
        byte[] bytes = new byte[Math.toIntExact(module.capacity())];
        module.get(bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    @Test
    void anErrorNamesItsLine() {
        assertThatThrownBy(() -> Nvrtc.compile("broken.cu", "\nint f() { return x; }\n", 90, List.of()))
                .isInstanceOf(NativeException.class)
                .hasMessageContaining("broken.cu(2)")
                .hasMessageContaining("\"x\" is undefined");
    }

    @Test
    void memoryStaysFlat() {
        String source = Nvrtc.source(TensorWalk.class, "walk.cu");
        LeakCheck.assertFlat(40, () -> Nvrtc.compile("walk.cu", source, 90, List.of("-DREAL=float"))
                .close());
    }
}
