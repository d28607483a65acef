package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class ChromaRowsTest {
    private static final int[] STORED = {197, 187, 167, 142, 114, 89, 69, 59};

    /** The probe as a decoder gives it that repeats the rows. */
    private static byte[] repeated() {
        byte[] samples = new byte[16 * 8 * 3];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (byte) (i % 3 == 1 ? STORED[i / 48] : 128);
        }
        return samples;
    }

    @Test
    void tellsDecodersApart() throws IOException {
        byte[] samples = repeated();
        assertThat(ChromaRows.of(samples)).isEqualTo(ChromaRows.REPEATED);
        ChromaRows.interpolate(samples, 16, 8, 3, 1);
        assertThat(ChromaRows.of(samples)).isEqualTo(ChromaRows.INTERPOLATED);
        samples[100]++;
        assertThat(ChromaRows.of(samples)).isEqualTo(ChromaRows.UNKNOWN);
        assertThat(ChromaRows.of(JpegDecoder.samples("probe", ChromaRows.image())))
                .isEqualTo(ChromaRows.ofThisRuntime())
                .isNotEqualTo(ChromaRows.UNKNOWN);
    }

    @Test
    void interpolatesRowsAsLibjpegTurboDoes() {
        byte[] samples = {0, 7, 0, 7, 100, 7, 100, 7, (byte) 201, 7};
        ChromaRows.interpolate(samples, 5, 1, 2, 0);
        assertThat(samples).containsExactly(0, 7, 25, 7, 75, 7, 125, 7, (byte) 176, 7);
        byte[] one = {42};
        ChromaRows.interpolate(one, 1, 1, 1, 0);
        assertThat(one).containsExactly(42);
    }
}
