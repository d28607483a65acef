package dev.wsss.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.Dataset;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which images are in two datasets. */
class OverlapTest {
    @Test
    void oneFileUnderTwoNamesIsOneImage() {
        FakeData train = new FakeData("train", "a", "b", "c");
        train.fingerprints = Map.of("a", "1", "b", "2", "c", "3");
        FakeData val = new FakeData("val", "x", "c", "y");
        // y is a's file, and c is another image than that of the training list
        val.fingerprints = Map.of("x", "9", "c", "8", "y", "1");
        Overlap overlap = Overlap.of(val, train);
        assertThat(overlap.ids()).containsExactly("y");
        assertThat(overlap.words()).isEqualTo("validation images, 1 of 3 trained on");
        assertThat(overlap.warning())
                .contains("1 of the 3 images of val are among the training images of train (y)", "not those of unseen");
    }

    @Test
    void aPartIsWhollyInTheWhole() {
        FakeData all = new FakeData("all", "a", "b", "c", "d", "e");
        Dataset part = all.subset("part", 0, 2, 3, 4);
        assertThat(Overlap.of(part, all).ids()).containsExactly("a", "c", "d", "e");
        assertThat(Overlap.of(part, all).warning()).contains("(a, c, d, ...)");
        assertThat(Overlap.of(all.subset("a", 0, 1), all.subset("b", 2, 3)).isEmpty())
                .isTrue();
    }

    @Test
    void drawnImagesOfOneIdAreOneImageIfTheirPixelsAre() {
        FakeData one = new FakeData("shapes", "0", "1", "2");
        FakeData other = new FakeData("shapes", "0", "1");
        other.seed = 5;
        Overlap none = Overlap.of(other, one);
        assertThat(none.isEmpty()).isTrue();
        assertThat(none.words()).isEqualTo("unseen images");
        assertThat(none.warning()).isEmpty();
        other.seed = 0;
        assertThat(Overlap.of(other, one).ids()).containsExactly("0", "1");
    }

    @Test
    void whatCannotBeReadIsNotTheSame() {
        FakeData data = new FakeData("list", "a", "b");
        data.unreadable.add("a");
        assertThat(Overlap.of(data, data).ids()).containsExactly("b");
        data.fingerprints = Map.of("b", "2");
        assertThat(Overlap.of(data, data).ids()).containsExactly("b");
    }
}
