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

    /** What the options of data say that no data of the kind reads, or that is not there. */
    @Test
    void optionsOfData() throws IOException {
        Path folder = SceneFolder.write(tmp.resolve("scenes"), 3, true);
        String data = "--data=folder:" + folder;
        Path classes = Files.writeString(tmp.resolve("names.txt"), "disk\nbackground\n");
        failsWith(List.of("--classes", classes.toString()), "--classes is for voc:DIR, folder:DIR, got --data shapes");
        failsWith(List.of("--split", "train=a", "--data", "shapes:train=2"), "--split is for", "--data shapes:train=2");
        failsWith(List.of("--hold-out", "5"), "--hold-out is for", "shapes");
        failsWith(List.of("--cls-labels", "x.npy", "--data", "camvid:x"), "--cls-labels is for", "camvid:x");
        failsWith(List.of(data, "--masks", "wt"), "--masks is for voc:DIR, coco:DIR, cityscapes", "folder:");
        failsWith(List.of("--masks", "wt", "--data", "coco:" + folder), "no images of COCO's train");
        failsWith(List.of(data, "--split", "test=a"), "--split has 'test=a'", "train=LIST");
        failsWith(List.of(data, "--split", "train=a,train=b"), "--split has 'train=b'");
        failsWith(List.of(data, "--split", "train="), "--split has 'train='");
        failsWith(List.of(data, "--split", "train=none"), "no list 'none'", folder.toString());
        failsWith(List.of(data, "--hold-out", "1"), "--hold-out is 1", "expected 2 or more");
        failsWith(List.of(data, "--hold-out", "5"), "3 images", "every 5th");
        failsWith(List.of(data, "--classes", classes.toString()), classes + ":2", "'background'", "expected it first");
        failsWith(List.of(data, "--classes", tmp.resolve("gone.txt").toString()), "gone.txt", "no such file");
    }

    /** What a backbone cannot start from, before anything is downloaded. */
    @Test
    void backboneAndItsWeights() throws IOException {
        Path out = tmp.resolve("out");
        String cache = "--cache=" + tmp.resolve("cache");
        Path text = Files.writeString(tmp.resolve("text.tflite"), "this is no network");
        failsWith(List.of("--backbone=vgg16", "--out=" + out), "--backbone is 'vgg16'", "one of resnet18, mobilenetv2");
        failsWith(List.of("--weights=none"), "--weights is for --backbone mobilenetv2, got --backbone resnet18");
        String mobile = "--backbone=mobilenetv2";
        failsWith(List.of(mobile, "--weights=resnet", cache), "--weights is 'resnet'", "wsss weights list");
        failsWith(List.of(mobile, "--weights=" + text), text.toString(), "unknown format");
        failsWith(List.of(mobile, "--offline", cache), "mobilenetv2-imagenet", "3.4 MiB", "https://", "cache");
        failsWith(List.of("--steps=0"), "--steps is 0; expected at least 1");
        failsWith(List.of("--max-pixels=0"), "--max-pixels is 0; expected at least 1");
        assertThat(out).doesNotExist();
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
