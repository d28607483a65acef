package dev.wsss.core.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.RgbImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StripFileTest {
    private static final ClassCatalog CLASSES = ClassCatalog.withBackground(List.of("cat"));

    @TempDir
    Path folder;

    private static Strip strip(int seed) {
        byte[] pixels = new byte[3 * 20 * (30 + seed)];
        new Random(seed).nextBytes(pixels);
        return Strip.builder("<" + seed + ">", new RgbImage(20, 30 + seed, pixels), CLASSES)
                .build();
    }

    private static Report.Builder report() {
        return Report.builder().setTitle("x").setClasses(CLASSES);
    }

    @Test
    void aPageHasTheSameStripsAsFromMemory() throws IOException {
        Path page = folder.resolve("page.html");
        try (StripFile file = StripFile.in(folder.resolve("new"))) {
            assertThat(report().strips(file).build().toHtml())
                    .isEqualTo(report().build().toHtml());
            Report.Builder memory = report();
            for (int i = 0; i < 5; i++) {
                memory.strip(strip(i));
                file.add(strip(i));
            }
            assertThat(file.size()).isEqualTo(5);
            report().strips(file).build().write(page);
            assertThat(page).hasContent(memory.build().toHtml());
            assertThat(report().strip(strip(0)).strips(file).build().toHtml().split("&lt;0&gt;"))
                    .hasSize(3);
        }
        try (Stream<Path> left = Files.list(folder.resolve("new"))) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void withoutStripsThereIsNoFile() {
        StripFile.in(folder.resolve("none")).close();
        assertThat(folder.resolve("none")).doesNotExist();
    }
}
