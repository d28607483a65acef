package dev.wsss.core.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

class InputCheckTest {
    /** Images of one pixel, named by their number. */
    private record Pixels(int size) implements Dataset {
        private static final ClassCatalog CLASSES = ClassCatalog.withBackground(List.of("cat"));

        @Override
        public String name() {
            return "pixels";
        }

        @Override
        public ClassCatalog classes() {
            return CLASSES;
        }

        @Override
        public String id(int index) {
            return Integer.toString(index);
        }

        @Override
        public ImageTags tags(int index) {
            return ImageTags.of(CLASSES);
        }

        @Override
        public Sample get(int index) {
            return new Sample(id(index), new RgbImage(1, 1, new byte[3]), tags(index));
        }

        @Override
        public boolean hasTruth() {
            return false;
        }

        @Override
        public LabelMap truth(int index) {
            throw new IllegalStateException();
        }
    }

    /** Files of some numbers, readable for some. */
    private record Files(IntPredicate there, IntPredicate readable, AtomicInteger open)
            implements Source<AutoCloseable> {
        Files(IntPredicate there, IntPredicate readable) {
            this(there, readable, new AtomicInteger());
        }

        @Override
        public AutoCloseable get(Sample sample) {
            if (!readable.test(Integer.parseInt(sample.id()))) {
                throw new InvalidDataException(sample.id() + ".png: is damaged");
            }
            open.incrementAndGet();
            return open::decrementAndGet;
        }

        @Override
        public Optional<String> missing(String id) {
            return there.test(Integer.parseInt(id)) ? Optional.empty() : Optional.of(id + ".png: no such file");
        }
    }

    private static InputCheck check(int size, IntPredicate there, IntPredicate readable) {
        return InputCheck.of(new Pixels(size), new Files(there, readable));
    }

    @Test
    void whatIsThereIsNotReadWholeAndWhatIsReadIsClosed() {
        List<Integer> read = new ArrayList<>();
        Files files = new Files(i -> true, i -> {
            read.add(i);
            return true;
        });
        InputCheck check = InputCheck.of(new Pixels(160), files);
        assertThat(check.leftOut()).isEmpty();
        assertThat(read).hasSize(16).startsWith(0, 10, 20).endsWith(150);
        assertThat(files.open).hasValue(0);
        assertThatCode(() -> check.requireAtMost(0, "masks")).doesNotThrowAnyException();
    }

    @Test
    void missingFilesAreAllCounted() {
        InputCheck check = check(40, i -> i % 4 == 0, i -> true);
        assertThat(check.leftOut()).hasSize(30).containsEntry("1", "1.png: no such file");
        assertThatThrownBy(() -> check.requireAtMost(InputCheck.MAX_LEFT_OUT, "masks"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageStartingWith("masks: 30 images of 40 cannot be used, more than 5 %: 1.png: no such file; "
                        + "2.png: no such file; 3.png: no such file; and 27 more; ");
        assertThatCode(() -> check.requireAtMost(0.75, "masks")).doesNotThrowAnyException();
    }

    @Test
    void ofThoseLookedAtOneMayBeDamagedInAMultitude() {
        InputCheck one = check(1600, i -> true, i -> i != 100);
        assertThat(one.leftOut()).containsOnlyKeys("100");
        assertThatCode(() -> one.requireAtMost(InputCheck.MAX_LEFT_OUT, "masks"))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> one.requireAtMost(0, "masks")).hasMessageContaining("1 image of 1600 cannot");
        assertThatThrownBy(() -> check(7, i -> true, i -> i != 3).requireAtMost(0.05, "masks"))
                .hasMessageContaining("1 image of 7 cannot be used");

        InputCheck all = check(1600, i -> true, i -> false);
        assertThatThrownBy(() -> all.requireAtMost(0.05, "masks"))
                .hasMessageContaining("16 images of 16 looked at cannot be used, more than 5 %: 0.png: is damaged");
        assertThatCode(() -> all.requireAtMost(1, "masks")).doesNotThrowAnyException();
    }

    @Test
    void anotherReadingThatFitsIsTheExplanation() {
        Source<?> fits = new Files(i -> true, i -> true);
        Source<?> fitsNot = new Files(i -> true, i -> i < 2);
        InputCheck check = check(20, i -> true, i -> i < 2)
                .orElse("they are upside down", fitsNot)
                .orElse("they are swapped", fits);
        assertThatThrownBy(() -> check.requireAtMost(0.05, "la and ha"))
                .hasMessageContaining("and 11 more; they are swapped; allow more")
                .hasMessageNotContaining("upside down");
        assertThatThrownBy(() -> check(20, i -> i > 3, i -> true)
                        .orElse("they are swapped", fits)
                        .requireAtMost(0.05, "masks"))
                .hasMessageNotContaining("swapped");
    }

    @Test
    void aTrainingThatHasLeftOutTooManyIsRefused() {
        Map<String, String> leftOut = Map.of("7", "7.png: is damaged");
        assertThatCode(() -> InputCheck.requireAtMost(0.05, 20, leftOut, "cam")).doesNotThrowAnyException();
        assertThatThrownBy(() -> InputCheck.requireAtMost(0.05, 19, leftOut, "cam"))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("cam: 1 image of 19 cannot be used, more than 5 %: 7.png: is damaged");
        assertThatThrownBy(() -> InputCheck.requireAtMost(0, 100, leftOut, "cam"))
                .hasMessageContaining("more than 0 %:");
        assertThatThrownBy(() -> InputCheck.requireAtMost(0.005, 100, leftOut, "cam"))
                .hasMessageContaining("1 image of 100 cannot be used, more than 0.5 %:");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> InputCheck.requireShare(5))
                .withMessageContaining("is 5.0; expected 0 to 1");
    }
}
