package dev.wsss.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.tuple;

import ai.djl.util.Progress;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.wsss.datasets.DatasetReport.ClassCount;
import dev.wsss.datasets.DatasetReport.Extent;
import dev.wsss.datasets.DatasetReport.Finding;
import dev.wsss.datasets.DatasetReport.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatasetCheckTest {
    private final Path root;

    DatasetCheckTest(@TempDir Path folder) {
        root = folder.resolve("pets");
    }

    /** Eight images of which each differs, half of them of another size; six to train on. */
    @BeforeEach
    void write() throws IOException {
        TestFiles.text(root.resolve("classes.txt"), "cat", "dog");
        for (int i = 0; i < 8; i++) {
            TestFiles.image(image(i), 4, 4 + i, 20 * i);
            mask(i, i % 2 == 0 ? 1 : 2);
        }
        table("");
        TestFiles.text(root.resolve("train.txt"), "i0", "i1", "i2", "i3", "i4", "i5");
        TestFiles.text(root.resolve("val.txt"), "i6", "i7");
    }

    private Path image(int i) {
        return root.resolve("images/i" + i + ".png");
    }

    private Path mask(int i) {
        return root.resolve("masks/i" + i + ".png");
    }

    /** One column of background, one that is ignored, the rest of the label. */
    private void mask(int i, int label) throws IOException {
        int[] row = new int[4 + i];
        Arrays.fill(row, label);
        row[0] = 0;
        row[1] = 255;
        TestFiles.mask(mask(i), 4, 4 + i, row);
    }

    private void table(String more) throws IOException {
        TestFiles.text(
                root.resolve("labels.csv"),
                "i0,cat" + more,
                "i1,dog",
                "i2,cat",
                "i3,dog",
                "i4,cat",
                "i5,dog",
                "i6,cat",
                "i7,dog");
    }

    private DatasetSplits open() {
        return Datasets.open("folder:" + root);
    }

    private static DatasetReport check(DatasetSplits data) {
        return DatasetCheck.builder().setData(data).optThreads(3).build().run();
    }

    @Test
    void countsASoundDataset() {
        DatasetReport report = check(open());
        assertThat(report.isClean()).isTrue();
        assertThat(report.counts()).isEmpty();
        assertThat(report.parts()).hasSize(2);
        DatasetReport.Part train = report.parts().get(0);
        assertThat(train.name()).isEqualTo("pets/train");
        assertThat(train.samples()).isEqualTo(6);
        assertThat(train.images()).isEqualTo(6);
        assertThat(train.masks()).isEqualTo(6);
        assertThat(train.tags()).isEqualTo(6);
        assertThat(train.meanTags()).isEqualTo(1);
        assertThat(train.untagged()).isZero();
        assertThat(train.heights()).contains(new Extent(4, 4, 4));
        assertThat(train.widths()).contains(new Extent(4, 6, 9));
        assertThat(train.ignoredPixels()).hasValue(24);
        assertThat(train.published()).isEmpty();
        // of widths 4, 6, 8 and 5, 7, 9, less two columns, times four rows
        assertThat(train.classes())
                .containsExactly(
                        new ClassCount("background", OptionalInt.empty(), OptionalInt.of(6), OptionalLong.of(24), 0, 0),
                        new ClassCount("cat", OptionalInt.of(3), OptionalInt.of(3), OptionalLong.of(48), 0, 0),
                        new ClassCount("dog", OptionalInt.of(3), OptionalInt.of(3), OptionalLong.of(60), 0, 0));
        assertThat(report.parts().get(1).samples()).isEqualTo(2);
        assertThat(report.notes()).isNotEmpty();
    }

    @Test
    void findsEveryKindOfDamage() throws IOException {
        TestFiles.image(image(3), 4, 7, 0);
        Files.copy(image(2), root.resolve("images/copy.png"));
        Files.copy(mask(2), root.resolve("masks/copy.png"));
        Files.writeString(root.resolve("labels.csv"), "copy,cat\n", java.nio.file.StandardOpenOption.APPEND);
        TestFiles.text(root.resolve("val.txt"), "i5", "i6", "i7", "copy");
        DatasetSplits data = open();
        Files.delete(image(0));
        Files.write(image(1), Arrays.copyOf(Files.readAllBytes(image(1)), 60));
        Files.delete(mask(2));
        Files.write(mask(3), Arrays.copyOf(Files.readAllBytes(mask(3)), 70));
        mask(4, 77);
        TestFiles.mask(mask(6), 10, 4, 0, 1);
        mask(7, 1);
        DatasetReport report = check(data);
        assertThat(report.isClean()).isFalse();
        assertThat(report.findings())
                .extracting(Finding::kind, Finding::id)
                .containsExactly(
                        tuple(Kind.IMAGE_MISSING, "i0"),
                        tuple(Kind.IMAGE_UNREADABLE, "i1"),
                        tuple(Kind.MASK_MISSING, "i2"),
                        tuple(Kind.MASK_UNREADABLE, "i3"),
                        tuple(Kind.MASK_VALUES, "i4"),
                        tuple(Kind.SHARED_ID, "i5"),
                        tuple(Kind.MASK_SIZE, "i6"),
                        tuple(Kind.TAG_WITHOUT_PIXEL, "i7"),
                        tuple(Kind.PIXEL_WITHOUT_TAG, "i7"),
                        tuple(Kind.DUPLICATE_IMAGE, "copy"));
        assertThat(report.findings())
                .extracting(Finding::message)
                .anyMatch(m -> m.contains("i0.png: no such file"))
                .anyMatch(m -> m.contains("i4.png: ") && m.contains("pixels have value 77; expected labels 0..2"))
                .anyMatch(m -> m.contains("i6.png: mask is 10x4; expected 4x10 as its image"))
                .anyMatch(m -> m.contains("'i5' is in pets/train too"))
                .anyMatch(m -> m.contains("shows cat (36 pixels), with which it is not tagged"))
                .anyMatch(m -> m.contains("copy.png: has the bytes of 'i2' in pets/train"));
        DatasetReport.Part train = report.parts().get(0);
        assertThat(train.images()).isEqualTo(4);
        assertThat(train.classes().get(2).imagesByTag()).hasValue(3);
        DatasetReport.Part val = report.parts().get(1);
        assertThat(val.classes().get(1).pixelsWithoutTag()).isEqualTo(1);
        assertThat(val.classes().get(2).tagsWithoutPixel()).isEqualTo(1);

        JsonObject json = JsonParser.parseString(report.toJson()).getAsJsonObject();
        assertThat(json.get("clean").getAsBoolean()).isFalse();
        assertThat(json.getAsJsonArray("findings")).hasSize(10);
        assertThat(json.getAsJsonObject("counts").get("MASK_SIZE").getAsInt()).isEqualTo(1);
    }

    @Test
    void aFastCheckReadsHeaders() throws IOException {
        DatasetSplits data = open();
        mask(4, 77);
        TestFiles.mask(mask(6), 10, 4, 0, 1);
        DatasetReport report =
                DatasetCheck.builder().setData(data).optFast(true).build().run();
        assertThat(report.findings()).extracting(Finding::kind).containsExactly(Kind.MASK_SIZE);
        assertThat(report.parts().get(0).classes().get(1).pixels()).isEmpty();
        assertThat(report.parts().get(0).classes().get(1).imagesByTag()).hasValue(3);
        assertThat(report.parts().get(0).widths()).contains(new Extent(4, 6, 9));
        JsonObject json = JsonParser.parseString(report.toJson()).getAsJsonObject();
        assertThat(json.get("fast").getAsBoolean()).isTrue();
        assertThat(json.toString()).contains("\"pixels\":null");
    }

    /** Tags that come from a mask lack where it does, which is one finding and not two. */
    @Test
    void oneDamagedMaskIsFoundOnce() throws IOException {
        for (String split : new String[] {"train", "val"}) {
            for (int i = 0; i < 3; i++) {
                String id = split + i;
                TestFiles.image(root.resolve("cv/img/" + split + "/" + id + ".png"), 4, 5, i + split.length() * 9);
                TestFiles.mask(root.resolve("cv/mask/" + split + "/" + id + ".png"), 4, 5, 0, 10, 255);
            }
        }
        Path bad = root.resolve("cv/mask/train/train1.png");
        Files.write(bad, Arrays.copyOf(Files.readAllBytes(bad), 90));
        DatasetReport report = check(Datasets.open("camvid:" + root.resolve("cv")));
        assertThat(report.findings()).extracting(Finding::kind).containsExactly(Kind.MASK_UNREADABLE);
        assertThat(report.parts().get(0).published()).contains("3 images, the published list train has 367: 364 fewer");
        assertThat(report.parts().get(0).tagged()).isEqualTo(2);
    }

    @Test
    void drawnScenesNeedNoFiles() {
        DatasetReport report = check(Datasets.open("shapes:train=5,val=3,size=32"));
        assertThat(report.isClean()).isTrue();
        assertThat(report.parts().get(0).heights()).contains(new Extent(32, 32, 32));
        long pixels = report.parts().get(0).classes().stream()
                .mapToLong(c -> c.pixels().orElse(0))
                .sum();
        assertThat(pixels + report.parts().get(0).ignoredPixels().orElse(0)).isEqualTo(5 * 32 * 32);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 16})
    void threadsDoNotMatter(int threads) throws IOException {
        table(";dog");
        DatasetSplits data = open();
        Files.delete(image(0));
        String json = DatasetCheck.builder()
                .setData(data)
                .optThreads(threads)
                .build()
                .run()
                .toJson();
        assertThat(json).isEqualTo(check(data).toJson()).contains("IMAGE_MISSING", "TAG_WITHOUT_PIXEL");
    }

    @Test
    void progressIsToldToTheEnd() {
        long[] done = new long[3];
        Progress progress = new Progress() {
            @Override
            public void reset(String message, long max) {
                done[0] += max;
            }

            @Override
            public void reset(String message, long max, String trailingMessage) {
                reset(message, max);
            }

            @Override
            public void start(long initialProgress) {}

            @Override
            public void end() {
                done[2]++;
            }

            @Override
            public void increment(long increment) {
                done[1] += increment;
            }

            @Override
            public void update(long progress, String message) {}
        };
        DatasetCheck.builder().setData(open()).optProgress(progress).build().run();
        assertThat(done).containsExactly(8, 8, 2);
    }

    @Test
    void anInterruptEndsIt() {
        DatasetCheck check = DatasetCheck.builder().setData(open().train()).build();
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(CancellationException.class).isThrownBy(check::run);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void whatIsMissingIsNamed() {
        assertThatIllegalStateException()
                .isThrownBy(() -> DatasetCheck.builder().build())
                .withMessage("setData is required");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DatasetCheck.builder().optThreads(0))
                .withMessageContaining("got 0");
    }

    @Test
    void tagsAreFoundMissingBesideMasks() throws IOException {
        Path voc = root.resolve("VOC2012");
        String cat = "<annotation><object><name>cat</name></object></annotation>";
        for (String id : new String[] {"a", "b", "c"}) {
            TestFiles.image(voc.resolve("JPEGImages/" + id + ".jpg"), 4, 4, 50 + id.charAt(0));
            TestFiles.text(voc.resolve("Annotations/" + id + ".xml"), cat);
        }
        TestFiles.text(voc.resolve("Annotations/b.xml"), cat.substring(0, 30));
        TestFiles.mask(voc.resolve("SegmentationClass/a.png"), 4, 4, 0, 8);
        TestFiles.text(voc.resolve("ImageSets/Segmentation/train.txt"), "a", "b", "c");
        DatasetReport report = DatasetCheck.builder()
                .setData(VocLayout.builder().setRoot(voc).setSplit("train").build())
                .build()
                .run();
        assertThat(report.findings())
                .extracting(Finding::kind, Finding::id)
                .containsExactly(
                        tuple(Kind.MASK_MISSING, "b"), tuple(Kind.TAGS_UNREADABLE, "b"), tuple(Kind.MASK_MISSING, "c"));
        assertThat(report.parts().get(0).meanTags()).isEqualTo(1);
        assertThat(report.parts().get(0).tagged()).isEqualTo(2);
    }

    @Test
    void publishedCountsAreCompared() throws IOException {
        Path voc = root.resolve("VOC2012");
        TestFiles.image(voc.resolve("JPEGImages/a.jpg"), 4, 4, 7);
        TestFiles.text(voc.resolve("Annotations/a.xml"), "<annotation><object><name>cat</name></object></annotation>");
        for (String list : new String[] {"trainaug", "mine"}) {
            TestFiles.text(voc.resolve("ImageSets/Segmentation/" + list + ".txt"), "a");
        }
        VocLayout.Builder builder = VocLayout.builder().setRoot(voc);
        assertThat(PublishedCounts.note(builder.setSplit("trainaug").build()))
                .contains("1 image, the published list trainaug has 10582: 10581 fewer");
        assertThat(PublishedCounts.note(builder.setSplit("mine").build())).isEmpty();
        // the parts of 2014 and 2017 go by one name
        for (BenchmarkTree coco : List.of(BenchmarkTree.COCO_OFFICIAL, BenchmarkTree.COCO_2017)) {
            Path tree = coco.write(root.resolve(coco.name()));
            assertThat(PublishedCounts.note(coco.builder(tree).open().train()))
                    .contains(
                            coco == BenchmarkTree.COCO_2017
                                    ? "3 images, the published list train2017 has 118287: 118284 fewer"
                                    : "3 images, the published list train2014 has 82783 or 82081: 82078 fewer than"
                                            + " 82081");
        }
    }
}
