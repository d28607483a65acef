package dev.wsss.core.metrics;

import static dev.wsss.core.metrics.FakeData.map;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.core.metrics.ObjectSizes.Areas;
import dev.wsss.core.metrics.ObjectSizes.Size;
import org.junit.jupiter.api.Test;

/** Objects by their size. */
class ObjectSizesTest {
    private static LabelMap rows(String... rows) {
        byte[] values = new byte[rows.length * rows[0].length()];
        for (int i = 0; i < values.length; i++) {
            char c = rows[i / rows[0].length()].charAt(i % rows[0].length());
            values[i] = (byte) (c == '.' ? 0 : c == '?' ? 255 : c - '0');
        }
        return LabelMap.wrap(rows.length, rows[0].length(), values);
    }

    private static ObjectSizes count(LabelMap prediction, LabelMap truth) {
        ObjectSizes sizes = new ObjectSizes(FakeData.CLASSES, Areas.COCO);
        sizes.add(prediction, truth);
        return sizes;
    }

    @Test
    void strataAreCocos() {
        assertThat(Areas.COCO.of(1023, 9, 9)).isEqualTo(Size.SMALL);
        assertThat(Areas.COCO.of(1024, 9, 9)).isEqualTo(Size.MEDIUM);
        assertThat(Areas.COCO.of(9215, 9, 9)).isEqualTo(Size.MEDIUM);
        assertThat(Areas.COCO.of(9216, 9, 9)).isEqualTo(Size.LARGE);
        assertThat(Areas.SCALED.of(1024, 480, 640)).isEqualTo(Size.MEDIUM);
        assertThat(Areas.SCALED.of(1023, 480, 640)).isEqualTo(Size.SMALL);
        assertThat(Areas.SCALED.of(1024, 960, 1280)).isEqualTo(Size.SMALL);
        assertThat(Areas.SCALED.of(4096, 960, 1280)).isEqualTo(Size.MEDIUM);
        assertThat(Areas.SCALED.of(9216, 960, 1280)).isEqualTo(Size.MEDIUM);
        assertThat(Areas.SCALED.of(36864, 960, 1280)).isEqualTo(Size.LARGE);
    }

    @Test
    void anObjectIsAConnectedRegion() {
        ObjectSizes sizes = count(rows("......", "......", "......"), rows("1..2..", ".1.?.1", "....21"));
        // the diagonal of two, the pair, and two apart of label 2
        assertThat(sizes.objects(Size.SMALL)).isEqualTo(4);
        assertThat(sizes.pixels(Size.SMALL)).isEqualTo(6);
        assertThat(sizes.meanRecall(Size.SMALL)).isZero();
        assertThat(sizes.meanIou(Size.SMALL)).isZero();
        assertThat(sizes.objects(Size.LARGE)).isZero();
        assertThat(sizes.meanIou(Size.LARGE)).isNaN();
        assertThat(sizes.pixelRecall(Size.LARGE)).isNaN();
    }

    @Test
    void whatARegionCoversOfOtherObjectsOfTheClassIsNoError() {
        ObjectSizes sizes = count(rows("11111.", "......"), rows("11.11.", "......"));
        // one region over two objects, one wrong pixel: 2 / (2 + 1) each
        assertThat(sizes.objects(Size.SMALL)).isEqualTo(2);
        assertThat(sizes.meanIou(Size.SMALL)).isCloseTo(2 / 3.0, within(1e-12));
        assertThat(sizes.meanRecall(Size.SMALL)).isEqualTo(1);
    }

    @Test
    void regionsElsewhereAndOfOtherLabelsAreNotHeldAgainstAnObject() {
        ObjectSizes sizes = count(rows("1.2..1", "....1?"), rows("11....", ".....?"));
        assertThat(sizes.objects(Size.SMALL)).isEqualTo(1);
        assertThat(sizes.meanIou(Size.SMALL)).isEqualTo(0.5);
        // two regions that meet only where no pixel counts are two
        sizes = count(rows("11?111"), rows("1.?111"));
        assertThat(sizes.meanIou(Size.SMALL)).isCloseTo((0.5 + 1) / 2, within(1e-12));
        assertThat(sizes.pixelRecall(Size.SMALL)).isEqualTo(1);
    }

    @Test
    void sizesAreToldApart() {
        int width = 200;
        byte[] truth = new byte[120 * width];
        byte[] prediction = new byte[truth.length];
        for (int y = 0; y < 100; y++) {
            for (int x = 0; x < 100; x++) {
                truth[y * width + x] = 1; // 10000 pixels, of which half are found
                prediction[y * width + x] = (byte) (y < 50 ? 1 : 0);
                if (y < 40 && x < 40) {
                    truth[y * width + x + 120] = 2; // 1600, all
                    prediction[y * width + x + 120] = 2;
                }
                if (y < 10 && x < 10) {
                    truth[(y + 105) * width + x + 150] = 2; // 100, none
                }
            }
        }
        ObjectSizes sizes = count(LabelMap.wrap(120, width, prediction), LabelMap.wrap(120, width, truth));
        assertThat(sizes.pixels(Size.SMALL)).isEqualTo(100);
        assertThat(sizes.pixels(Size.MEDIUM)).isEqualTo(1600);
        assertThat(sizes.pixels(Size.LARGE)).isEqualTo(10000);
        assertThat(sizes.meanRecall(Size.SMALL)).isZero();
        assertThat(sizes.meanIou(Size.MEDIUM)).isEqualTo(1);
        assertThat(sizes.meanRecall(Size.LARGE)).isEqualTo(0.5);
        ObjectSizes twice = count(LabelMap.wrap(120, width, prediction), LabelMap.wrap(120, width, truth));
        twice.merge(sizes);
        assertThat(twice.objects(Size.LARGE)).isEqualTo(2);
        assertThat(twice.meanRecall(Size.LARGE)).isEqualTo(0.5);
    }

    @Test
    void refusesWhatItCannotCount() {
        assertThatThrownBy(() -> count(map(1, 3), map(1, 1)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("prediction holds the value 3");
        assertThatThrownBy(() -> count(map(1, 1), map(1, 1, 1, 1))).isInstanceOf(InvalidDataException.class);
        ObjectSizes coco = new ObjectSizes(FakeData.CLASSES, Areas.COCO);
        assertThatThrownBy(() -> coco.merge(new ObjectSizes(FakeData.CLASSES, Areas.SCALED)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("SCALED");
    }
}
