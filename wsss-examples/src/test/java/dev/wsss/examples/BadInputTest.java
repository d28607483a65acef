package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the program can know before it trains it says before it trains: one line, with thing, value and expectation. */
class BadInputTest {
    private final Path tmp;

    BadInputTest(@TempDir Path tmp) {
        this.tmp = tmp;
    }

    /** Runs a quickstart that must fail at once, with one line that holds all words. */
    private void fails(String data, String... words) {
        failsWith(List.of("--data", data, "--out", tmp.resolve("out").toString()), words);
    }

    private static void failsWith(List<String> options, String... words) {
        List<String> args = new ArrayList<>(List.of("quickstart", "--quick"));
        args.addAll(options);
        CommandLineRun run = CommandLineRun.of(args.toArray(String[]::new));
        assertThat(run.err()).singleElement().asString().startsWith("wsss: ").contains(words);
        assertThat(run.status()).isNotZero();
        assertThat(run.out()).noneMatch(line -> line.startsWith("classifier: "));
    }

    private Path scenes() throws IOException {
        return SceneFolder.write(tmp.resolve("scenes"), 2, false);
    }

    @Test
    void missingFolder() throws IOException {
        for (String kind : List.of("folder", "voc", "camvid")) {
            fails(kind + ":" + tmp.resolve("nowhere"), "nowhere", "no such", "expected");
        }
        Files.delete(SceneFolder.table(scenes()));
        fails("folder:" + tmp.resolve("scenes"), "labels.csv", "no such file", "expected");
    }

    @Test
    void emptyList() throws IOException {
        Files.writeString(SceneFolder.table(scenes()), "file,classes\n\n");
        fails("folder:" + tmp.resolve("scenes"), "scenes", "lists no image", "expected at least one");
    }

    @Test
    void unknownClassName() throws IOException {
        Files.writeString(SceneFolder.table(scenes()), "s0,unicorn\n");
        fails("folder:" + tmp.resolve("scenes"), "labels.csv:1", "unicorn");
    }

    @ParameterizedTest
    @ValueSource(strings = {"s0,;", "s0", ",disc"})
    void tagWithoutClassOrImage(String line) throws IOException {
        Files.writeString(SceneFolder.table(scenes()), line + "\n");
        fails("folder:" + tmp.resolve("scenes"), "labels.csv:1");
    }

    @Test
    void imageThatIsNotThere() throws IOException {
        Files.delete(SceneFolder.image(scenes(), 1));
        fails("folder:" + tmp.resolve("scenes"), "labels.csv:2", "s1");
    }

    @Test
    void masksOfSomeImagesOnly() throws IOException {
        Path folder = SceneFolder.write(tmp.resolve("scenes"), 3, true);
        Files.delete(SceneFolder.mask(folder, 1));
        fails("folder:" + folder, "s1", "no mask", "expected masks for all or for none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"imagenet", "imagenet:/data", "folder:", "shapes:size=many", "shapes:colour=3", ""})
    void unknownData(String spec) {
        fails(spec, "'" + spec + "'", "expected");
    }

    @Test
    void absentOrUnknownDevice() {
        failsWith(List.of("--out", tmp.resolve("out").toString(), "--device=cuda:77"), "cuda:77", "absent");
        failsWith(List.of("--out", tmp.resolve("out").toString(), "--device=tpu"), "'tpu'", "expected cpu");
        assertThat(tmp.resolve("out")).doesNotExist();
    }

    @Test
    void outputFolderThatCannotBeWritten() throws IOException {
        Path file = Files.writeString(tmp.resolve("file"), "in the way");
        failsWith(List.of("--data", "shapes:train=2,val=1,size=32", "--out", file + "/out"), file + "/out", "expected");
        failsWith(List.of("--data", "shapes:train=2,val=1,size=32", "--out", file.toString()), "output folder " + file);
        assertThat(file).hasContent("in the way");
    }

    @Test
    void wrongUsage() {
        failsWith(List.of("--seed", "many"), "--seed", "many", "--help");
        failsWith(List.of("--threads", "0"), "threads", "0");
        failsWith(List.of("--sead", "1"), "--sead", "--help");
        CommandLineRun nothing = CommandLineRun.of();
        assertThat(nothing.err()).singleElement().asString().contains("name a command", "--help");
        assertThat(nothing.status()).isEqualTo(2);
    }
}
