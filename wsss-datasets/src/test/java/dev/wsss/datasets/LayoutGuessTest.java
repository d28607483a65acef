package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.wsss.datasets.DatasetReport.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a folder is, and what a check says of it when it is whole and when it is not. */
class LayoutGuessTest {
    @TempDir
    Path folder;

    private static Datasets.Builder builder(BenchmarkTree tree, String spec) {
        Datasets.Builder builder = Datasets.builder().setSpec(spec);
        return tree == BenchmarkTree.COCO_FMA ? builder.optMasks("ur") : builder;
    }

    private static DatasetReport check(BenchmarkTree tree, String spec) {
        return DatasetCheck.builder()
                .setData(builder(tree, spec))
                .optThreads(2)
                .build()
                .run();
    }

    @ParameterizedTest
    @EnumSource(BenchmarkTree.class)
    void everyLayoutIsFoundAndChecked(BenchmarkTree tree) throws IOException {
        Path root = tree.write(folder.resolve("d"));
        String spec = Datasets.guess(root);
        // of the original release, names tell the classes, so that both numberings fit
        assertThat(spec).isEqualTo((tree == BenchmarkTree.CONTEXT_ORIGINAL ? "context59" : tree.kind()) + ":" + root);
        DatasetReport whole = check(tree, spec);
        assertThat(whole.findings()).isEmpty();
        assertThat(whole.parts()).hasSize(tree.val().isEmpty() ? 1 : 2);
        assertCounts(whole.parts().get(0), tree.train());
        if (!tree.val().isEmpty()) {
            assertCounts(whole.parts().get(1), tree.val());
        }
        damage(tree, root, spec);
    }

    private static void assertCounts(DatasetReport.Part part, List<BenchmarkTree.Picture> pictures) {
        int n = pictures.size();
        assertThat(List.of(part.samples(), part.images(), part.masks(), part.tagged(), part.untagged()))
                .containsExactly(n, n, n, n, 0);
        assertThat(part.heights()).contains(extent(BenchmarkTree.HEIGHT));
        assertThat(part.widths()).contains(extent(BenchmarkTree.WIDTH));
        long pixels =
                part.classes().stream().mapToLong(c -> c.pixels().orElseThrow()).sum()
                        + part.ignoredPixels().orElseThrow();
        assertThat(pixels).isEqualTo((long) n * BenchmarkTree.HEIGHT * BenchmarkTree.WIDTH);
        assertThat(part.tags())
                .isEqualTo(pictures.stream()
                        .mapToInt(p -> (int) p.labels().stream()
                                .filter(label -> label != 255)
                                .filter(label -> label > 0
                                        || part.classes().get(0).imagesByTag().isPresent())
                                .count())
                        .sum());
    }

    private static DatasetReport.Extent extent(int size) {
        return new DatasetReport.Extent(size, size, size);
    }

    private static void assertFound(BenchmarkTree tree, String spec, Kind kind, String id) {
        assertThat(check(tree, spec).findings())
                .extracting(DatasetReport.Finding::kind, DatasetReport.Finding::id)
                .containsExactly(tuple(kind, id));
    }

    /** One file at a time is cut off, is not there, or is another; what was damaged is put right again. */
    private static void damage(BenchmarkTree tree, Path root, String spec) throws IOException {
        FileDataset data = (FileDataset) builder(tree, spec).open().train();
        int last = data.size() - 1;
        String id = data.id(last);
        Path image = data.image(last);
        byte[] bytes = Files.readAllBytes(image);
        Files.write(image, Arrays.copyOf(bytes, bytes.length / 3));
        assertFound(tree, spec, Kind.IMAGE_UNREADABLE, id);
        if (last > 0) { // else there would be no images at all
            Files.delete(image);
            assertFound(tree, spec, Kind.IMAGE_MISSING, id);
        }
        Files.write(image, bytes);
        if (!data.reader().readsMaskFiles()) {
            return;
        }
        Path mask = Objects.requireNonNull(data.mask(last));
        bytes = Files.readAllBytes(mask);
        Files.write(mask, Arrays.copyOf(bytes, bytes.length / 3));
        assertFound(tree, spec, Kind.MASK_UNREADABLE, id);
        if (mask.toString().endsWith(".png")) {
            TestFiles.mask(mask, BenchmarkTree.HEIGHT, BenchmarkTree.WIDTH, 200);
            assertFound(tree, spec, Kind.MASK_VALUES, id);
        }
        Files.write(mask, bytes);
        TestFiles.image(image, BenchmarkTree.HEIGHT, BenchmarkTree.WIDTH + 1, 7);
        assertFound(tree, spec, Kind.MASK_SIZE, id);
    }

    @Test
    void severalFitAndNoneFits() throws IOException {
        Path none = Files.createDirectories(folder.resolve("none"));
        assertInvalid(() -> Datasets.guess(none), "its layout is none of those known", "such as voc:" + none);
        assertInvalid(() -> Datasets.guess(none.resolve("x")), "no such folder");
        Path file = TestFiles.text(folder.resolve("file"), "x");
        assertInvalid(() -> Datasets.guess(file), "file: no such folder");

        Path both = BenchmarkTree.CONTEXT.write(BenchmarkTree.VOC.write(folder.resolve("both")));
        assertInvalid(
                () -> Datasets.guess(both),
                "its layout is that of context59 and of voc",
                "such as context59:" + both + " or voc:" + both);
        Path stuff = BenchmarkTree.COCO_STUFF.write(folder.resolve("stuff"));
        TestFiles.text(stuff.resolve("annotations/instances_train2017.json"), "{}");
        assertInvalid(() -> Datasets.guess(stuff), "that of coco and of cocostuff");

        // without annotations nothing tells what DHR's folders hold
        Path packed = BenchmarkTree.CONTEXT_DHR.write(folder.resolve("packed"));
        TestFiles.delete(packed.resolve("train/xml"));
        assertInvalid(() -> Datasets.guess(packed), "that of voc and of context59-vocfirst");
    }
}
