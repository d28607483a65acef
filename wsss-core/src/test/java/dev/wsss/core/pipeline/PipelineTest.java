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
import java.util.function.UnaryOperator;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@NullUnmarked
class PipelineTest {
    @TempDir
    Path tmp;

    private final SyntheticData data = SyntheticData.of(13);

    private SortedMap<String, String> undisturbed() {
        Path out = tmp.resolve("undisturbed");
        SyntheticData.pipeline(data, out).run();
        return Folders.hashes(out);
    }

    @Test
    void products_are_written_and_read_back() {
        Stage<ScoreMaps> cam = SyntheticData.camStage();
        Stage<ScoreMaps> walk = SyntheticData.walkStage(cam);
        Stage<LabelMap> pseudo = SyntheticData.labelStage(walk);
        Pipeline pipeline = Pipeline.builder()
                .setData(data)
                .setOut(tmp)
                .stage(cam)
                .stage(walk)
                .stage(pseudo)
                .build();
        PipelineResult result = pipeline.run();

        assertThat(result.done()).isEqualTo(13);
        assertThat(result.failures()).isEmpty();
        assertThat(result.stages())
                .extracting(PipelineResult.StageSummary::made)
                .containsExactly(13, 13, 13);
        assertThat(result.store(pseudo).ids()).hasSize(13).contains("part1/img_4");
        ScoreMaps expected = SyntheticData.cam(data.get(4));
        ScoreMaps loaded = pipeline.store(cam).load("part1/img_4");
        assertThat(loaded.labels()).isEqualTo(expected.labels());
        assertThat(loaded.toArray()).isEqualTo(expected.toArray());
        LabelMap label = result.store(pseudo).load("part1/img_4");
        assertThat(label.height()).isEqualTo(24);
        assertThat(label.histogram()[0]).isBetween(1, 24 * 24 - 1);
        assertThat(result.summary()).contains("13 of 13 samples done").contains("walk");
    }

    @Test
    void score_maps_file_is_what_the_documentation_says() {
        SyntheticData.pipeline(data, tmp).run();
        Map<String, HostArray> tensors = Safetensors.read(tmp.resolve("cam/part0/img_0.safetensors"));
        assertThat(tensors.get("scores").dtype()).isEqualTo(DType.F32);
        assertThat(tensors.get("scores").shape()).containsExactly(1, 24, 24);
        assertThat(tensors.get("labels").toInts()).containsExactly(1);
    }

    @Test
    void products_have_the_permissions_of_any_file() throws IOException {
        SyntheticData.pipeline(data, tmp).run();
        assumeThat(FileSystems.getDefault().supportedFileAttributeViews()).contains("posix");
        var usual = Files.getPosixFilePermissions(Files.writeString(tmp.resolve("usual"), ""));
        assertThat(Files.getPosixFilePermissions(tmp.resolve("pseudo/part0/img_0.png")))
                .isEqualTo(usual);
        assertThat(Files.getPosixFilePermissions(tmp.resolve("cam/part0/img_0.safetensors")))
                .isEqualTo(usual);
    }

    @Test
    void rerun_decodes_nothing_and_changes_nothing() {
        SyntheticData.pipeline(data, tmp).run();
        SortedMap<String, String> before = Folders.hashes(tmp);
        int decoded = data.decoded.get();
        PipelineResult again = SyntheticData.pipeline(data, tmp).run();
        assertThat(data.decoded.get()).isEqualTo(decoded);
        assertThat(again.skipped()).isEqualTo(13);
        assertThat(again.stages())
                .extracting(PipelineResult.StageSummary::reused)
                .containsExactly(13, 13, 13);
        assertThat(Folders.hashes(tmp)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 5})
    void threads_do_not_change_a_byte(int threads) {
        Path out = tmp.resolve("threads");
        SyntheticData.pipeline(data, out)
                .optReaders(threads)
                .optWorkers(threads)
                .optWriters(threads)
                .run();
        assertThat(Folders.hashes(out)).isEqualTo(undisturbed());
    }

    @Test
    void seed_changes_the_stage_that_uses_it() {
        Path out = tmp.resolve("seed");
        SyntheticData.pipeline(data, out).optSeed(8).run();
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
            threads.add(new Thread(() -> SyntheticData.pipeline(SyntheticData.of(13), out)
                    .optShard(shard, 3)
                    .run()));
        }
        threads.forEach(Thread::start);
        for (Thread t : threads) {
            t.join();
        }
        assertThat(out.resolve("manifest.json")).doesNotExist();
        RunManifest merged = SyntheticData.pipeline(data, out).build().merge();
        assertThat(Folders.hashes(out)).isEqualTo(undisturbed());
        assertThat(merged).isEqualTo(RunManifest.read(tmp.resolve("undisturbed")));
    }

    @Test
    void merge_refuses_missing_and_damaged_products() throws Exception {
        SyntheticData.pipeline(data, tmp).optShard(0, 2).run();
        Pipeline whole = SyntheticData.pipeline(data, tmp).build();
        assertThatThrownBy(whole::merge)
                .isInstanceOf(WsssException.class)
                .hasMessageContaining("6 of 13 samples lack products ('part1/img_1' in 'cam'");
        SyntheticData.pipeline(data, tmp).optShard(1, 2).run();
        whole.merge();
        Files.delete(tmp.resolve("walk/part0/img_0.safetensors"));
        assertThatThrownBy(whole::merge)
                .hasMessageContaining("1 of 13")
                .hasMessageContaining("'part0/img_0' in 'walk'");
    }

    @Test
    void merge_waits_for_no_one() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Stage<ScoreMaps> slow = Stages.cam(sample -> {
                    running.countDown();
                    await(go);
                    return SyntheticData.cam(sample);
                })
                .build();
        Thread other = new Thread(
                () -> Pipeline.builder().setData(data).setOut(tmp).stage(slow).run());
        other.start();
        await(running);
        Pipeline mine = Pipeline.builder().setData(data).setOut(tmp).stage(slow).build();
        assertThatThrownBy(mine::merge).hasMessageContaining("another run is writing to " + tmp);
        go.countDown();
        other.join();
        assertThat(mine.merge().stages().get(0).products()).isEqualTo(13);
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
        SyntheticData.pipeline(data, tmp).run();
        SortedMap<String, String> before = Folders.hashes(tmp);
        Path truncated = tmp.resolve("walk/part0/img_3.safetensors");
        Files.write(truncated, new byte[100]);
        Path flipped = tmp.resolve("pseudo/part1/img_1.png");
        byte[] bytes = Files.readAllBytes(flipped);
        bytes[bytes.length / 2] ^= 1;
        Files.write(flipped, bytes);
        Files.delete(tmp.resolve("cam/part2/img_2.safetensors"));

        PipelineResult result = SyntheticData.pipeline(data, tmp).run();
        assertThat(result.skipped()).isEqualTo(10);
        assertThat(result.stages())
                .extracting(PipelineResult.StageSummary::made)
                .containsExactly(1, 2, 3);
        assertThat(Folders.hashes(tmp)).isEqualTo(before);
    }

    @Test
    void torn_and_lost_index_lines_cost_time_only() throws Exception {
        SyntheticData.pipeline(data, tmp).run();
        SortedMap<String, String> before = Folders.hashes(tmp);
        Path index = tmp.resolve("cam/index.tsv");
        String text = Files.readString(index);
        Files.writeString(
                index,
                text.substring(0, text.length() - 20).replaceFirst("made\tpart0/img_0\t.", "made\tpart0/img_0\tx"));
        PipelineResult result = SyntheticData.pipeline(data, tmp).run();
        assertThat(result.stages().get(0).made()).isEqualTo(2);
        assertThat(Folders.hashes(tmp)).isEqualTo(before);
    }

    @Test
    void other_tags_make_the_sample_again() {
        SyntheticData.pipeline(data, tmp).run();
        data.tagShift = 1;
        assertThat(SyntheticData.pipeline(data, tmp).run().stages().get(0).made())
                .isEqualTo(13);
    }

    @Test
    void corrupt_image_is_listed_and_the_rest_goes_on() {
        data.corrupt.add("part2/img_5");
        PipelineResult result = SyntheticData.pipeline(data, tmp).run();
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
        assertThat(SyntheticData.pipeline(data, tmp).run().failures()).containsExactly(failure);
        assertThat(Folders.hashes(tmp)).isEqualTo(before);
        assertThat(SyntheticData.pipeline(data, tmp).build().merge().failures()).containsExactly(failure);

        data.corrupt.clear();
        PipelineResult repaired = SyntheticData.pipeline(data, tmp).run();
        assertThat(repaired.failures()).isEmpty();
        assertThat(Folders.hashes(tmp)).isEqualTo(undisturbed());
    }

    @Test
    void stage_that_refuses_a_sample_blocks_only_what_depends_on_it() {
        Stage<ScoreMaps> cam = SyntheticData.camStage();
        Stage<ScoreMaps> picky = Stages.refine(
                        (sample, scores) -> {
                            if (sample.id().equals("part1/img_7")) {
                                throw new InvalidDataException("too small\n\tfor <this> refiner \\u0041");
                            }
                            return scores;
                        },
                        cam)
                .build();
        Stage<LabelMap> fromPicky = SyntheticData.labelStage(picky);
        Stage<ScoreMaps> walk = SyntheticData.walkStage(cam);
        PipelineResult result = Pipeline.builder()
                .setData(data)
                .setOut(tmp)
                .stage(cam)
                .stage(picky)
                .stage(fromPicky)
                .stage(walk)
                .run();
        assertThat(result.failures())
                .containsExactly(
                        new RunManifest.Failure("part1/img_7", "refined", "too small\n\tfor <this> refiner \\u0041"));
        assertThat(RunManifest.read(tmp).failures()).isEqualTo(result.failures());
        assertThat(result.store(walk).contains("part1/img_7")).isTrue();
        assertThat(result.store(fromPicky).contains("part1/img_7")).isFalse();
        assertThatThrownBy(() -> result.store(fromPicky).load("part1/img_7"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("it failed in 'refined' (too small");
    }

    @Test
    void unexpected_exception_ends_the_run_with_the_sample_and_keeps_the_rest() {
        AtomicInteger calls = new AtomicInteger();
        Stage<ScoreMaps> buggy = Stages.cam(sample -> {
                    if (calls.incrementAndGet() == 5) {
                        throw new ArithmeticException("/ by zero");
                    }
                    return SyntheticData.cam(sample);
                })
                .optConfig("scale", 1.0)
                .build();
        assertThatThrownBy(() -> Pipeline.builder()
                        .setData(data)
                        .setOut(tmp)
                        .stage(buggy)
                        .optReaders(1)
                        .run())
                .isInstanceOf(WsssException.class)
                .hasMessage(
                        "stage 'cam' on sample 'part1/img_4' ended the run: java.lang.ArithmeticException: / by zero")
                .hasCauseInstanceOf(ArithmeticException.class);
        PipelineResult resumed =
                Pipeline.builder().setData(data).setOut(tmp).stage(buggy).run();
        assertThat(resumed.done()).isEqualTo(13);
        assertThat(resumed.skipped()).isBetween(1, 4);
    }

    @Test
    void error_ends_the_run_too() {
        Stage<ScoreMaps> stage = Stages.cam(sample -> {
                    throw new StackOverflowError();
                })
                .build();
        assertThatThrownBy(() -> Pipeline.builder()
                        .setData(data)
                        .setOut(tmp)
                        .stage(stage)
                        .run())
                .isInstanceOf(WsssException.class)
                .hasMessageContaining("part")
                .hasCauseInstanceOf(StackOverflowError.class);
    }

    @Test
    void asking_for_truth_ends_the_run() {
        Stage<LabelMap> cheat = Stage.builder(ProductCodec.labelMaps())
                .setName("cheat")
                .setFunction((sample, inputs) -> data.tagsOnly().truth(0))
                .build();
        assertThatThrownBy(() -> Pipeline.builder()
                        .setData(data)
                        .setOut(tmp)
                        .stage(cheat)
                        .run())
                .hasCauseInstanceOf(GroundTruthAccessException.class);
    }

    @Test
    void interrupt_ends_the_run_in_order() {
        Thread main = Thread.currentThread();
        Stage<ScoreMaps> stage = Stages.cam(sample -> {
                    main.interrupt();
                    return SyntheticData.cam(sample);
                })
                .build();
        assertThatThrownBy(() -> Pipeline.builder()
                        .setData(SyntheticData.of(5000))
                        .setOut(tmp)
                        .stage(stage)
                        .run())
                .isInstanceOf(WsssException.class)
                .hasMessageContaining("interrupted");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(tmp.resolve(".work")).isDirectoryNotContaining(Files::isDirectory);
    }

    @Test
    void other_configuration_is_refused_unless_overwriting_is_allowed() {
        SyntheticData.pipeline(data, tmp).run();
        UnaryOperator<Pipeline.Builder> changed = b -> {
            Stage<ScoreMaps> cam = Stages.cam(SyntheticData::cam)
                    .optConfig("scale", 0.5)
                    .optConfig("flip", true)
                    .build();
            return b.setData(data)
                    .setOut(tmp)
                    .stage(cam)
                    .stage(SyntheticData.walkStage(cam))
                    .optSeed(7);
        };
        assertThatThrownBy(() -> changed.apply(Pipeline.builder()).run())
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(tmp.resolve("cam").toString())
                .hasMessageContaining("config.flip was not set and is 'true', config.scale was '1.0' and is '0.5'");
        assertThatThrownBy(
                        () -> SyntheticData.pipeline(SyntheticData.of(14), tmp).run())
                .hasMessageContaining("dataset.samples was '13' and is '14'");
        PipelineResult result =
                changed.apply(Pipeline.builder()).optOverwrite(true).run();
        assertThat(result.stages())
                .extracting(PipelineResult.StageSummary::made)
                .containsExactly(13, 13);
        assertThatThrownBy(() -> SyntheticData.pipeline(data, tmp).run()).isInstanceOf(InvalidDataException.class);
    }

    @Test
    void foreign_folder_is_never_emptied() throws Exception {
        Files.createDirectories(tmp.resolve("cam"));
        Files.writeString(tmp.resolve("cam/thesis.tex"), "years of work");
        assertThatThrownBy(() ->
                        SyntheticData.pipeline(data, tmp).optOverwrite(true).run())
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("holds files but no stage.json");
        assertThat(tmp.resolve("cam/thesis.tex")).exists();
    }

    @Test
    void output_that_cannot_be_written_is_refused_by_name_before_anything_is_read() throws Exception {
        Path file = Files.writeString(tmp.resolve("file"), "");
        assertThatThrownBy(
                        () -> SyntheticData.pipeline(data, file.resolve("out")).run())
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
        assertThatThrownBy(() -> SyntheticData.pipeline(new SyntheticData(List.of("good", id), 8), tmp.resolve("out"))
                        .run())
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("sample 1 of synthetic has the id");
        assertThat(tmp.resolve("out")).doesNotExist();
    }

    @Test
    void id_that_stands_twice_is_refused() {
        assertThatThrownBy(() -> SyntheticData.pipeline(new SyntheticData(List.of("a", "b", "a"), 8), tmp)
                        .run())
                .hasMessageContaining("'a', which stands twice");
    }

    @Test
    void memory_is_bounded_and_everything_is_closed() {
        Set<ScoreMaps> open = new HashSet<>();
        AtomicInteger most = new AtomicInteger();
        Stage<ScoreMaps> cam = Stages.cam(sample -> counted(SyntheticData.cam(sample), open, most))
                .build();
        Stage<ScoreMaps> walk = Stages.refine((s, m) -> counted(SyntheticData.cam(s), open, most), cam)
                .build();
        Pipeline.builder()
                .setData(SyntheticData.of(60))
                .setOut(tmp)
                .stage(cam)
                .stage(walk)
                .optReaders(4)
                .optWorkers(3)
                .optInFlight(5)
                .run();
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
        SyntheticData.pipeline(data, tmp)
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
                .run();
        assertThat(calls).containsExactly("reset 13", "start 0", "end");
        assertThat(sum).hasValue(13);
    }

    @Test
    void wrong_compositions_are_refused_when_built() {
        Stage<ScoreMaps> cam = SyntheticData.camStage();
        Stage<ScoreMaps> walk = SyntheticData.walkStage(cam);
        assertThatThrownBy(() -> Pipeline.builder().stage(walk))
                .hasMessage("stage 'walk' uses stage 'cam', which was not added before it");
        assertThatThrownBy(() -> Pipeline.builder().stage(cam).stage(SyntheticData.camStage()))
                .hasMessageContaining("'cam' stands twice");
        assertThatThrownBy(() -> Stages.cam(SyntheticData::cam).optName("../up"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'../up'");
        assertThatThrownBy(() -> Pipeline.builder().stage(cam).setData(data).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("output folder");
    }

    @Test
    void input_that_was_not_named_is_refused() {
        Stage<ScoreMaps> cam = SyntheticData.camStage();
        Stage<ScoreMaps> sneaky = Stage.builder(ProductCodec.scoreMaps())
                .setName("sneaky")
                .setFunction((sample, inputs) -> inputs.get(cam))
                .build();
        assertThatThrownBy(() -> Pipeline.builder()
                        .setData(data)
                        .setOut(tmp)
                        .stage(cam)
                        .stage(sneaky)
                        .run())
                .hasMessageContaining("stage 'sneaky' asked for the product of 'cam', which is not one of its inputs");
    }

    @Test
    void store_refuses_other_formats_and_damaged_files() throws IOException {
        PipelineResult result = SyntheticData.pipeline(data, tmp).run();
        assertThat(result.out()).isEqualTo(tmp);
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
        Stage<ScoreMaps> stage = Stages.cam(SyntheticData::cam)
                .optConfig(new Config("x", nested, List.of(nested)))
                .build();
        assertThat(stage.config())
                .isEqualTo(new TreeMap<>(Map.of(
                        "name", "x",
                        "nested.threshold", "0.5",
                        "nested.sizes", "[1, 2]",
                        "more", "[{sizes=[1, 2], threshold=0.5}]")));
        assertThatThrownBy(() -> Stages.cam(SyntheticData::cam).optConfig("model", new Object()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'model' is a java.lang.Object");
    }

    @Test
    void manifest_survives_its_file() {
        SyntheticData.pipeline(data, tmp)
                .optConfig("note", "<b>&\"\u00e9\u2028")
                .optDevice("cpu")
                .run();
        RunManifest manifest = RunManifest.read(tmp);
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
