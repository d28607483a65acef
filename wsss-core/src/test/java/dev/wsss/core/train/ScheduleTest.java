package dev.wsss.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ScheduleTest {
    @Test
    void thePolySchedulesDifferAtTheEnd() {
        double last = 0.01 * Math.pow(0.1, 0.9);
        assertThat(Schedule.polyHoldingLast(0.9, 10).rate(9, 0.01)).isEqualTo(last, within(1e-15));
        assertThat(Schedule.polyHoldingLast(0.9, 10).rate(500, 0.01)).isEqualTo(last, within(1e-15));
        assertThat(Schedule.polyToMinimum(0.9, 10, 1e-4).rate(500, 0.01)).isEqualTo(1e-4);
        assertThat(Schedule.polyInStairs(0.9, 10, 4).rate(500, 0.01))
                .isEqualTo(0.01 * Math.pow(0.2, 0.9), within(1e-15));
    }

    /** Values of CARB's configuration: rate 0.005, minimum 1e-4, 30000 iterations. */
    @Test
    void carbPoly() {
        Schedule carb = Schedule.polyToMinimum(0.9, 30_000, 1e-4);
        assertThat(carb.rate(1, 0.005)).isEqualTo(0.004999853, within(5e-10));
        assertThat(carb.rate(15_000, 0.005)).isEqualTo(0.002725845, within(5e-10));
        assertThat(carb.rate(29_999, 0.005)).isEqualTo(0.000100458, within(5e-10));
    }

    /** Cycles of 4 and 8 steps; the second peak is half of the first. */
    @Test
    void restarts() {
        Schedule sgdr = Schedule.cosineRestarts(4, 2);
        assertThat(sgdr.rate(0, 1)).isEqualTo(1);
        assertThat(sgdr.rate(2, 1)).isEqualTo(0.5, within(1e-15));
        assertThat(sgdr.rate(4, 1)).isEqualTo(0.5);
        assertThat(sgdr.rate(8, 1)).isEqualTo(0.25, within(1e-15));
        assertThat(sgdr.rate(12, 1)).isEqualTo(1 / 3.0);
    }

    @Test
    void warmupsScaleOrShift() {
        Schedule cosine = Schedule.cosine(10, 0);
        assertThat(cosine.withConstantWarmup(4, 0.1).rate(2, 1)).isEqualTo(0.1 * cosine.rate(2, 1));
        assertThat(cosine.withConstantWarmup(4, 0.1).rate(4, 1)).isEqualTo(cosine.rate(4, 1));
        assertThat(cosine.precededBy(4, 0.1).rate(2, 1)).isEqualTo(0.1);
        assertThat(cosine.precededBy(4, 0.1).rate(4, 1)).isEqualTo(1);
        assertThat(cosine.precededBy(4, 0.1).rate(14, 1)).isZero();
        assertThat(Schedule.constant().withLinearWarmup(4, 0.2).rate(2, 1)).isEqualTo(0.6, within(1e-15));
        assertThat(Schedule.constant().withExponentialWarmup(4, 0.01).rate(2, 1))
                .isEqualTo(0.1, within(1e-15));
        assertThat(Schedule.stairs(3, 0.1).rate(7, 1)).isEqualTo(0.01, within(1e-15));
    }

    @Test
    void wrongArgumentsAreRefused() {
        assertThatThrownBy(() -> Schedule.polyHoldingLast(0.9, 0)).hasMessageContaining("steps");
        assertThatThrownBy(() -> Schedule.polyToMinimum(0.9, 5, -1)).hasMessageContaining("minimum");
        assertThatThrownBy(() -> Schedule.polyHoldingLast(Double.NaN, 5)).hasMessageContaining("power");
        assertThatThrownBy(() -> Schedule.constant().withLinearWarmup(5, 0)).hasMessageContaining("factor");
    }
}
