package dev.wsss.core.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.LabelMap;
import dev.wsss.api.SplitMix;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ViewGeometryTest {
    private static final double TOLERANCE = 1e-9;

    /** Any few operations on a source of 20 to 60 pixels. */
    private static ViewGeometry random(SplitMix random) {
        ViewGeometry g = ViewGeometry.whole(20 + random.below(41), 20 + random.below(41));
        for (int i = random.below(6); i > 0; i--) {
            g = switch (random.below(3)) {
                case 0 -> g.resize(1 + random.below(90), 1 + random.below(90));
                case 1 -> g.crop(
                        random.below(2 * g.height()) - g.height() / 2,
                        random.below(2 * g.width()) - g.width() / 2,
                        1 + random.below(50),
                        1 + random.below(50));
                default -> g.flip();
            };
        }
        return g;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void positionsGoToTheViewAndBack(long seed) {
        SplitMix random = new SplitMix(seed);
        for (int i = 0; i < 500; i++) {
            ViewGeometry g = random(random);
            double y = random.range(-10, 70);
            double x = random.range(-10, 70);
            assertThat(g.viewY(g.sourceY(y))).isCloseTo(y, within(1e-6));
            assertThat(g.viewX(g.sourceX(x))).isCloseTo(x, within(1e-6));
            assertThat(g.sourceY(g.viewY(y))).isCloseTo(y, within(1e-6));
            assertThat(g.sourceX(g.viewX(x))).isCloseTo(x, within(1e-6));
        }
    }

    /** Each operation is a map of positions, and a view of several is the maps one after the other. */
    @ParameterizedTest
    @ValueSource(longs = {4, 5, 6})
    void operationsCompose(long seed) {
        SplitMix random = new SplitMix(seed);
        for (int i = 0; i < 500; i++) {
            ViewGeometry g = random(random);
            double y = random.range(0, 1);
            double x = random.range(0, 1);

            int height = 1 + random.below(80);
            int width = 1 + random.below(80);
            ViewGeometry resized = g.resize(height, width);
            assertThat(resized.sourceY(y * height)).isCloseTo(g.sourceY(y * g.height()), within(1e-6));
            assertThat(resized.sourceX(x * width)).isCloseTo(g.sourceX(x * g.width()), within(1e-6));

            ViewGeometry flipped = g.flip();
            assertThat(flipped.sourceY(y)).isEqualTo(g.sourceY(y));
            assertThat(flipped.sourceX(x)).isCloseTo(g.sourceX(g.width() - x), within(1e-6));
            assertThat(flipped.flip()).isEqualTo(g);

            int top = random.below(20) - 10;
            int left = random.below(20) - 10;
            ViewGeometry crop = g.crop(top, left, height, width);
            assertThat(crop.sourceY(y)).isCloseTo(g.sourceY(top + y), within(1e-6));
            // left is counted in the source's order, mirrored or not
            double inOrder = g.flipped() ? g.width() - left - width + x : left + x;
            assertThat(crop.sourceX(x)).isCloseTo(g.sourceX(inOrder), within(1e-6));
        }
    }

    @Test
    void aCropOfACropIsOneCrop() {
        ViewGeometry whole = ViewGeometry.whole(40, 50);
        assertThat(whole.crop(5, 6, 30, 30).crop(2, -3, 10, 12)).isEqualTo(whole.crop(7, 3, 10, 12));
        assertThat(whole.crop(5, 6, 30, 30).flip().crop(2, 3, 10, 12)).isEqualTo(whole.crop(7, 9, 10, 12).flip());
        ViewGeometry again = whole.resize(80, 75).resize(40, 50);
        assertThat(again.isWhole()).isTrue();
        assertThat(whole.flip().isWhole()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {7, 8, 9})
    void regionAndContentAreTheSameRectangleSeenFromBothSides(long seed) {
        SplitMix random = new SplitMix(seed);
        int padded = 0;
        for (int i = 0; i < 500; i++) {
            ViewGeometry g = random(random);
            ViewGeometry.Box region = g.region();
            assertThat(region.height()).isCloseTo(g.height() * g.sourceHeight() / g.scaledHeight(), within(1e-6));
            assertThat(region.width()).isCloseTo(g.width() * g.sourceWidth() / g.scaledWidth(), within(1e-6));
            assertThat(Math.min(g.viewX(region.left()), g.viewX(region.right()))).isCloseTo(0, within(1e-6));
            assertThat(Math.max(g.viewX(region.left()), g.viewX(region.right()))).isCloseTo(g.width(), within(1e-6));
            assertThat(g.viewY(region.top())).isCloseTo(0, within(1e-6));
            assertThat(g.viewY(region.bottom())).isCloseTo(g.height(), within(1e-6));

            ViewGeometry.Box content = g.content();
            boolean inside = region.top() >= -TOLERANCE
                    && region.left() >= -TOLERANCE
                    && region.bottom() <= g.sourceHeight() + TOLERANCE
                    && region.right() <= g.sourceWidth() + TOLERANCE;
            if (inside) {
                assertThat(content.height()).isCloseTo(g.height(), within(1e-6));
                assertThat(content.width()).isCloseTo(g.width(), within(1e-6));
            } else if (content.height() > 0 && content.width() > 0) {
                padded++;
                assertThat(g.sourceY(content.top())).isBetween(-1e-6, g.sourceHeight() + 1e-6);
                assertThat(g.sourceX(content.left())).isBetween(-1e-6, g.sourceWidth() + 1e-6);
                assertThat(content.height() * content.width()).isLessThan((double) g.height() * g.width());
            }
        }
        assertThat(padded).isPositive();
    }

    /** Labels tell where each pixel of a view comes from: that of its middle. */
    @ParameterizedTest
    @ValueSource(longs = {10, 11, 12})
    void labelsComeFromWhereTheGeometrySays(long seed) {
        SplitMix random = new SplitMix(seed);
        for (int i = 0; i < 100; i++) {
            ViewGeometry g = random(random);
            LabelMap rows = Views.labels(ramp(g.sourceHeight(), g.sourceWidth(), true), g);
            LabelMap columns = Views.labels(ramp(g.sourceHeight(), g.sourceWidth(), false), g);
            List<String> wrong = new ArrayList<>();
            for (int y = 0; y < g.height(); y++) {
                for (int x = 0; x < g.width(); x++) {
                    double sy = g.sourceY(y + 0.5);
                    double sx = g.sourceX(x + 0.5);
                    boolean onBorder = Math.abs(sy - Math.rint(sy)) < 1e-6 || Math.abs(sx - Math.rint(sx)) < 1e-6;
                    boolean inside = sy >= 0 && sx >= 0 && sy < g.sourceHeight() && sx < g.sourceWidth();
                    int row = inside ? (int) sy : LabelMap.IGNORE;
                    int column = inside ? (int) sx : LabelMap.IGNORE;
                    if (!onBorder && (rows.get(y, x) != row || columns.get(y, x) != column)) {
                        wrong.add(y + "," + x + " is of " + rows.get(y, x) + "," + columns.get(y, x) + " not " + row
                                + "," + column);
                    }
                }
            }
            assertThat(wrong).as(g.toString()).isEmpty();
        }
    }

    private static LabelMap ramp(int height, int width, boolean rows) {
        byte[] labels = new byte[height * width];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (byte) (rows ? i / width : i % width);
        }
        return LabelMap.wrap(height, width, labels);
    }

    @Test
    void sizesBelowOneAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ViewGeometry.whole(0, 3))
                .withMessageContaining("0x3");
        ViewGeometry whole = ViewGeometry.whole(4, 3);
        assertThatIllegalArgumentException().isThrownBy(() -> whole.crop(0, 0, 0, 3));
        assertThatIllegalArgumentException().isThrownBy(() -> whole.resize(3, 0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ViewGeometry(4, 3, 0, 3, 0, 0, 4, 3, false))
                .withMessageContaining("0.0x3.0");
    }
}
