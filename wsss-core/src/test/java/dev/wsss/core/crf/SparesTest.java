package dev.wsss.core.crf;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SparesTest {
    private final Set<Object> alive = new HashSet<>();

    private Object made() {
        Object object = new Object();
        alive.add(object);
        return object;
    }

    @Test
    void keepsAtMostAsMuchAsThereAreCores() {
        int cores = Runtime.getRuntime().availableProcessors();
        try (Spares<Object> spares = new Spares<>(this::made, alive::remove)) {
            List<Object> inUse = Stream.generate(spares::take).limit(cores + 3).toList();
            assertThat(alive).hasSize(cores + 3);
            inUse.forEach(spares::giveBack);
            assertThat(alive).hasSize(cores);
            assertThat(alive).contains(spares.take());
        }
    }

    @Test
    void closingFreesWhatWaitsNowAndWhatIsInUseLater() {
        Spares<Object> spares = new Spares<>(this::made, alive::remove);
        Object used = spares.take();
        spares.giveBack(spares.take());
        assertThat(spares.isClosed()).isFalse();
        spares.close();
        spares.close();
        assertThat(spares.isClosed()).isTrue();
        assertThat(alive).containsExactly(used);
        spares.giveBack(used);
        assertThat(alive).isEmpty();
    }
}
