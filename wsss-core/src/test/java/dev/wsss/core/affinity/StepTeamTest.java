package dev.wsss.core.affinity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class StepTeamTest {
    @ParameterizedTest
    @CsvSource({"0, 3, 2", "5, 1, 1", "5, 1, 4", "300, 7, 1", "300, 7, 2", "300, 7, 5", "1000, 24, 2"})
    void everyPartRunsOnceAndAfterAllOfTheStepBefore(int steps, int parts, int threads) {
        checkedRun(steps, parts, threads);
    }

    /** More teams than threads in the pool: none may wait for a member that never begins. */
    @Test
    void teamsOfAFullPoolComeToAnEnd() {
        IntStream.range(0, 64).parallel().forEach(i -> checkedRun(50, 6, 4));
    }

    private static void checkedRun(int steps, int parts, int threads) {
        AtomicIntegerArray runs = new AtomicIntegerArray(steps * parts);
        AtomicInteger early = new AtomicInteger();
        StepTeam.run(steps, parts, threads, (step, part) -> {
            for (int other = 0; other < parts && step > 0; other++) {
                early.addAndGet(1 - runs.get((step - 1) * parts + other));
            }
            runs.incrementAndGet(step * parts + part);
        });
        assertThat(early).hasValue(0);
        assertThat(IntStream.range(0, steps * parts).map(runs::get)).allMatch(n -> n == 1);
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "0, 4", "3, 4"})
    void aFailureEndsTheRun(int failingPart, int threads) {
        AtomicInteger last = new AtomicInteger();
        assertThatThrownBy(() -> StepTeam.run(1_000_000, 4, threads, (step, part) -> {
                    last.accumulateAndGet(step, Math::max);
                    if (step == 10 && part == failingPart) {
                        throw new IllegalStateException("part " + part + " failed");
                    }
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("failed");
        assertThat(last).hasValue(10);
    }
}
