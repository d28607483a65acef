package dev.wsss.core.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.SplitMix;
import dev.wsss.core.vector.VectorApi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Resizes with vector instructions beside those without. */
class VectorResizeTest {
    @Test
    void theModuleIsThere() {
        assertThat(VectorApi.isPresent()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void bytesAreThoseOfPlainJava(long seed) {
        SplitMix random = new SplitMix(seed);
        for (int i = 0; i < 400; i++) {
            ByteResizes.Case drawn = ByteResizes.draw(random);
            Window window = ByteResizes.window(random, drawn.height(), drawn.width());
            Span down = window.rows(drawn.image().height(), drawn.height());
            Span across = window.columns(drawn.image().width(), drawn.width());
            byte[] data = drawn.image().data();
            for (Resize mode : ByteResizes.MODES) {
                assertThat(mode.bytes(data, down, across, true))
                        .as("%s: rows %s, columns %s", mode, down, across)
                        .isEqualTo(mode.bytes(data, down, across, false));
            }
        }
    }
}
