package dev.wsss.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HiddenCachesTest {
    @TempDir
    private Path processor;

    @Test
    void aMachineThatTellsNoCacheIsOne() {
        assertThat(HiddenCaches.present("Linux", "amd64", processor)).isTrue();
    }

    @Test
    void aMachineThatTellsItsCachesIsNone() throws IOException {
        Files.createDirectories(processor.resolve("cache/index0"));
        Files.writeString(processor.resolve("cache/index0/size"), "32K\n");
        assertThat(HiddenCaches.present("Linux", "amd64", processor)).isFalse();
    }

    @Test
    void otherSystemsAndProcessorsAreNone() {
        assertThat(HiddenCaches.present("Mac OS X", "amd64", processor)).isFalse();
        assertThat(HiddenCaches.present("Linux", "aarch64", processor)).isFalse();
        assertThat(HiddenCaches.present("Linux", "amd64", processor.resolve("none")))
                .isFalse();
    }

    @Test
    void limitsInstructionsUnlessSomebodyHasChosen() {
        assertThat(HiddenCaches.variable(Map.of())).hasValue("ONEDNN_MAX_CPU_ISA");
        assertThat(HiddenCaches.variable(Map.of("ONEDNN_MAX_CPU_ISA", "AVX2"))).isEmpty();
        assertThat(HiddenCaches.variable(Map.of("DNNL_MAX_CPU_ISA", "AVX2"))).isEmpty();
    }

    /** Where it cannot start, it is not asked: it would complain at every convolution. */
    @Test
    void nnpackIsLeftAloneThere() {
        Torch.load();
        assertThat(torch.globalContext().userEnabledNNPACK()).isEqualTo(!HiddenCaches.present());
    }
}
