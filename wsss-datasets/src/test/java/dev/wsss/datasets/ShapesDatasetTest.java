package dev.wsss.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class ShapesDatasetTest {
    private static ShapesDataset shapes(int count, long seed) {
        return ShapesDataset.builder().setCount(count).setSeed(seed).build();
    }

    private static int checksum(Dataset dataset, int index) {
        CRC32 crc = new CRC32();
        crc.update(dataset.get(index).image().data());
        crc.update(dataset.truth(index).toArray());
        return (int) crc.getValue();
    }

    @Test
    void tagsNameWhatTheMaskHolds() {
        for (Dataset dataset : List.of(
                shapes(300, 7),
                ShapesDataset.builder()
                        .setCount(60)
                        .setSeed(8)
                        .optSize(40, 120)
                        .optObjects(4, 8)
                        .build())) {
            for (int i = 0; i < dataset.size(); i++) {
                LabelMap truth = dataset.truth(i);
                int side = Math.min(truth.height(), truth.width());
                int least = side * side / 170;
                assertThat(ImageTags.anyPixel(dataset.classes(), truth))
                        .as(dataset.id(i))
                        .isEqualTo(dataset.tags(i));
                assertThat(dataset.tags(i).isEmpty()).isFalse();
                int[] counts = truth.histogram();
                for (int label : dataset.tags(i).labels()) {
                    assertThat(counts[label]).as(dataset.id(i)).isGreaterThan(least);
                }
            }
        }
    }

    @Test
    void dependsOnSeedAndIndexAlone() {
        Dataset dataset = shapes(20, 3);
        assertThat(checksum(dataset, 4)).isEqualTo(checksum(shapes(5, 3), 4));
        assertThat(checksum(dataset, 4)).isNotEqualTo(checksum(dataset, 5));
        assertThat(checksum(dataset, 4)).isNotEqualTo(checksum(shapes(20, 4), 4));
        int[] parallel = IntStream.range(0, 40)
                .parallel()
                .map(i -> checksum(dataset, i % 20))
                .toArray();
        int[] serial =
                IntStream.range(0, 40).map(i -> checksum(dataset, i % 20)).toArray();
        assertThat(parallel).isEqualTo(serial);
    }

    /** Pinned, so that a change of a scene does not go unnoticed: measurements are compared across versions. */
    @Test
    void drawsTheSameScenesOnEveryMachine() {
        Dataset dataset = shapes(3, 1);
        assertThat(IntStream.range(0, 3).map(i -> checksum(dataset, i)).toArray())
                .containsExactly(1446035658, -793049764, 467436395);
    }

    @Test
    void showsEveryClassAndSeveralAtOnce() {
        Dataset dataset = shapes(400, 5);
        int[] images = new int[dataset.classes().tagCount()];
        int several = 0;
        for (int i = 0; i < dataset.size(); i++) {
            Arrays.stream(dataset.tags(i).toArray()).forEach(tag -> images[tag]++);
            several += dataset.tags(i).size() > 1 ? 1 : 0;
        }
        assertThat(Arrays.stream(images).boxed().toList())
                .allSatisfy(n -> assertThat(n).isBetween(50, 150));
        assertThat(several).isBetween(150, 320);
    }

    private static ShapesDataset streets(int count) {
        return ShapesDataset.builder()
                .setCount(count)
                .setSeed(1)
                .optScenery(ShapesDataset.Scenery.STREET)
                .build();
    }

    @Test
    void streetsNameEveryPixel() {
        Dataset dataset = streets(60);
        assertThat(dataset.classes().hasBackground()).isFalse();
        for (int i = 0; i < dataset.size(); i++) {
            LabelMap truth = dataset.truth(i);
            assertThat(truth.histogram()[LabelMap.IGNORE]).isZero();
            assertThat(ImageTags.anyPixel(dataset.classes(), truth))
                    .as(dataset.id(i))
                    .isEqualTo(dataset.tags(i));
        }
    }

    /** What driving scenes are: tags that say little, many at once, and a long tail of small things. */
    @Test
    void streetsAreWideAndHaveRareClasses() {
        ShapesDataset dataset = streets(200);
        assertThat(dataset.get(0).image().width())
                .isEqualTo(2 * dataset.get(0).image().height());
        int[] images = new int[dataset.classes().tagCount()];
        long[] pixels = new long[images.length];
        for (int i = 0; i < dataset.size(); i++) {
            int[] counts = dataset.truth(i).histogram();
            for (int tag = 0; tag < images.length; tag++) {
                images[tag] += counts[tag] > 0 ? 1 : 0;
                pixels[tag] += counts[tag];
            }
        }
        assertThat(List.of(images[0], images[1])).allSatisfy(n -> assertThat(n).isBetween(180, 199));
        assertThat(Arrays.stream(images).sum() / 200.0).isBetween(8.0, 10.5);
        assertThat(images[images.length - 1]).isBetween(5, 40);
        long all = Arrays.stream(pixels).sum();
        assertThat(dataset.smallClasses())
                .allSatisfy(label -> assertThat(pixels[label]).isBetween(1L, all / 25));
        assertThat(shapes(1, 1).smallClasses()).isEmpty();
    }

    @Test
    void detailsShowSurfacesOneByOne() {
        Dataset dataset = ShapesDataset.builder()
                .setCount(100)
                .setSeed(1)
                .optScenery(ShapesDataset.Scenery.STREET_DETAIL)
                .build();
        int[] images = new int[dataset.classes().tagCount()];
        for (int i = 0; i < dataset.size(); i++) {
            LabelMap truth = dataset.truth(i);
            assertThat(ImageTags.anyPixel(dataset.classes(), truth))
                    .as(dataset.id(i))
                    .isEqualTo(dataset.tags(i));
            Arrays.stream(dataset.tags(i).toArray()).forEach(tag -> images[tag]++);
        }
        assertThat(List.of(images[0], images[1], images[2], images[3]))
                .allSatisfy(n -> assertThat(n).isBetween(15, 97));
    }

    @Test
    void drawsTheSameStreetsOnEveryMachine() {
        Dataset dataset = streets(2);
        assertThat(List.of(checksum(dataset, 0), checksum(dataset, 1))).containsExactly(1127191085, 2137541332);
    }

    /** A random walk and a CRF need a visible outline: colours change more across it than within. */
    @Test
    void outlinesAreVisible() {
        Dataset dataset = shapes(40, 6);
        double across = 0;
        double within = 0;
        int nAcross = 0;
        int nWithin = 0;
        for (int i = 0; i < dataset.size(); i++) {
            RgbImage image = dataset.get(i).image();
            LabelMap truth = dataset.truth(i);
            for (int y = 0; y < 96; y++) {
                for (int x = 0; x + 3 < 96; x++) {
                    int d = 0;
                    for (int c = 0; c < 3; c++) {
                        int at = (y * 96 + x) * 3 + c;
                        d += Math.abs((image.data()[at] & 255) - (image.data()[at + 9] & 255));
                    }
                    if (truth.get(y, x) != truth.get(y, x + 3)) {
                        across += d;
                        nAcross++;
                    } else {
                        within += d;
                        nWithin++;
                    }
                }
            }
        }
        assertThat(across / nAcross).isGreaterThan(2.5 * within / nWithin);
    }

    @Test
    void drawsOneSceneAtAnySize() {
        ShapesDataset.Builder builder = ShapesDataset.builder().setCount(10).setSeed(2);
        Dataset small = builder.optSize(64, 64).build();
        Dataset large = builder.optSize(128, 128).build();
        for (int i = 0; i < 10; i++) {
            assertThat(large.tags(i)).isEqualTo(small.tags(i));
            assertThat(large.get(i).image().height()).isEqualTo(128);
            LabelMap coarse = small.truth(i);
            LabelMap fine = large.truth(i);
            long equal = IntStream.range(0, 64 * 64)
                    .filter(p -> coarse.get(p / 64, p % 64) == fine.get(p / 64 * 2, p % 64 * 2))
                    .count();
            assertThat(equal).isGreaterThan((long) (0.95 * 64 * 64));
        }
    }

    @Test
    void refusesWrongArguments() {
        assertThatIllegalArgumentException().isThrownBy(() -> shapes(0, 1)).withMessageContaining("count is 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ShapesDataset.builder().optSize(31, 96))
                .withMessageContaining("31x96");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ShapesDataset.builder().optObjects(3, 2))
                .withMessageContaining("3..2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ShapesDataset.builder()
                        .setCount(1)
                        .setSeed(1)
                        .optObjects(1, 9)
                        .build())
                .withMessageContaining("1..9")
                .withMessageContaining("at most 8");
        assertThatThrownBy(() -> shapes(3, 1).get(3)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void anotherSeedIsAnotherDescription() {
        assertThat(shapes(5, 7).description()).isEqualTo(shapes(5, 7).description());
        assertThat(shapes(5, 7).description().entries()).containsEntry("seed", "7");
        assertThat(shapes(5, 8).description()).isNotEqualTo(shapes(5, 7).description());
        assertThat(shapes(5, 7).subset("half", 0, 1).description())
                .isNotEqualTo(shapes(5, 8).subset("half", 0, 1).description());
    }
}
