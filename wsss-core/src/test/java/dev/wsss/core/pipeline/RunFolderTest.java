package dev.wsss.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.util.Progress;
import dev.wsss.api.GroundTruthAccessException;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RunManifest;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.WsssException;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@NullUnmarked
class RunFolderTest {
    @TempDir
    Path tmp;

    private final SyntheticData data = SyntheticData.of(13);

    private SortedMap<String, String> undisturbed() {
        Path out = tmp.resolve("undisturbed");
        SyntheticData.run(data, out);
        return Folders.hashes(out);
    }

    @Test
    void products_are_written_and_read_back() {
        Stage<ScoreMaps> cam = SyntheticData.camStage().build();
        Stage<ScoreMaps> walk = SyntheticData.walkStage(cam).build();
        Stage<LabelMap> pseudo = SyntheticData.labelStage(walk).build();
        RunFolder run = SyntheticData.folder(data, tmp).build();
        assertThatThrownBy(() -> run.store(pseudo))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("'pseudo' has not been made in this run");
        RunResult result = run.make(pseudo);

        assertThat(result.done()).isEqualTo(13);
        assertThat(result.failures()).isEmpty();
        assertThat(result.stages()).extracting(RunResult.StageSummary::made).containsExactly(13, 13, 13);
        assertThat(run.store(pseudo).ids()).hasSize(13).contains("part1/img_4");
        ScoreMaps expected = SyntheticData.cam(data.get(4));
        ScoreMaps loaded = run.store(cam).load("part1/img_4");
        assertThat(loaded.labels()).isEqualTo(expected.labels());
        assertThat(loaded.toArray()).isEqualTo(expected.toArray());
        LabelMap label = run.store(pseudo).load("part1/img_4");
        assertThat(label.height()).isEqualTo(24);
        assertThat(label.histogram()[0]).isBetween(1, 24 * 24 - 1);
        assertThat(result.summary()).contains("13 of 13 samples done").contains("walk");
        // by the clock since the run was built, not the sum of what its parts took
        RunResult again = run.make(pseudo);
        double both =
                result.seconds().getOrDefault("total", 0.0) + again.seconds().getOrDefault("total", 0.0);
        double first = run.seconds().getOrDefault("total", 0.0);
        assertThat(first).isGreaterThan(both).isLessThan(run.seconds().getOrDefault("total", 0.0));
    }

    @Test
    void score_maps_file_is_what_the_documentation_says() {
        SyntheticData.run(data, tmp);
        Map<String, HostArray> tensors = Safetensors.read(tmp.resolve("cam/part0/img_0.safetensors"));
        assertThat(tensors.get("scores").dtype()).isEqualTo(DType.F32);
        assertThat(tensors.get("scores").shape()).containsExactly(1, 24, 24);
        assertThat(tensors.get("labels").toInts()).containsExactly(1);
    }

    @Test
    void products_have_the_permissions_of_any_file() throws IOException {
        SyntheticData.run(data, tmp);
        assumeThat(FileSystems.getDefault().supportedFileAttributeViews()).contains("posix");
        var usual = Files.getPosixFilePermissions(Files.writeString(tmp.resolve("usual"), ""));
        assertThat(Files.getPosixFilePermissions(tmp.resolve("pseudo/part0/img_0.png")))
                .isEqualTo(usual);
        assertThat(Files.getPosixFilePermissions(tmp.resolve("cam/part0/img_0.safetensors")))
                .isEqualTo(usual);
    }

    @Test
    void rerun_decodes_nothing_and_changes_nothing() {
        SyntheticData.run(data, tmp);
        SortedMap<String, String> before = Folders.hashes(tmp);
        int decoded = data.decoded.get();
        RunResult again = SyntheticData.run(data, tmp);
        assertThat(data.decoded.get()).isEqualTo(decoded);
        assertThat(again.skipped()).isEqualTo(13);
        assertThat(again.stages()).extracting(RunResult.StageSummary::reused).containsExactly(13, 13, 13);
        assertThat(Folders.hashes(tmp)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 5})
    void threads_do_not_change_a_byte(int threads) {
        Path out = tmp.resolve("threads");
        SyntheticData.folder(data, out)
                .optReaders(threads)
                .optWriters(threads)
                .build()
                .make(SyntheticData.pseudo(threads));
        assertThat(Folders.hashes(out)).isEqualTo(undisturbed());
    }

    @Test
    void seed_changes_the_stage_that_uses_it() {
        Path out = tmp.resolve("seed");
        SyntheticData.folder(data, out).optSeed(8).build().make(SyntheticData.pseudo(1));
        SortedMap<String, String> one = undisturbed();
        SortedMap<String, String> other = Folders.hashes(out);
        assertThat(other.get("cam/part0/img_0.safetensors")).isEqualTo(one.get("cam/part0/img_0.safetensors"));
        assertThat(other.get("walk/part0/img_0.safetensors")).isNotEqualTo(one.get("walk/part0/img_0.safetensors"));
    }

    @Test
    void shards_and_merge_give_the_bytes_of_one_run() throws Exception {
        Path out = tmp.resolve("shards");
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            int shard = i;
            threads.add(new Thread(() -> SyntheticData.folder(SyntheticData.of(13), out)
                    .optShard(shard, 3)
                    .build()
                    .make(SyntheticData.pseudo(1))));
        }
        threads.forEach(Thread::start);
        for (Thread t : threads) {
            t.join();
        }
        assertThat(out.resolve("manifest.json")).doesNotExist();
        RunManifest merged = SyntheticData.folder(data, out).build().merge(SyntheticData.pseudo(1));
        assertThat(Folders.hashes(out)).isEqualTo(undisturbed());
        assertThat(merged).isEqualTo(RunManifest.read(tmp.resolve("undisturbed")));
    }

    @Test
    void merge_refuses_missing_and_damaged_products() throws Exception {
        Stage<LabelMap> pseudo = SyntheticData.pseudo(1);
        RunFolder shard = SyntheticData.folder(data, tmp).optShard(0, 2).build();
        shard.make(pseudo);
        assertThatThrownBy(shard::manifest)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a shard has no manifest; merge writes it");
        RunFolder whole = SyntheticData.folder(data, tmp).build();
        assertThatThrownBy(() -> whole.merge(pseudo))
                .isInstanceOf(WsssException.class)
                .hasMessageContaining("6 of 13 samples lack products ('part1/img_1' in 'cam'");
        SyntheticData.folder(data, tmp).optShard(1, 2).build().make(pseudo);
        whole.merge(pseudo);
        Files.delete(tmp.resolve("walk/part0/img_0.safetensors"));
        RunFolder later = SyntheticData.folder(data, tmp).build();
        assertThatThrownBy(() -> later.merge(pseudo))
                .hasMessageContaining("1 of 13")
                .hasMessageContaining("'part0/img_0' in 'walk'");
    }

    @Test
    void merge_waits_for_no_one() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Stage<ScoreMaps> slow = SyntheticData.camStage(sample -> {
                    running.countDown();
                    await(go);
                    return SyntheticData.cam(sample);
                })
                .build();
        Thread other = new Thread(() -> SyntheticData.folder(data, tmp).build().make(slow));
        other.start();
        await(running);
        RunFolder mine = SyntheticData.folder(data, tmp).build();
        assertThatThrownBy(() -> mine.merge(slow)).hasMessageContaining("another run is writing to " + tmp);
        go.countDown();
        other.join();
        assertThat(mine.merge(slow).stages().get(0).products()).isEqualTo(13);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void damaged_product_is_made_again_and_what_depends_on_it() throws Exception {
        SyntheticData.run(data, tmp);
        SortedMap<String, String> before = Folders.hashes(tmp);
        Path truncated = tmp.resolve("walk/part0/img_3.safetensors");
        Files.write(truncated, new byte[100]);
        Path flipped = tmp.resolve("pseudo/part1/img_1.png");
        byte[] bytes = Files.readAllBytes(flipped);
        bytes[bytes.length / 2] ^= 1;
        Files.write(flipped, bytes);
        Files.delete(tmp.resolve("cam/part2/img_2.safetensors"));

        RunResult result = SyntheticData.run(data, tmp);
        assertThat(result.skipped()).isEqualTo(10);
        assertThat(result.stages()).extracting(RunResult.StageSummary::made).containsExactly(1, 2, 3);
        assertThat(Folders.hashes(tmp)).isEqualTo(before);
    }

    @Test
    void torn_and_lost_index_lines_cost_time_only() throws Exception {
        SyntheticData.run(data, tmp);
        SortedMap<String, String> before = Folders.hashes(tmp);
        Path index = tmp.resolve("cam/index.tsv");
        String text = Files.readString(index);
        Files.writeString(
                index,
                text.substring(0, text.length() - 20).replaceFirst("made\tpart0/img_0\t.", "made\tpart0/img_0\tx"));
        RunResult result = SyntheticData.run(data, tmp);
        assertThat(result.stages().get(0).made()).isEqualTo(2);
        assertThat(Folders.hashes(tmp)).isEqualTo(before);
    }

    @Test
    void other_tags_make_the_sample_again() {
        SyntheticData.run(data, tmp);
        data.tagShift = 1;
        assertThat(SyntheticData.run(data, tmp).stages().get(0).made()).isEqualTo(13);
    }

    @Test
    void corrupt_image_is_listed_and_the_rest_goes_on() {
        data.corrupt.add("part2/img_5");
        RunResult result = SyntheticData.run(data, tmp);
        RunManifest.Failure failure =
                new RunManifest.Failure("part2/img_5", "read", "part2/img_5.jpg: the data ends early");
        assertThat(result.done()).isEqualTo(12);
        assertThat(result.failures()).containsExactly(failure);
        assertThat(RunManifest.read(tmp).failures()).containsExactly(failure);
        assertThat(result.summary()).contains("part2/img_5 failed in read: part2/img_5.jpg: the data ends early");
        assertThat(RunManifest.read(tmp).stages())
                .extracting(RunManifest.StageProducts::products)
                .containsExactly(12, 12, 12);

        SortedMap<String, String> before = Folders.hashes(tmp);
        assertThat(SyntheticData.run(data, tmp).failures()).containsExactly(failure);
        assertThat(Folders.hashes(tmp)).isEqualTo(before);
        assertThat(SyntheticData.folder(data, tmp)
                        .build()
                        .merge(SyntheticData.pseudo(1))
                        .failures())
                .containsExactly(failure);

        data.corrupt.clear();
        RunResult repaired = SyntheticData.run(data, tmp);
        assertThat(repaired.failures()).isEmpty();
        assertThat(Folders.hashes(tmp)).isEqualTo(undisturbed());
    }

    @Test
    void stage_that_refuses_a_sample_blocks_only_what_depends_on_it() {
        Stage<ScoreMaps> cam = SyntheticData.camStage().build();
        Stage<ScoreMaps> picky = Stage.builder(ProductCodec.scoreMaps())
                .setName("refined")
                .optInputs(cam)
                .optConfig("refuses", "part1/img_7")
                .setFunction((sample, inputs) -> {
                    if (sample.id().equals("part1/img_7")) {
                        throw new InvalidDataException("too small\n\tfor <this> refiner \\u0041");
                    }
                    return inputs.get(cam);
                })
                .build();
        Stage<LabelMap> fromPicky = SyntheticData.labelStage(picky).build();
        Stage<ScoreMaps> walk = SyntheticData.walkStage(cam).build();
        RunFolder run = SyntheticData.folder(data, tmp).build();
        RunResult result = run.make(fromPicky, walk);
        assertThat(result.failures())
                .containsExactly(
                        new RunManifest.Failure("part1/img_7", "refined", "too small\n\tfor <this> refiner \\u0041"));
        assertThat(RunManifest.read(tmp).failures()).isEqualTo(result.failures());
        assertThat(run.store(walk).contains("part1/img_7")).isTrue();
        assertThat(run.store(fromPicky).contains("part1/img_7")).isFalse();
        assertThatThrownBy(() -> run.store(fromPicky).load("part1/img_7"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("it failed in 'refined' (too small");
    }

    @Test
    void unexpected_exception_ends_the_run_with_the_sample_and_keeps_the_rest() {
        AtomicInteger calls = new AtomicInteger();
        Stage<ScoreMaps> buggy = SyntheticData.camStage(sample -> {
                    if (calls.incrementAndGet() == 5) {
                        throw new ArithmeticException("/ by zero");
                    }
                    return SyntheticData.cam(sample);
                })
                .build();
        assertThatThrownBy(() ->
                        SyntheticData.folder(data, tmp).optReaders(1).build().make(buggy))
                .isInstanceOf(WsssException.class)
                .hasMessage(
                        "stage 'cam' on sample 'part1/img_4' ended the run: java.lang.ArithmeticException: / by zero")
                .hasCauseInstanceOf(ArithmeticException.class);
        RunResult resumed = SyntheticData.folder(data, tmp).build().make(buggy);
        assertThat(resumed.done()).isEqualTo(13);
        assertThat(resumed.skipped()).isBetween(1, 4);
    }

    @Test
    void error_ends_the_run_too() {
        Stage<ScoreMaps> stage = SyntheticData.camStage(sample -> {
                    throw new StackOverflowError();
                })
                .build();
        assertThatThrownBy(() -> SyntheticData.folder(data, tmp).build().make(stage))
                .isInstanceOf(WsssException.class)
                .hasMessageContaining("part")
                .hasCauseInstanceOf(StackOverflowError.class);
    }

    @Test
    void asking_for_truth_ends_the_run() {
        Stage<LabelMap> cheat = Stage.builder(ProductCodec.labelMaps())
                .setName("cheat")
                .optConfig("reads", "masks")
                .setFunction((sample, inputs) -> data.tagsOnly().truth(0))
                .build();
        assertThatThrownBy(() -> SyntheticData.folder(data, tmp).build().make(cheat))
                .hasCauseInstanceOf(GroundTruthAccessException.class);
    }

    @Test
    void interrupt_ends_the_run_in_order() {
        Thread main = Thread.currentThread();
        Stage<ScoreMaps> stage = SyntheticData.camStage(sample -> {
                    main.interrupt();
                    return SyntheticData.cam(sample);
                })
                .build();
        RunFolder run = SyntheticData.folder(SyntheticData.of(5000), tmp).build();
        assertThatThrownBy(() -> run.make(stage))
                .isInstanceOf(WsssException.class)
                .hasMessageContaining("interrupted");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(tmp.resolve(".work")).isDirectoryNotContaining(Files::isDirectory);
    }

    @Test
    void other_configuration_is_refused_unless_overwriting_is_allowed() {
        SyntheticData.run(data, tmp);
        Stage<ScoreMaps> cam =
                Stages.cam(new SyntheticData.Cam(0.5)).optConfig("flip", true).build();
        Stage<ScoreMaps> walk = SyntheticData.walkStage(cam).build();
        assertThatThrownBy(() -> SyntheticData.folder(data, tmp).build().make(walk))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(tmp.resolve("cam").toString())
                .hasMessageContaining("config.cam.scale is '1.0' there and '0.5' here, config.flip is not set there and"
                        + " 'true' here");
        assertThatThrownBy(() -> SyntheticData.run(SyntheticData.of(14), tmp))
                .hasMessageContaining("data.samples is '13' there and '14' here");
        RunResult result =
                SyntheticData.folder(data, tmp).optRemake(true).build().make(walk);
        assertThat(result.stages()).extracting(RunResult.StageSummary::made).containsExactly(13, 13);
        assertThatThrownBy(() -> SyntheticData.run(data, tmp)).isInstanceOf(InvalidDataException.class);
    }

    @Test
    void foreign_folder_is_never_emptied() throws Exception {
        Files.createDirectories(tmp.resolve("cam"));
        Files.writeString(tmp.resolve("cam/thesis.tex"), "years of work");
        assertThatThrownBy(() ->
                        SyntheticData.folder(data, tmp).optRemake(true).build().make(SyntheticData.pseudo(1)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("holds files but no stage.json");
        assertThat(tmp.resolve("cam/thesis.tex")).exists();
    }

    @Test
    void output_that_cannot_be_written_is_refused_by_name_before_anything_is_read() throws Exception {
        Path file = Files.writeString(tmp.resolve("file"), "");
        assertThatThrownBy(() -> SyntheticData.run(data, file.resolve("out")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("output folder " + file.resolve("out") + " cannot be written");
        assertThat(data.decoded).hasValue(0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../evil",
                "a/../../evil",
                "..",
                ".",
                "/etc/passwd",
                "a//b",
                "a/",
                "",
                "a\\b",
                "C:evil",
                "a\nb",
                "a\u0000b",
                "a*",
                "what?",
                "trailing.",
                "trailing ",
                ".work/lock",
                "lone\uD800"
            })
    void id_that_cannot_be_a_file_name_is_refused_by_name(String id) {
        assertThatThrownBy(() -> SyntheticData.run(new SyntheticData(List.of("good", id), 8), tmp.resolve("out")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("sample 1 of synthetic has the id");
        assertThat(tmp.resolve("out")).doesNotExist();
    }

    @Test
    void id_that_stands_twice_is_refused() {
        assertThatThrownBy(() -> SyntheticData.run(new SyntheticData(List.of("a", "b", "a"), 8), tmp))
                .hasMessageContaining("'a', which stands twice");
    }

    @Test
    void memory_is_bounded_and_everything_is_closed() {
        Set<ScoreMaps> open = new HashSet<>();
        AtomicInteger most = new AtomicInteger();
        Stage<ScoreMaps> cam = SyntheticData.camStage(sample -> counted(SyntheticData.cam(sample), open, most))
                .optWorkers(3)
                .build();
        Stage<ScoreMaps> walk = Stage.builder(ProductCodec.scoreMaps())
                .setName("refined")
                .optInputs(cam)
                .optConfig("function", "of this test")
                .optWorkers(3)
                .setFunction((s, inputs) -> counted(SyntheticData.cam(s), open, most))
                .build();
        SyntheticData.folder(SyntheticData.of(60), tmp)
                .optReaders(4)
                .optInFlight(5)
                .build()
                .make(walk);
        assertThat(open).isEmpty();
        assertThat(most.get()).isBetween(2, 2 * 5);
    }

    private static ScoreMaps counted(ScoreMaps maps, Set<ScoreMaps> open, AtomicInteger most) {
        ScoreMaps counted = new ScoreMaps() {
            @Override
            public int[] labels() {
                return maps.labels();
            }

            @Override
            public int height() {
                return maps.height();
            }

            @Override
            public int width() {
                return maps.width();
            }

            @Override
            public float[] toArray() {
                return maps.toArray();
            }

            @Override
            public void close() {
                synchronized (open) {
                    open.remove(this);
                }
            }
        };
        synchronized (open) {
            open.add(counted);
            most.accumulateAndGet(open.size(), Math::max);
        }
        return counted;
    }

    @Test
    void progress_counts_every_sample_once() {
        List<String> calls = new ArrayList<>();
        AtomicInteger sum = new AtomicInteger();
        SyntheticData.folder(data, tmp)
                .optWriters(3)
                .optProgress(new Progress() {
                    @Override
                    public void reset(String message, long max, String trailing) {
                        calls.add("reset " + max);
                    }

                    @Override
                    public void start(long initial) {
                        calls.add("start " + initial);
                    }

                    @Override
                    public void end() {
                        calls.add("end");
                    }

                    @Override
                    public void increment(long n) {
                        sum.addAndGet((int) n);
                    }

                    @Override
                    public void update(long progress, String message) {
                        calls.add("update");
                    }
                })
                .build()
                .make(SyntheticData.pseudo(1));
        assertThat(calls).containsExactly("reset 13", "start 0", "end");
        assertThat(sum).hasValue(13);
    }

    @Test
    void wrong_compositions_are_refused() {
        Stage<ScoreMaps> cam = SyntheticData.camStage().build();
        Stage<ScoreMaps> walk =
                SyntheticData.walkStage(SyntheticData.camStage().build()).build();
        RunFolder run = SyntheticData.folder(data, tmp).build();
        assertThatThrownBy(() -> run.make(cam, walk))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("there are two stages named 'cam'");
        Stage<ScoreMaps> upper = SyntheticData.camStage().optName("CAM").build();
        assertThatThrownBy(() -> run.make(cam, upper)).hasMessage("there are two stages named 'CAM'");
        assertThatThrownBy(() -> SyntheticData.camStage().optName("../up"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'../up'");
        assertThatThrownBy(() -> RunFolder.builder().setData(data).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setFolder is required");
        assertThatThrownBy(() -> RunFolder.builder().setFolder(tmp).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setData is required");
    }

    @Test
    void input_that_was_not_named_is_refused() {
        Stage<ScoreMaps> cam = SyntheticData.camStage().build();
        Stage<ScoreMaps> sneaky = Stage.builder(ProductCodec.scoreMaps())
                .setName("sneaky")
                .optConfig("reads", "cam")
                .setFunction((sample, inputs) -> inputs.get(cam))
                .build();
        assertThatThrownBy(() -> SyntheticData.folder(data, tmp).build().make(cam, sneaky))
                .hasMessageContaining("stage 'sneaky' asked for the product of 'cam', which is not one of its inputs");
    }

    @Test
    void store_refuses_other_formats_and_damaged_files() throws IOException {
        SyntheticData.run(data, tmp);
        assertThatThrownBy(() -> ProductStore.open(tmp.resolve("cam"), ProductCodec.labelMaps()))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("products have the format 'safetensors");
        assertThatThrownBy(() -> ProductStore.open(tmp.resolve("none"), ProductCodec.labelMaps()))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("no such file");
        ProductStore<ScoreMaps> cam = ProductStore.open(tmp.resolve("cam"), ProductCodec.scoreMaps());
        Files.write(cam.file("part0/img_0"), new byte[] {1}, StandardOpenOption.APPEND);
        assertThatThrownBy(() -> cam.load("part0/img_0"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("run the pipeline again");
        assertThatThrownBy(() -> cam.load("../cam/part0/img_1")).isInstanceOf(IllegalArgumentException.class);
    }

    private record Nested(double threshold, int[] sizes) {}

    private record Config(String name, Nested nested, List<Nested> more) {}

    @Test
    void records_are_configuration() {
        Nested nested = new Nested(0.5, new int[] {1, 2});
        Stage<ScoreMaps> stage = Stages.cam(new SyntheticData.Cam(1))
                .optConfig(new Config("x", nested, List.of(nested)))
                .build();
        assertThat(stage.description().entries())
                .isEqualTo(new TreeMap<>(Map.of(
                        "cam", "Cam",
                        "cam.scale", "1.0",
                        "name", "x",
                        "nested.threshold", "0.5",
                        "nested.sizes", "[1, 2]",
                        "more.0.threshold", "0.5",
                        "more.0.sizes", "[1, 2]")));
        Stage.Builder<ScoreMaps> wrong = SyntheticData.camStage().optConfig("model", new Object());
        assertThatThrownBy(wrong::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'model' is a java.lang.Object");
        Stage.Builder<ScoreMaps> twice = SyntheticData.camStage().optConfig("cam.scale", 2);
        assertThatThrownBy(twice::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'cam.scale'")
                .hasMessageContaining("stands twice");
    }

    @Test
    void manifest_survives_its_file() {
        RunFolder run = SyntheticData.folder(data, tmp)
                .optConfig("note", "<b>&\"\u00e9\u2028")
                .build();
        assertThatThrownBy(run::manifest)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no stage was made in this run yet");
        run.make(SyntheticData.pseudo(1));
        RunManifest manifest = RunManifest.read(tmp);
        assertThat(run.manifest()).isEqualTo(manifest);
        assertThat(manifest.device()).isEqualTo("cpu");
        assertThat(manifest.config()).containsEntry("note", "<b>&\"\u00e9\u2028");
        assertThat(manifest.input().samples()).isEqualTo(13);
        assertThat(manifest.versions()).containsKeys("wsss", "libtorch", "java", "os");
        assertThat(manifest.versions().get("libtorch")).startsWith("2.");
        assertThat(RunManifest.parse("again", manifest.toJson())).isEqualTo(manifest);
        assertThat(tmp.resolve(RunManifest.TIMINGS_FILE_NAME)).content().contains("stage:walk");
        assertThatThrownBy(() -> RunManifest.parse("file.json", "{\"format\": 1}"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("file.json: not a run manifest ('input' is missing)");
    }
}
