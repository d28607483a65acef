package dev.wsss.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.Dataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that is killed at any moment and started again ends with the bytes of one that was left alone. */
@NullUnmarked
class RunFolderKillIT {
    private static final int SAMPLES = 300;

    @TempDir
    Path tmp;

    /** What the child process runs. */
    static final class Child {
        public static void main(String[] args) {
            SyntheticData.folder(data(), Path.of(args[0]))
                    .optShard(Integer.parseInt(args[1]), Integer.parseInt(args[2]))
                    .build()
                    .make(SyntheticData.pseudo(2));
        }
    }

    static Dataset data() {
        SyntheticData data = SyntheticData.of(SAMPLES);
        data.corrupt.add("part1/img_100");
        return data;
    }

    private Process start(Path out, int shard, int shards) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Child.class.getName(),
                        out.toString(),
                        Integer.toString(shard),
                        Integer.toString(shards))
                .redirectErrorStream(true)
                .redirectOutput(tmp.resolve("child" + shard + ".log").toFile())
                .start();
    }

    /** Kills a child a random number of products later than it began to make some. */
    private static boolean kill(Process child, Path out, Random random) throws Exception {
        long before = products(out);
        long wanted = before + 1 + random.nextInt(120);
        while (child.isAlive() && products(out) < wanted) {
            Thread.sleep(0, 200_000);
        }
        boolean alive = child.isAlive();
        child.toHandle().destroyForcibly();
        child.waitFor();
        return alive;
    }

    private static long products(Path out) throws IOException {
        if (!Files.isDirectory(out)) {
            return 0;
        }
        long n = 0;
        for (String stage : new String[] {"cam", "walk", "pseudo"}) {
            for (int part = 0; part < 3; part++) {
                Path folder = out.resolve(stage).resolve("part" + part);
                if (Files.isDirectory(folder)) {
                    try (Stream<Path> files = Files.list(folder)) {
                        n += files.count();
                    }
                }
            }
        }
        return n;
    }

    private SortedMap<String, String> undisturbed() {
        Path out = tmp.resolve("undisturbed");
        SyntheticData.run(data(), out);
        SortedMap<String, String> hashes = Folders.hashes(out);
        assertThat(hashes).hasSizeGreaterThan(3 * (SAMPLES - 1));
        return hashes;
    }

    @Test
    void killed_runs_resume_to_the_same_bytes() throws Exception {
        Path out = tmp.resolve("killed");
        Random random = new Random(1);
        int killed = 0;
        for (int i = 0; i < 5; i++) {
            killed += kill(start(out, 0, 1), out, random) ? 1 : 0;
        }
        assertThat(killed).isGreaterThanOrEqualTo(3);
        Process last = start(out, 0, 1);
        assertThat(last.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(last.exitValue()).isZero();
        assertThat(Folders.hashes(out)).isEqualTo(undisturbed());
    }

    @Test
    void killed_shard_does_not_disturb_the_other() throws Exception {
        Path out = tmp.resolve("shards");
        Process living = start(out, 0, 2);
        Process dying = start(out, 1, 2);
        assertThat(kill(dying, out, new Random(2))).isTrue();
        Process again = start(out, 1, 2);
        assertThat(living.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(again.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(living.exitValue() + again.exitValue()).isZero();
        SyntheticData.folder(data(), out).build().merge(SyntheticData.pseudo(1));
        assertThat(Folders.hashes(out)).isEqualTo(undisturbed());
    }
}
