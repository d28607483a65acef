package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Float16Test {
    private static final int INFINITY = 0x7C00;

    @Test
    void everyHalfComesBack() {
        for (int bits = 0; bits <= 0xFFFF; bits++) {
            float value = Float16.toFloat((short) bits);
            boolean nan = (bits & 0x7FFF) > INFINITY;
            assertThat(Float.isNaN(value)).isEqualTo(nan);
            if (nan) {
                assertThat(Float16.toFloat(Float16.of(value))).isNaN();
            } else {
                assertThat(Float16.of(value)).isEqualTo((short) bits);
            }
        }
    }

    @Test
    void aValueBetweenTwoGoesToTheNearestAndInTheMiddleToTheEven() {
        for (int bits = 0; bits < INFINITY - 1; bits++) {
            float low = Float16.toFloat((short) bits);
            float high = Float16.toFloat((short) (bits + 1));
            float middle = (low + high) / 2;
            assertThat(Float16.of(middle)).isEqualTo((short) (bits % 2 == 0 ? bits : bits + 1));
            assertThat(Float16.of(Math.nextDown(middle))).isEqualTo((short) bits);
            assertThat(Float16.of(-Math.nextUp(middle))).isEqualTo((short) (bits + 1 | 0x8000));
        }
    }

    /** Of numpy 2.4.6: {@code numpy.float32(x).astype(numpy.float16).view(numpy.uint16)}. */
    @ParameterizedTest
    @CsvSource({
        "0.1, 11878",
        "-2.7182817, 49520",
        "65504, 31743",
        "65519.996, 31743",
        "65520, 31744",
        "1e30, 31744",
        "6.0e-8, 1",
        "2.9802322e-8, 0",
        "6.1e-5, 1023",
        "3.14159e-5, 527"
    })
    void roundsAsNumpyDoes(float value, int bits) {
        assertThat(Float16.of(value) & 0xFFFF).isEqualTo(bits);
    }
}
