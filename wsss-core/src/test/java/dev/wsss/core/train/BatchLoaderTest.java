package dev.wsss.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.WsssException;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchLoaderTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void givesTheSameBatchesInOrderWithAnyNumberOfThreads(int threads) {
        Places source = new Places();
        try (BatchLoader<Place> loader = BatchLoader.builder(source)
                .optSeed(4)
                .optThreads(threads)
                .optEpochs(3)
                .build()) {
            assertThat(places(loader))
                    .containsExactly("4 0 0", "4 0 1", "4 0 2", "4 1 0", "4 1 1", "4 1 2", "4 2 0", "4 2 1", "4 2 2");
        }
        assertThat(source.open).hasValue(0);
    }

    @Test
    void goesOnWhereAnotherEnded() {
        Places source = new Places();
        int epoch;
        int index;
        try (BatchLoader<Place> first = BatchLoader.builder(source).optEpochs(9).build()) {
            for (int i = 0; i < 4; i++) {
                first.next().close();
            }
            epoch = first.epoch();
            index = first.index();
        }
        try (BatchLoader<Place> second =
                BatchLoader.builder(source).optFrom(epoch, index).build()) {
            assertThat(places(second)).as("the rest of that epoch").containsExactly("0 1 1", "0 1 2");
            assertThat(second.epoch()).isEqualTo(2);
            assertThat(second.index()).isZero();
            assertThatThrownBy(second::next).isInstanceOf(NoSuchElementException.class);
        }
        assertThat(source.open).as("also of batches that nobody took").hasValue(0);
    }

    @Test
    void loadsNoMoreAheadThanTwoAThread() throws InterruptedException {
        Places source = new Places();
        try (BatchLoader<Place> loader =
                BatchLoader.builder(source).optThreads(2).optEpochs(100).build()) {
            loader.next().close();
            for (int i = 0; i < 100 && source.loaded.get() < 5; i++) {
                Thread.sleep(5);
            }
            Thread.sleep(50);
            assertThat(source.loaded).as("one taken, four ahead").hasValue(5);
        }
    }

    @Test
    void namesTheBatchThatFailsAndGoesOnBehindIt() {
        Places source = new Places();
        source.failing = 1;
        try (BatchLoader<Place> loader = BatchLoader.builder(source).build()) {
            loader.next().close();
            assertThatThrownBy(loader::next)
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessage("batch 1 of epoch 0: no such image");
            assertThat(places(loader)).containsExactly("0 0 2");
        }
    }

    @Test
    void isAtItsEndOnceClosed() {
        BatchLoader<Place> loader = BatchLoader.builder(new Places()).build();
        loader.close();
        loader.close();
        assertThat(loader.hasNext()).isFalse();
        assertThatThrownBy(loader::next).isInstanceOf(NoSuchElementException.class);
    }

    @Test
    void tellsOfAnInterruptAndKeepsTheBatch() {
        try (BatchLoader<Place> loader = BatchLoader.builder(new Places()).build()) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(loader::next).isInstanceOf(WsssException.class).hasMessageContaining("interrupted");
            assertThat(Thread.interrupted()).isTrue();
            assertThat(places(loader)).containsExactly("0 0 0", "0 0 1", "0 0 2");
        }
    }

    @Test
    void refusesPlacesThatThereAreNot() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BatchLoader.builder(new Places()).optFrom(0, 3))
                .withMessage("there is no batch 3 of epoch 0; an epoch has batches 0..2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BatchLoader.builder(new Places())
                        .optFrom(2, 0)
                        .optEpochs(2)
                        .build())
                .withMessage("epochs is 2, but loading begins in epoch 2; expected more");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BatchLoader.builder(new Places()).optThreads(0));
    }

    private static List<String> places(BatchLoader<Place> loader) {
        List<String> places = new ArrayList<>();
        while (loader.hasNext()) {
            try (Place place = loader.next()) {
                places.add(place.name);
            }
        }
        return places;
    }

    private record Place(String name, AtomicInteger open) implements AutoCloseable {
        @Override
        public void close() {
            open.decrementAndGet();
        }
    }

    /** Three batches an epoch, each its seed and place; slow ones before quick ones. */
    private static final class Places implements BatchSource<Place> {
        private final AtomicInteger open = new AtomicInteger();
        private final AtomicInteger loaded = new AtomicInteger();
        private int failing = -1;

        @Override
        public int batchesPerEpoch() {
            return 3;
        }

        @Override
        public Place load(long seed, int epoch, int index) throws InterruptedException {
            if (index == failing) {
                throw new InvalidDataException("no such image");
            }
            Thread.sleep(index == 0 ? 20 : 1);
            loaded.incrementAndGet();
            open.incrementAndGet();
            return new Place(seed + " " + epoch + " " + index, open);
        }

        @Override
        public int images(Place batch) {
            return 1;
        }

        @Override
        public Description description() {
            return Description.of("Places").build();
        }
    }
}
