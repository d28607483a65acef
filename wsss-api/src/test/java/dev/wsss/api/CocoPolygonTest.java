package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CocoPolygonTest {
    private static final double[] TRIANGLE = {1.2, 1.0, 8.7, 2.3, 4.5, 6.8};
    private static final double[] SQUARE = {0, 0, 3, 0, 3, 3, 0, 3};

    /** Of pycocotools 2.0.11: {@code frPyObjects([polygon], 8, 10)}. */
    @Test
    void fillsAsCocoDoes() {
        RleMask triangle = RleMask.ofPolygon(8, 10, TRIANGLE);
        assertThat(triangle.counts()).containsExactly(17, 2, 6, 4, 5, 5, 3, 4, 4, 3, 5, 2, 6, 1, 13);
        assertThat(triangle.toCoco()).isEqualTo("a0262O1NO1O1O1O7");
        RleMask square = RleMask.ofPolygon(8, 10, SQUARE);
        assertThat(square.counts()).containsExactly(0, 3, 5, 3, 5, 3, 61);
        assertThat(square.toCoco()).isEqualTo("035000h1");
        RleMask both = RleMask.ofPolygons(8, 10, List.of(TRIANGLE, SQUARE));
        assertThat(both.area()).isEqualTo(28);
        assertThat(both).isEqualTo(triangle.union(square));
    }

    /** The card's words taken literally: every step of the line is drawn, kept and sorted. */
    private static RleMask byDrawing(int h, int w, double[] xy) {
        List<int[]> line = new ArrayList<>();
        int k = xy.length / 2;
        for (int j = 0; j < k; j++) {
            int xs = (int) (5 * xy[2 * j] + .5);
            int ys = (int) (5 * xy[2 * j + 1] + .5);
            int xe = (int) (5 * xy[2 * ((j + 1) % k)] + .5);
            int ye = (int) (5 * xy[2 * ((j + 1) % k) + 1] + .5);
            boolean wide = Math.abs(xe - xs) >= Math.abs(ye - ys);
            boolean flip = wide ? xs > xe : ys > ye;
            int[] a = flip ? new int[] {xe, ye} : new int[] {xs, ys};
            int[] b = flip ? new int[] {xs, ys} : new int[] {xe, ye};
            int n = wide ? b[0] - a[0] : b[1] - a[1];
            double slope = wide ? (double) (b[1] - a[1]) / n : (double) (b[0] - a[0]) / n;
            for (int d = 0; d <= n; d++) {
                int t = flip ? n - d : d;
                line.add(
                        wide
                                ? new int[] {a[0] + t, (int) (a[1] + slope * t + .5)}
                                : new int[] {(int) (a[0] + slope * t + .5), a[1] + t});
            }
        }
        int[] toggled = new int[h * w + 1];
        for (int j = 1; j < line.size(); j++) {
            int u = line.get(j)[0];
            int before = line.get(j - 1)[0];
            double x = ((u < before ? u : u - 1) + .5) / 5 - .5;
            if (u == before || Math.floor(x) != x || x < 0 || x > w - 1) {
                continue;
            }
            double y = (Math.min(line.get(j)[1], line.get(j - 1)[1]) + .5) / 5 - .5;
            toggled[(int) x * h + (int) Math.ceil(Math.max(0, Math.min(h, y)))]++;
        }
        byte[] dense = new byte[h * w];
        int state = 0;
        for (int p = 0; p < h * w; p++) {
            state ^= toggled[p] & 1;
            dense[p % h * w + p / h] = (byte) state;
        }
        return RleMask.ofDense(h, w, dense);
    }

    /** Inside, partly outside and far outside; fractions, halves and repeated points; both directions of every slope. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void equalsTheDrawnLine(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            int h = 1 + random.nextInt(30);
            int w = 1 + random.nextInt(30);
            double spread = new double[] {1, 1.5, 4, 40}[random.nextInt(4)];
            double unit = new double[] {0.01, 0.1, 0.125, 0.5, 1}[random.nextInt(5)];
            double[] xy = new double[2 * (3 + random.nextInt(10))];
            for (int i = 0; i < xy.length; i++) {
                double size = i % 2 == 0 ? w : h;
                xy[i] = Math.rint((size / 2 + (random.nextDouble() - .5) * size * spread) / unit) * unit;
                if (i > 1 && random.nextInt(6) == 0) {
                    xy[i] = xy[i - 2];
                }
            }
            assertThat(RleMask.ofPolygon(h, w, xy))
                    .as(() -> Arrays.toString(xy) + " in " + h + "x" + w)
                    .isEqualTo(byDrawing(h, w, xy));
        }
    }

    /** Each column is crossed more often than the list of changes has room for at first. */
    @Test
    void manyCrossings() {
        double[] xy = new double[4002];
        for (int i = 0; i < xy.length; i += 2) {
            xy[i] = i % 4 == 0 ? -3 : 60;
            xy[i + 1] = i * 37 % 101 / 4.0;
        }
        assertThat(RleMask.ofPolygon(25, 50, xy)).isEqualTo(byDrawing(25, 50, xy));
    }

    @Test
    void coversTheImageFromFarOutside() {
        double far = 1 << 28;
        assertThat(RleMask.ofPolygon(7, 9, -far, -far, far, -far, far, far, -far, far)
                        .counts())
                .containsExactly(0, 63);
        assertThat(RleMask.ofPolygon(7, 9, 20, 1, 30, 1, 30, 5).area()).isZero();
        assertThat(RleMask.ofPolygon(7, 9, -20, 1, -30, 1, -30, 5).area()).isZero();
        // a half plane that ends at column 4, whichever way its border is steep
        assertThat(RleMask.ofPolygon(7, 9, -far, -far, 4, -far, 4, far, -far, far)
                        .box())
                .isEqualTo(new PixelBox(0, 0, 4, 7));
        assertThat(RleMask.ofPolygon(7, 9, -far, -far, far, -far, far, 3, -far, 3)
                        .box())
                .isEqualTo(new PixelBox(0, 0, 9, 3));
        RleMask steep = RleMask.ofPolygon(7, 9, 4, -far, 4.2, far, 9, far, 9, -far);
        assertThat(steep.area()).isEqualTo(35);
    }

    @Test
    void refusesWhatIsNoPolygon() {
        refused("0 points; expected at least 3");
        refused("2 points", 1, 2, 3, 4);
        refused("7 coordinates; expected an even number", 1, 2, 3, 4, 5, 6, 7);
        refused("coordinate 3 of a polygon is NaN", 1, 2, 3, Double.NaN, 5, 6);
        refused("coordinate 0 of a polygon is -Infinity", Double.NEGATIVE_INFINITY, 2, 3, 4, 5, 6);
        refused("coordinate 5 of a polygon is 1.0E300", 1, 2, 3, 4, 5, 1e300);
        refused("2.68435457E8", 1, 2, 3, 4, 5, (1 << 28) + 1);
        assertThatThrownBy(() -> RleMask.ofPolygons(4, 4, List.of(TRIANGLE, new double[] {1, 2})))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageStartingWith("polygon 1: a polygon has 1 points");
        assertThatThrownBy(() -> RleMask.ofPolygons(4, 4, List.of()))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("no polygon");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RleMask.ofPolygon(0, 4, TRIANGLE))
                .withMessageContaining("0x4");
    }

    private static void refused(String words, double... xy) {
        assertThatThrownBy(() -> RleMask.ofPolygon(8, 10, xy))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(words);
    }

    /** A thousand points may not cost the work of billions of columns. */
    @Test
    void workIsBounded() {
        double[] xy = new double[2000];
        for (int i = 0; i < xy.length; i += 4) {
            xy[i] = 1 << 28;
            xy[i + 1] = 1;
        }
        assertThatThrownBy(() -> RleMask.ofPolygon(1, 1 << 28, xy))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("33554432 columns", "1x268435456");
    }

    /** Coordinates of any bits: an error that names them, or a mask of the image. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void anyCoordinatesAreRefusedOrAMask(long seed) {
        Random random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < 2000; round++) {
            double[] xy = new double[random.nextInt(12)];
            for (int i = 0; i < xy.length; i++) {
                xy[i] = switch (random.nextInt(8)) {
                    case 0 -> random.nextInt(80) == 0 ? Double.longBitsToDouble(random.nextLong()) : 1e9;
                    case 1, 2 -> (random.nextDouble() - .5) * (1 << 29);
                    case 3 -> (random.nextBoolean() ? 1 : -1) * (1 << 28);
                    default -> random.nextInt(400) / 10.0 - 5;
                };
            }
            try {
                RleMask mask = RleMask.ofPolygon(13, 21, xy);
                assertThat(RleMask.ofCounts(13, 21, mask.counts())).isEqualTo(mask);
            } catch (InvalidDataException e) {
                refused++;
            }
        }
        assertThat(refused).isBetween(200, 1990);
    }

    @Test
    void boxesOverlapAsInCoco() {
        CocoBox box = new CocoBox(1.5, 2, 4, 3);
        CocoBox other = new CocoBox(3.5, 1, 4, 3);
        assertThat(box.iou(other, false)).isEqualTo(4 / 20.0, within(1e-15));
        assertThat(box.iou(other, true)).isEqualTo(4 / 12.0, within(1e-15));
        assertThat(box.iou(new CocoBox(5.5, 2, 4, 3), false)).isZero();
        assertThat(box.iou(new CocoBox(0, 0, 0, 0), false)).isZero();
        assertThat(box.iou(box, false)).isEqualTo(1);
        assertThat(RleMask.ofBox(8, 10, new CocoBox(2, 1, 3, 4)).box()).isEqualTo(new PixelBox(2, 1, 3, 4));
        assertThat(RleMask.ofBox(8, 10, new CocoBox(-5, -5, 50, 50)).area()).isEqualTo(80);
        assertThat(RleMask.ofBox(8, 10, new CocoBox(2, 1, 0, 0)).area()).isZero();
        for (double[] bad : new double[][] {{0, 0, -1, 1}, {0, 0, 1, -1}, {Double.NaN, 0, 1, 1}, {0, 1 / 0.0, 1, 1}}) {
            assertThatThrownBy(() -> new CocoBox(bad[0], bad[1], bad[2], bad[3]))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("expected finite numbers");
        }
    }

    /** Of pycocotools' {@code iou([a], [b], [1])}: over the first alone. */
    @Test
    void crowdsAreNotPartOfTheUnion() {
        RleMask square = RleMask.ofPolygon(8, 10, SQUARE);
        RleMask crowd = RleMask.ofBox(8, 10, new CocoBox(1, 0, 9, 8));
        assertThat(square.iou(crowd, true)).isEqualTo(6 / 9.0);
        assertThat(square.iou(crowd, false)).isEqualTo(square.iou(crowd)).isEqualTo(6 / 75.0);
        RleMask empty = RleMask.ofCounts(8, 10, 80);
        assertThat(empty.iou(crowd, true)).isZero();
        assertThat(RleMask.unionOf(List.of(empty, square, empty))).isEqualTo(square);
        assertThatIllegalArgumentException().isThrownBy(() -> RleMask.unionOf(List.of()));
    }

    @Test
    void fillsColumns() {
        byte[] pixels = new byte[80];
        Arrays.fill(pixels, (byte) 9);
        RleMask.ofPolygon(8, 10, SQUARE).fillColumns(pixels, (byte) 4);
        assertThat(pixels).startsWith(4, 4, 4, 9, 9, 9, 9, 9, 4).endsWith(9, 9);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RleMask.ofPolygon(8, 10, SQUARE).fillColumns(new byte[79], (byte) 1))
                .withMessageContainingAll("79", "8x10");
    }
}
