package dev.wsss.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecondLibtorchTest {
    /** The child's program. */
    public static void main(String[] args) {
        try {
            Torch.load();
            System.out.println("loaded");
        } catch (RuntimeException e) {
            System.out.println(e.getMessage());
        }
    }

    @Test
    void djlsEngineOnTheClassPathIsNamedBeforeAnythingIsLoaded(@TempDir Path folder) throws Exception {
        Path engine = folder.resolve("ai/djl/pytorch/engine/PtEngine.class");
        Files.createDirectories(engine.getParent());
        Files.write(engine, new byte[0]);
        String classPath = System.getProperty("java.class.path") + File.pathSeparator + folder;
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        classPath,
                        SecondLibtorchTest.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(child.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(output)
                .contains("ai.djl.pytorch is on the class path")
                .doesNotContain("loaded" + System.lineSeparator());
    }
}
