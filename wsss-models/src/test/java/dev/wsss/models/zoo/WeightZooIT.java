package dev.wsss.models.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The cache among processes: they wait for each other, and outlive one that is killed. */
@Timeout(60)
class WeightZooIT {
    private static final String FILE = "shared.bin";
    private static final int SIZE = 400_000;

    private final byte[] content = FaultyServer.bytes(SIZE, 5);
    private final Path folder;

    WeightZooIT(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void processesShareOneDownload() throws Exception {
        try (FaultyServer server = new FaultyServer(content)) {
            // slow enough for the second process to come while the first downloads
            server.fault((s, exchange) -> {
                exchange.sendResponseHeaders(200, SIZE);
                for (int i = 0; i < 10; i++) {
                    exchange.getResponseBody().write(content, i * (SIZE / 10), SIZE / 10);
                    exchange.getResponseBody().flush();
                    Thread.sleep(200);
                }
            });
            List<Process> processes = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                processes.add(ZooProcess.start(folder, server.uri(FILE), ZooProcess.hash(content)));
            }
            for (Process process : processes) {
                String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
                assertThat(process.waitFor()).isZero();
                assertThat(Path.of(out)).isEqualTo(folder.resolve(FILE)).hasBinaryContent(content);
            }
            assertThat(server.requests()).containsExactly("/" + FILE);
        }
    }

    @Test
    void aKilledDownloadIsResumedByTheNextProcess() throws Exception {
        try (FaultyServer server = new FaultyServer(content)) {
            server.fault(FaultyServer.stallAfter(150_000, 20_000));
            Process process = ZooProcess.start(folder, server.uri(FILE), ZooProcess.hash(content));
            Path part = folder.resolve("." + FILE + ".part");
            while (process.isAlive() && size(part) < 150_000) {
                Thread.sleep(20);
            }
            assertThat(process.isAlive()).isTrue();
            process.destroyForcibly();
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(folder.resolve(FILE)).doesNotExist();

            WeightEntry entry = WeightEntry.builder()
                    .setName("shared")
                    .setSource(server.uri(FILE))
                    .optHash(ZooProcess.hash(content))
                    .build();
            WeightZoo zoo = WeightZoo.builder()
                    .optCacheFolder(folder)
                    .optEntry(entry)
                    .optTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(5))
                    .build();
            assertThat(zoo.get("shared")).hasBinaryContent(content);
            assertThat(server.requests()).containsExactly("/" + FILE, "/" + FILE + " bytes=150000- if \"v1\"");
        }
    }

    private static long size(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }
}
