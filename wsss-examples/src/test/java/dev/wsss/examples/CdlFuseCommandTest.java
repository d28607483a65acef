package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code wsss cdl fuse} as a user types it. */
class CdlFuseCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    Path dir;

    private Path source(String name, int... labels) {
        byte[] bytes = new byte[labels.length];
        for (int i = 0; i < labels.length; i++) {
            bytes[i] = (byte) labels[i];
        }
        for (String id : List.of("x", "y")) {
            LabelPng.write(
                    dir.resolve(name).resolve(id + ".png"),
                    LabelMap.of(1, labels.length, bytes),
                    ClassCatalog.vocPalette());
        }
        return dir.resolve(name);
    }

    private int run(List<Path> sources, String... more) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        List<String> args = new ArrayList<>(List.of("cdl", "fuse", "--classes", "3", "--source"));
        sources.forEach(s -> args.add(s.toString()));
        args.addAll(List.of(more));
        return Wsss.execute(new PrintWriter(out, true), new PrintWriter(err, true), args.toArray(String[]::new));
    }

    @Test
    void fusesAndTellsHowSourcesAgree() throws Exception {
        List<Path> sources = List.of(source("a", 0, 1, 2, 2), source("b", 0, 1, 2, 1), source("c", 0, 1, 1, 1));
        Path to = dir.resolve("out");
        assertThat(run(sources, "--out", to.toString())).isZero();
        assertThat(out.toString().lines().toList())
                .contains("2 images in " + to.resolve("labels")
                        + ": 50.0 % of the pixels are unanimous, 0.0 % have no label")
                .anyMatch(line -> line.matches(".*a +100\\.00 +75\\.00 +50\\.00 +\\d+\\.\\d\\d"));
        assertThat(LabelPng.read(to.resolve("labels/x.png")).toArray()).containsExactly(0, 1, 2, 1);
        assertThat(run(sources, "--out", to.toString())).isEqualTo(1);
        assertThat(err.toString()).contains("or --overwrite").hasLineCount(1);
        assertThat(run(sources, "--out", to.toString(), "--overwrite", "--weight", "5", "1", "1"))
                .isZero();
        assertThat(LabelPng.read(to.resolve("labels/x.png")).toArray()).containsExactly(0, 1, 2, 2);
        Files.delete(dir.resolve("c/y.png"));
        assertThat(run(sources, "--out", to.toString(), "--overwrite", "--allow-left-out", "50%"))
                .isEqualTo(3);
        assertThat(out.toString()).contains("without labels of " + dir.resolve("c") + ": 1", "  y");
    }

    @Test
    void wrongUseIsNamed() {
        List<Path> two = List.of(source("a", 0, 1), source("b", 0, 1));
        String to = dir.resolve("out").toString();
        assertThat(run(two, "--out", to, "--weight", "1")).isEqualTo(2);
        assertThat(err.toString()).contains("--weight has 1 values", "each of 2 --source");
        assertThat(run(two, "--out", to, "--method", "credibility")).isEqualTo(2);
        assertThat(err.toString()).contains("--source has 2 folders; CREDIBILITY needs at least 3");
        assertThat(run(two.subList(0, 1), "--out", to)).isEqualTo(2);
        assertThat(run(List.of(two.get(0), source("c", 0, 7)), "--out", to)).isEqualTo(1);
        assertThat(err.toString()).contains("1 pixel has the value 7; expected labels 0..2 or 255");
        assertThat(Wsss.execute(new PrintWriter(err, true), "cdl")).isEqualTo(2);
        assertThat(err.toString()).contains("name a step");
    }
}
