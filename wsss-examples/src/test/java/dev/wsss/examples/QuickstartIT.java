package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One seed, one result: whatever else runs, and however often the program was killed. */
class QuickstartIT {
    private static final List<String> STAGES = List.of("cam", "raw", "sure", "walk", "walked", "pseudo");

    private final Path tmp;

    QuickstartIT(@TempDir Path tmp) {
        this.tmp = tmp;
    }

    private static String[] arguments(Path out, int seed) {
        return new String[] {
            "quickstart",
            "--quick",
            "--device=cpu",
            "--threads=1",
            "--data=shapes:train=24,val=4,size=32,seed=5",
            "--seed=" + seed,
            "--out=" + out
        };
    }

    private static List<String> run(Path out, int seed) {
        CommandLineRun run = CommandLineRun.of(arguments(out, seed));
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        List<String> table =
                run.out().stream().filter(line -> line.endsWith(" %")).toList();
        assertThat(table).hasSize(4);
        return table;
    }

    /** Products, their indices and the manifest: what must be equal from run to run. */
    private static SortedMap<String, String> bytes(Path out) throws IOException {
        SortedMap<String, String> bytes = new TreeMap<>();
        for (String stage : STAGES) {
            try (Stream<Path> files = Files.walk(out.resolve(stage))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    bytes.put(out.relativize(file).toString(), HexFormat.of().formatHex(Files.readAllBytes(file)));
                }
            }
        }
        assertThat(bytes).hasSize(STAGES.size() * (24 + 2));
        bytes.put("manifest", Files.readString(out.resolve("manifest.json")));
        return bytes;
    }

    @Test
    void sameSeedSameBytes() throws IOException {
        List<String> table = run(tmp.resolve("a"), 7);
        assertThat(run(tmp.resolve("b"), 7)).isEqualTo(table);
        assertThat(bytes(tmp.resolve("b"))).isEqualTo(bytes(tmp.resolve("a")));
        run(tmp.resolve("c"), 8);
        assertThat(bytes(tmp.resolve("c"))).isNotEqualTo(bytes(tmp.resolve("a")));
    }

    /** Starts the program in a JVM of its own and kills it, in the midst of things, when it has made a file. */
    private void killWhenThereIs(Path file, Path out) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Wsss.class.getName()));
        command.addAll(List.of(arguments(out, 7)));
        Process program = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(tmp.resolve("log").toFile())
                .start();
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (program.isAlive() && !Files.exists(file) && System.nanoTime() < end) {
            Thread.sleep(1);
        }
        boolean alive = program.isAlive();
        program.destroyForcibly().waitFor();
        assertThat(alive).as("killed while it ran").isTrue();
        assertThat(file)
                .as(() -> "made before the kill; the program said " + log())
                .exists();
        assertThat(out.resolve("report.html")).doesNotExist();
    }

    private String log() {
        try {
            return Files.readString(tmp.resolve("log"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void killedRunsResumeToTheSameBytes() throws Exception {
        Path out = tmp.resolve("killed");
        killWhenThereIs(out.resolve("cam/shapes_000003.safetensors"), out);
        killWhenThereIs(out.resolve("checkpoints/affinity"), out);
        List<String> table = run(out, 7);
        assertThat(table).isEqualTo(run(tmp.resolve("undisturbed"), 7));
        assertThat(bytes(out)).isEqualTo(bytes(tmp.resolve("undisturbed")));
    }
}
