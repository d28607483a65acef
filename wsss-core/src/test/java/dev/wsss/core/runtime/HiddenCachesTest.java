package dev.wsss.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HiddenCachesTest {
    @TempDir
    private Path processor;

    @Test
    void limitsInstructionsWhereNoCacheIsTold() {
        assertThat(HiddenCaches.variable("Linux", "amd64", processor, Map.of())).hasValue("ONEDNN_MAX_CPU_ISA");
    }

    @Test
    void leavesAMachineAloneThatTellsItsCaches() throws IOException {
        Files.createDirectories(processor.resolve("cache/index0"));
        Files.writeString(processor.resolve("cache/index0/size"), "32K\n");
        assertThat(HiddenCaches.variable("Linux", "amd64", processor, Map.of())).isEmpty();
    }

    @Test
    void leavesOtherSystemsAndProcessorsAlone() {
        assertThat(HiddenCaches.variable("Mac OS X", "amd64", processor, Map.of()))
                .isEmpty();
        assertThat(HiddenCaches.variable("Linux", "aarch64", processor, Map.of()))
                .isEmpty();
        assertThat(HiddenCaches.variable("Linux", "amd64", processor.resolve("none"), Map.of()))
                .isEmpty();
    }

    @Test
    void obeysWhoeverHasChosen() {
        assertThat(HiddenCaches.variable("Linux", "amd64", processor, Map.of("ONEDNN_MAX_CPU_ISA", "AVX2")))
                .isEmpty();
        assertThat(HiddenCaches.variable("Linux", "amd64", processor, Map.of("DNNL_MAX_CPU_ISA", "AVX2")))
                .isEmpty();
    }
}
