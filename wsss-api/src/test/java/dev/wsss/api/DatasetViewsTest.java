package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DatasetViewsTest {
    private static final ClassCatalog CLASSES = ClassCatalog.withoutBackground(List.of("a", "b"));

    /** Seven samples of one pixel; the mask of sample i has label i % 2. */
    private static final Dataset SEVEN = new Dataset() {
        @Override
        public String name() {
            return "seven";
        }

        @Override
        public ClassCatalog classes() {
            return CLASSES;
        }

        @Override
        public int size() {
            return 7;
        }

        @Override
        public String id(int index) {
            return "s" + index;
        }

        @Override
        public ImageTags tags(int index) {
            return ImageTags.of(CLASSES, index % 2);
        }

        @Override
        public Sample get(int index) {
            return new Sample(id(index), new RgbImage(1, 1, new byte[] {(byte) index, 0, 0}), tags(index));
        }

        @Override
        public List<String> notes() {
            return List.of("seven: 7 images");
        }

        @Override
        public boolean hasTruth() {
            return true;
        }

        /** Of all but the last. */
        @Override
        public boolean hasTruth(int index) {
            return index < 6;
        }

        @Override
        public LabelMap truth(int index) {
            return LabelMap.of(1, 1, new byte[] {(byte) (index % 2)});
        }
    };

    private static List<String> ids(Dataset dataset) {
        return IntStream.range(0, dataset.size()).mapToObj(dataset::id).toList();
    }

    @Test
    void tagsOnlyHidesMasks() {
        Dataset view = SEVEN.tagsOnly();
        assertThat(view.hasTruth()).isFalse();
        assertThat(view.tags(1)).isEqualTo(SEVEN.tags(1));
        assertThat(view.get(3).image().data()[0]).isEqualTo((byte) 3);
        assertThat(view.name()).isEqualTo("seven");
        assertThat(view.classes()).isEqualTo(CLASSES);
        assertThat(ids(view)).isEqualTo(ids(SEVEN));
        assertThatThrownBy(() -> view.truth(2))
                .isInstanceOf(GroundTruthAccessException.class)
                .hasMessageContainingAll("s2", "seven");
    }

    @Test
    void noViewOfAViewShowsMasksAgain() {
        Dataset view = SEVEN.tagsOnly();
        assertThat(view.tagsOnly()).isSameAs(view);
        for (Dataset inner : List.of(view.subset("some", 1, 2), view.shard(1, 3), view.shard(0, 1))) {
            assertThat(inner.hasTruth()).isFalse();
            assertThatThrownBy(() -> inner.truth(0)).isInstanceOf(GroundTruthAccessException.class);
        }
    }

    @Test
    void subsetKeepsTheOrderGiven() {
        Dataset subset = SEVEN.subset("some", 5, 0, 5);
        assertThat(subset.name()).isEqualTo("some");
        assertThat(ids(subset)).containsExactly("s5", "s0", "s5");
        assertThat(subset.truth(0).get(0, 0)).isEqualTo(1);
        assertThat(subset.get(1).id()).isEqualTo("s0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SEVEN.subset("bad", 7))
                .withMessageContainingAll("7", "0..6");
    }

    @Test
    void shardsAreDisjointAndComplete() {
        assertThat(ids(SEVEN.shard(0, 3))).containsExactly("s0", "s3", "s6");
        assertThat(ids(SEVEN.shard(1, 3))).containsExactly("s1", "s4");
        assertThat(ids(SEVEN.shard(2, 3))).containsExactly("s2", "s5");
        assertThat(SEVEN.shard(0, 1)).isSameAs(SEVEN);
        assertThat(SEVEN.shard(8, 9).size()).isZero();
        assertThatIllegalArgumentException().isThrownBy(() -> SEVEN.shard(3, 3));
        assertThatIllegalArgumentException().isThrownBy(() -> SEVEN.shard(0, 0));
    }

    @Test
    void viewsKnowWhichSamplesHaveAMask() {
        Dataset subset = SEVEN.subset("some", 6, 0);
        assertThat(subset.hasTruth()).isTrue();
        assertThat(subset.hasTruth(0)).isFalse();
        assertThat(subset.hasTruth(1)).isTrue();
        assertThat(SEVEN.subset("last", 6).hasTruth()).isFalse();
        assertThat(SEVEN.tagsOnly().hasTruth(0)).isFalse();
        assertThat(SEVEN.tagsOnly().subset("some", 0).hasTruth(0)).isFalse();
        assertThatThrownBy(() -> SEVEN.tagsOnly().hasTruth(7)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void viewsPassNotesOn() {
        assertThat(SEVEN.tagsOnly().notes()).containsExactly("seven: 7 images");
        assertThat(SEVEN.subset("some", 6, 0).notes())
                .containsExactly("some: 2 of 7 images of seven", "seven: 7 images");
    }

    @Test
    void viewsDescribeWhatTheyShow() {
        Description whole = SEVEN.description();
        assertThat(whole.entries()).containsEntry("name", "seven").containsEntry("samples", "7");
        assertThat(SEVEN.tagsOnly().description()).isEqualTo(whole);
        Description half = SEVEN.subset("half", 0, 2, 4).description();
        assertThat(half.entries())
                .containsEntry("name", "half")
                .containsEntry("samples", "3")
                .containsEntry("of.samples", "7");
        assertThat(SEVEN.subset("half", 0, 2, 6).description()).isNotEqualTo(half);
        Description samples = SEVEN.describeSamples();
        assertThat(samples.entries()).containsAllEntriesOf(whole.entries()).containsKeys("tags", "images");
        assertThat(SEVEN.subset("half", 0, 2, 4).describeSamples().entries().get("tags"))
                .isNotEqualTo(samples.entries().get("tags"));
    }
}
