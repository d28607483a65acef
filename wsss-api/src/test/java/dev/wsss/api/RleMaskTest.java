package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RleMaskTest {
    /** The masks of the reference values, by the same arithmetic as in the Python that made them. */
    private static byte[] dense(String kind, int height, int width) {
        byte[] pixels = new byte[height * width];
        long state = 7;
        for (int i = 0; i < pixels.length; i++) {
            int y = i / width;
            int x = i % width;
            state = state * 1103515245 + 12345 & 0x7FFFFFFF;
            boolean inside =
                    switch (kind) {
                        case "noise" -> (state >> 16) % 3 == 0;
                        case "disc" ->
                            square((y - height * 0.45) / (height * 0.3)) + square((x - width * 0.6) / (width * 0.25))
                                    < 1;
                        case "stripe" -> x / 7 % 2 == 1;
                        case "full" -> true;
                        case "empty" -> false;
                        default -> throw new IllegalArgumentException(kind);
                    };
            pixels[i] = (byte) (inside ? 1 : 0);
        }
        return pixels;
    }

    private static double square(double x) {
        return x * x;
    }

    private static RleMask mask(String kind, int height, int width) {
        return RleMask.ofDense(height, width, dense(kind, height, width));
    }

    /** Of pycocotools 2.0.11: {@code r = encode(asfortranarray(dense))}, {@code r['counts']}, {@code area(r)}, {@code toBbox(r)}. */
    @ParameterizedTest
    @CsvSource({
        "noise, 5, 7, 8140M0=0C2, 7, 1, 0, 6, 5",
        "disc, 61, 47, SQ1;_17J4L4L3N2O1N2N2O000000000001N101N2N2N3L4L5Ji<, 671, 17, 10, 23, 36",
        "stripe, 200, 300, h[1h[1h[1000000000000000000000000000000000000000hI, 29400, 7, 0, 287, 200",
        "empty, 3, 4, <, 0, 0, 0, 0, 0",
        "full, 3, 4, 0<, 12, 0, 0, 4, 3"
    })
    void agreesWithCoco(String kind, int height, int width, String counts, int area, int x, int y, int w, int h) {
        RleMask mask = mask(kind, height, width);
        assertThat(mask.toCoco()).isEqualTo(counts);
        assertThat(mask.area()).isEqualTo(area);
        assertThat(mask.box()).isEqualTo(new PixelBox(x, y, w, h));
        assertThat(RleMask.ofCoco(height, width, counts)).isEqualTo(mask);
        assertThat(RleMask.ofCoco(height, width, counts).toDense()).isEqualTo(dense(kind, height, width));
    }

    /** Of pycocotools 2.0.11: {@code merge([a, b])}, {@code merge([a, b], intersect=True)}, {@code iou([a], [b], [0])}. */
    @Test
    void combinesAsCocoDoes() {
        RleMask disc = mask("disc", 61, 47);
        RleMask stripe = mask("stripe", 61, 47);
        RleMask noise = mask("noise", 61, 47);
        assertThat(disc.union(stripe).toCoco()).isEqualTo("[=[=]6PCRK7J4L4_Oa<FiC?000001N101NE[<P9");
        assertThat(disc.intersection(stripe).toCoco()).isEqualTo("^X1m0o02O1N2N2O000^=JiBN3L4L5Ji<");
        assertThat(disc.union(stripe).area()).isEqualTo(1602);
        assertThat(disc.intersectionArea(stripe)).isEqualTo(350);
        assertThat(disc.iou(stripe)).isEqualTo(0.2184769038701623);
        assertThat(disc.union(noise).area()).isEqualTo(1369);
        assertThat(disc.intersection(noise).area()).isEqualTo(218);
        assertThat(disc.iou(noise)).isEqualTo(0.15924032140248356);
        RleMask empty = mask("empty", 3, 4);
        assertThat(empty.iou(empty)).isZero();
    }

    /** Of pycocotools 2.0.11: {@code frPyObjects({'size': ..., 'counts': ...})}, then {@code area} and {@code toBbox}. */
    @Test
    void readsAndWritesLongRuns() {
        RleMask mask = RleMask.ofCounts(16000, 16000, 0, 1, 200000000, 2, 3, 55999994);
        assertThat(mask.toCoco()).isEqualTo("01P``gn51S`_XQJh_o\\e1");
        assertThat(mask.area()).isEqualTo(55999997);
        assertThat(mask.box()).isEqualTo(new PixelBox(0, 0, 16000, 16000));
        assertThat(RleMask.ofCoco(16000, 16000, mask.toCoco())).isEqualTo(mask);
    }

    /** Of pycocotools 2.0.11: the text of the runs as they are, and that of {@code encode(decode(...))}. */
    @Test
    void runsOfLengthZeroAreMergedAway() {
        RleMask mask = RleMask.ofCounts(4, 5, 3, 0, 2, 4, 0, 0, 1, 5, 0, 2, 3);
        assertThat(mask).isEqualTo(RleMask.ofCoco(4, 5, "3024NL15OM3"));
        assertThat(mask.toCoco()).isEqualTo("54132");
        assertThat(mask.counts()).containsExactly(5, 4, 1, 7, 3);
        assertThat(RleMask.ofCounts(1, 3, 0, 0, 0, 3, 0)).isEqualTo(mask("full", 1, 3));
        assertThat(RleMask.ofCounts(1, 3, 3, 0, 0)).isEqualTo(mask("empty", 1, 3));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void isASetOfPixels(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 50; round++) {
            int height = 1 + random.nextInt(12);
            int width = 1 + random.nextInt(12);
            byte[] a = random(random, height * width);
            byte[] b = random(random, height * width);
            RleMask left = RleMask.ofDense(height, width, a);
            RleMask right = RleMask.ofDense(height, width, b);
            assertThat(left.toDense()).isEqualTo(a);
            assertThat(RleMask.ofCounts(height, width, left.counts()))
                    .isEqualTo(left)
                    .hasSameHashCodeAs(left);
            assertThat(RleMask.ofCoco(height, width, left.toCoco())).isEqualTo(left);
            assertThat(left.equals(right)).isEqualTo(Arrays.equals(a, b));
            BitSet both = bits(a);
            both.and(bits(b));
            BitSet any = bits(a);
            any.or(bits(b));
            assertThat(bits(left.intersection(right).toDense())).isEqualTo(both);
            assertThat(bits(left.union(right).toDense())).isEqualTo(any);
            assertThat(left.area()).isEqualTo(bits(a).cardinality());
            assertThat(left.intersectionArea(right)).isEqualTo(both.cardinality());
            assertThat(left.iou(right)).isEqualTo(any.isEmpty() ? 0 : both.cardinality() / (double) any.cardinality());
            assertThat(left.box()).isEqualTo(box(a, width));
            int p = random.nextInt(height * width);
            assertThat(left.contains(p / width, p % width)).isEqualTo(a[p] != 0);
        }
    }

    /** Noise of any density, the extremes among them. */
    private static byte[] random(Random random, int n) {
        double density = random.nextInt(5) / 4.0;
        byte[] pixels = new byte[n];
        for (int i = 0; i < n; i++) {
            pixels[i] = (byte) (random.nextDouble() < density ? 1 : 0);
        }
        return pixels;
    }

    private static BitSet bits(byte[] pixels) {
        BitSet bits = new BitSet();
        for (int i = 0; i < pixels.length; i++) {
            bits.set(i, pixels[i] != 0);
        }
        return bits;
    }

    private static PixelBox box(byte[] pixels, int width) {
        int[] x = bits(pixels).stream().map(p -> p % width).sorted().toArray();
        int[] y = bits(pixels).stream().map(p -> p / width).sorted().toArray();
        return x.length == 0
                ? PixelBox.EMPTY
                : new PixelBox(x[0], y[0], x[x.length - 1] - x[0] + 1, y[y.length - 1] - y[0] + 1);
    }

    @Test
    void anyByteButZeroIsInside() {
        RleMask mask = RleMask.ofDense(2, 1, new byte[] {-1, 2});
        assertThat(mask).isEqualTo(mask("full", 2, 1));
        assertThat(mask.toDense()).containsExactly(1, 1);
    }

    @Test
    void refusesRunsThatAreNoMask() {
        assertRefused(() -> RleMask.ofCounts(2, 3, 1, 2), "have 3 pixels", "expected 6", "2x3");
        assertRefused(() -> RleMask.ofCounts(2, 3), "have 0 pixels", "expected 6");
        assertRefused(() -> RleMask.ofCounts(2, 3, 1, 6), "more than 6");
        assertRefused(() -> RleMask.ofCounts(2, 3, 3, -1, 4), "run 1", "-1");
        // whose sum is 6 in 32 bits
        assertRefused(
                () -> RleMask.ofCounts(2, 3, Integer.MAX_VALUE, Integer.MAX_VALUE, 8), "more than 6", "expected 6");
    }

    @Test
    void refusesTextThatIsNoMask() {
        assertRefused(() -> RleMask.ofCoco(3, 4, ""), "have 0 pixels");
        assertRefused(() -> RleMask.ofCoco(3, 4, "<<"), "more than 12");
        assertRefused(() -> RleMask.ofCoco(3, 4, "0P"), "run 1", "cut off", "1 characters");
        assertRefused(() -> RleMask.ofCoco(3, 4, "0/"), "character 1", "'/'");
        assertRefused(() -> RleMask.ofCoco(3, 4, "0p"), "character 1", "'p'");
        assertRefused(() -> RleMask.ofCoco(3, 4, "0\u0430"), "character 1");
        // -1, and a difference that leads below 0
        assertRefused(() -> RleMask.ofCoco(3, 4, "O"), "run 0", "-1");
        assertRefused(() -> RleMask.ofCoco(3, 4, "411N"), "run 3", "-1");
        // 2^34 - 1, then numbers without an end
        assertRefused(() -> RleMask.ofCoco(3, 4, "oooooo?"), "run 0", "17179869183");
        assertRefused(() -> RleMask.ofCoco(3, 4, "P".repeat(1000) + "0"), "run 0", "7 characters");
        // a million runs of no pixel
        assertRefused(() -> RleMask.ofCoco(3, 4, "0".repeat(1_000_000)), "have 0 pixels");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void damagedTextIsRefusedOrAMask(long seed) {
        Random random = new Random(seed);
        String intact = mask("disc", 61, 47).toCoco();
        int refused = 0;
        for (int round = 0; round < 500; round++) {
            StringBuilder text = new StringBuilder(intact);
            text.setCharAt(random.nextInt(text.length()), (char) (40 + random.nextInt(80)));
            text.setLength(1 + random.nextInt(text.length()));
            try {
                assertThat(RleMask.ofCoco(61, 47, text.toString()).counts().length)
                        .isLessThanOrEqualTo(text.length());
            } catch (InvalidDataException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(400);
    }

    @Test
    void sizesAreBounded() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RleMask.ofCounts(0, 3))
                .withMessageContaining("0x3");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RleMask.ofCounts(1 << 16, 1 << 16, 0))
                .withMessageContainingAll("65536x65536", "268435456");
        assertThat(RleMask.ofCounts(1 << 14, 1 << 14, 1 << 28).area()).isZero();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RleMask.ofDense(2, 2, new byte[3]))
                .withMessageContainingAll("2x2", "got 3");
        RleMask mask = mask("full", 2, 3);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> mask.union(mask("full", 3, 2)))
                .withMessageContainingAll("2x3", "3x2");
        assertThatIllegalArgumentException().isThrownBy(() -> mask.iou(mask("full", 3, 2)));
        assertThatThrownBy(() -> mask.contains(2, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(mask).isNotEqualTo(mask("full", 3, 2));
    }

    private static void assertRefused(Runnable making, String... words) {
        assertThatThrownBy(making::run).isInstanceOf(InvalidDataException.class).hasMessageContainingAll(words);
    }
}
