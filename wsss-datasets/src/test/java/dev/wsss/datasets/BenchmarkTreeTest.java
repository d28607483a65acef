package dev.wsss.datasets;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.Dataset;
import dev.wsss.api.RgbImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every layout opens by its text, and gives what its files hold. */
class BenchmarkTreeTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(BenchmarkTree.class)
    void opens(BenchmarkTree tree) throws IOException {
        DatasetSplits splits = tree.builder(tree.write(folder.resolve("d"))).open();
        assertShows(splits.train(), tree.train());
        if (tree.val().isEmpty()) {
            assertThat(splits.val()).isEmpty();
        } else {
            assertShows(splits.val().orElseThrow(), tree.val());
        }
        assertThat(splits.notes()).noneMatch(note -> note.contains("cannot be") || note.contains("of no image"));
    }

    private static void assertShows(Dataset data, List<BenchmarkTree.Picture> pictures) {
        assertThat(IntStream.range(0, data.size()).mapToObj(data::id))
                .containsExactlyElementsOf(
                        pictures.stream().map(BenchmarkTree.Picture::id).toList());
        int tags = 0;
        for (int i = 0; i < data.size(); i++) {
            BenchmarkTree.Picture picture = pictures.get(i);
            assertThat(data.tags(i).names()).isEqualTo(picture.tags(data.classes()));
            tags += data.tags(i).size();
            assertThat(data.truth(i)).isEqualTo(picture.truth());
            RgbImage image = data.get(i).image();
            assertThat(image.height()).isEqualTo(BenchmarkTree.HEIGHT);
            assertThat(image.width()).isEqualTo(BenchmarkTree.WIDTH);
        }
        assertThat(data.notes().get(0))
                .startsWith(data.name() + ": " + Counts.of(data.size(), "image") + " of ")
                .contains(", " + Counts.of(tags, "tag") + " of ", "masks for evaluation: ");
    }
}
