package dev.wsss.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Want of memory says which limit was met, its value and what sets it. */
class MemoryLimitsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "std::bad_alloc",
                "[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to"
                        + " allocate 9000000000000 bytes. Error code 12 (Cannot allocate memory)"
            })
    void theMachinesMemory(String message) {
        assertThatThrownBy(() -> Torch.run(() -> {
                    throw new RuntimeException(message + "\nframe #0: here");
                }))
                .isInstanceOf(NativeException.class)
                .hasMessageStartingWith("too little memory: " + message)
                .hasMessageContainingAll("the process has", "the machine's", "ulimit")
                .hasMessageNotContaining("frame #0");
    }

    @Test
    void anErrorWithoutAWordIsOfTheHeap() {
        assertThat(MemoryLimits.explain(new OutOfMemoryError()))
                .startsWith("too little memory: Java heap space; the Java heap may have ")
                .endsWith(", which -Xmx sets");
    }

    @Test
    void theMemoryOfADevice() {
        assertThatThrownBy(() -> Torch.run(() -> {
                    throw new RuntimeException("CUDA out of memory. Tried to allocate 2.00 GiB.");
                }))
                .isInstanceOf(NativeException.class)
                .hasMessageContainingAll("on the device", "Tried to allocate 2.00 GiB", "the device's memory");
    }

    @Test
    void theHeap() {
        assertThatThrownBy(() -> Torch.run(() -> {
                    throw new OutOfMemoryError("Java heap space");
                }))
                .isInstanceOf(NativeException.class)
                .hasMessageContainingAll("Java heap space", "-Xmx sets", "iB");
    }

    @Test
    void otherErrorsStayAsTheyAre() {
        assertThatThrownBy(() -> Torch.run(() -> {
                    throw new RuntimeException("sizes do not fit\nframe #0");
                }))
                .isInstanceOf(NativeException.class)
                .hasMessage("sizes do not fit");
    }

    @Test
    void javaCppsDefault() throws Exception {
        assertThat(child("tensors", "-Xmx128m"))
                .contains(
                        "maxPhysicalBytes = 512 MiB",
                        "4 times the heap's 128 MiB",
                        "set by -Xmx, or by -Dorg.bytedeco.javacpp.maxPhysicalBytes=BYTES",
                        "0 is no limit");
    }

    @Test
    void javaCppsDefaultForItsOwnPointers() throws Exception {
        assertThat(child("pointers", "-Xmx128m"))
                .contains("maxBytes = 128 MiB", "the heap's 128 MiB", "-Dorg.bytedeco.javacpp.maxBytes=BYTES");
    }

    @Test
    void javaCppsProperties() throws Exception {
        assertThat(child("tensors", "-Dorg.bytedeco.javacpp.maxPhysicalBytes=600m"))
                .contains("maxPhysicalBytes = 600 MiB (set by -Dorg.bytedeco.javacpp.maxPhysicalBytes=600m)");
        assertThat(child("pointers", "-Dorg.bytedeco.javacpp.maxBytes=8m", "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0"))
                .contains("maxBytes = 8 MiB (set by -Dorg.bytedeco.javacpp.maxBytes=8m)");
    }

    private static String child(String what, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Hungry.class.getName(), what));
        Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(child.waitFor()).as(out).isZero();
        return out;
    }

    /** Takes native memory until it is refused, and prints the refusal. */
    public static final class Hungry {
        private Hungry() {}

        public static void main(String[] args) {
            try (Scope scope = Scope.open()) {
                List<Object> held = new ArrayList<>();
                Torch.run(() -> {
                    for (int i = 0; i < 200; i++) {
                        held.add(args[0].equals("tensors") ? torch.ones(1 << 20) : new FloatPointer(1L << 20));
                    }
                });
                System.out.println("nothing was refused");
            } catch (NativeException e) {
                System.out.println(e.getMessage());
            }
        }
    }
}
