package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.LabelMap;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CamVidTest {
    private final Path root;

    CamVidTest(@TempDir Path folder) throws IOException {
        root = folder;
        TestFiles.image(root.resolve("train/0001TP_1.png"), 4, 5, 90);
        TestFiles.image(root.resolve("train/0001TP_2.png"), 4, 5, 91);
        TestFiles.mask(root.resolve("trainannot/0001TP_1.png"), 4, 5, 0, 3, 8, 11);
        TestFiles.mask(root.resolve("trainannot/0001TP_2.png"), 4, 5, 10);
        TestFiles.text(
                root.resolve("train.txt"),
                "/SegNet/CamVid/train/0001TP_1.png /SegNet/CamVid/trainannot/0001TP_1.png",
                "train/0001TP_2.png trainannot/0001TP_2.png");
    }

    @Test
    void derivesTagsFromMasksAndIgnoresVoid() {
        Dataset train = CamVid.open(root, "train");
        assertThat(train.size()).isEqualTo(2);
        assertThat(train.id(0)).isEqualTo("0001TP_1");
        assertThat(train.tags(0).names()).containsExactly("sky", "road", "car");
        assertThat(train.tags(1).names()).containsExactly("bicyclist");
        assertThat(train.truth(0).get(0, 3)).isEqualTo(LabelMap.IGNORE);
        assertThat(train.get(1).image().data()[0]).isEqualTo((byte) 91);
    }

    @Test
    void classesAreSegNets() {
        assertThat(CamVid.CLASSES.labelCount()).isEqualTo(11);
        assertThat(CamVid.CLASSES.hasBackground()).isFalse();
        assertThat(CamVid.CLASSES.colour(4)).isEqualTo(60 << 16 | 40 << 8 | 222);
        assertThat(CamVid.CLASSES.colour(10)).isEqualTo(128 << 8 | 192);
    }

    @Test
    void namesWhatIsWrong() throws IOException {
        assertInvalid(() -> CamVid.open(root.resolve("gone"), "train"), "gone", "no such folder");
        assertInvalid(() -> CamVid.open(root, "val"), "val.txt", "no such file");
        TestFiles.text(root.resolve("val.txt"), "train/0001TP_1.png");
        assertInvalid(() -> CamVid.open(root, "val"), "val.txt:1", "its mask");
        TestFiles.text(root.resolve("val.txt"), "train/0001TP_9.png trainannot/0001TP_1.png");
        assertInvalid(() -> CamVid.open(root, "val"), "val.txt:1", "0001TP_9.png");
        TestFiles.text(root.resolve("val.txt"), "../x.png trainannot/0001TP_1.png");
        assertInvalid(() -> CamVid.open(root, "val"), "val.txt:1", "leads out");
        TestFiles.mask(root.resolve("trainannot/0001TP_2.png"), 4, 5, 12);
        assertInvalid(() -> CamVid.open(root, "train"), "0001TP_2.png", "value 12", "0..10");
    }

    /** Counts of the public copy's files: every frame of the split has road, and void is never a label. */
    @Test
    void readsTheRealFrames() {
        String folder = System.getProperty("wsss.camvid");
        assumeThat(folder)
                .as("-Dwsss.camvid, a folder with the public copy or a part of it")
                .isNotNull();
        Path real = Path.of(folder);
        Dataset train = CamVid.open(real, "train");
        Dataset val = CamVid.open(real, "val");
        int road = CamVid.CLASSES.requireTag("road");
        for (Dataset split : new Dataset[] {train, val}) {
            for (int i = 0; i < split.size(); i++) {
                assertThat(split.tags(i).contains(road)).as(split.id(i)).isTrue();
            }
            for (int i = 0; i < split.size(); i += 11) {
                LabelMap truth = split.truth(i);
                assertThat(truth.height()).isEqualTo(360);
                assertThat(truth.width()).isEqualTo(480);
                assertThat(truth.histogram()[LabelMap.IGNORE]).isPositive();
                assertThat(ImageTags.anyPixel(CamVid.CLASSES, truth)).isEqualTo(split.tags(i));
                assertThat(split.get(i).image().width()).isEqualTo(480);
            }
        }
    }
}
