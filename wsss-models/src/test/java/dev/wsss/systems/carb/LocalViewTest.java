package dev.wsss.systems.carb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.Arrays;
import java.util.IntSummaryStatistics;
import java.util.Random;
import java.util.function.ToIntFunction;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocalViewTest {
    private static final LocalViewSampler CITYSCAPES = LocalViewSampler.of(512, 256, 1, 2);

    private static IntSummaryStatistics many(LocalViewSampler s, int h, int w, ToIntFunction<LocalView> what) {
        Random random = new Random(3);
        return Stream.generate(() -> s.sample(h, w, random))
                .limit(20_000)
                .mapToInt(what)
                .summaryStatistics();
    }

    @Test
    void offsetsReachBothEndsAndAsPublishedNotTheLast() {
        IntSummaryStatistics left = many(CITYSCAPES, 512, 1024, LocalView::left);
        assertThat(left.getMin()).isZero();
        assertThat(left.getMax()).isEqualTo(768);
        assertThat(many(CITYSCAPES, 512, 1024, LocalView::top).getMax()).isZero();
        LocalViewSampler camVid = LocalViewSampler.of(512, 256, 0.5, 2.5).original();
        assertThat(many(camVid, 720, 960, LocalView::top).getMax()).isEqualTo(207);
        assertThat(many(camVid, 720, 960, LocalView::left).getMax()).isEqualTo(703);
    }

    @Test
    void scalesStayInTheirRange() {
        IntSummaryStatistics published = many(CITYSCAPES.original(), 512, 1024, LocalView::scaledHeight);
        assertThat(published.getMin()).isEqualTo(512);
        assertThat(published.getMax()).isEqualTo(1023);
        IntSummaryStatistics whole = many(CITYSCAPES, 512, 1024, LocalView::scaledWidth);
        assertThat(whole.getMin()).isEqualTo(256);
        assertThat(whole.getMax()).isEqualTo(496);
    }

    @ParameterizedTest
    @CsvSource({
        "1, 512, 256",
        "1.37, 701, 350",
        "1.5, 768, 384",
        "1.999, 1023, 511",
        "0.5, 256, 128",
        "2.499, 1279, 639"
    })
    void sidesAreFloored(double scale, int height, int width) {
        LocalView view = new LocalViewSampler(512, 256, scale, scale, 1, true).sample(720, 960, new Random(1));
        assertThat(view.scaledHeight()).isEqualTo(height);
        assertThat(view.scaledWidth()).isEqualTo(width);
        LocalView whole = LocalViewSampler.of(512, 256, scale, scale).sample(720, 960, new Random(1));
        assertThat(whole.scaledHeight()).isEqualTo(height / 16 * 16);
        assertThat(whole.scaledWidth()).isEqualTo(width / 16 * 16);
    }

    @Test
    void drawsAreInOrderAndOnlyWhatIsNeeded() {
        StringBuilder order = new StringBuilder();
        RandomGenerator recorder = new RandomGenerator() {
            @Override
            public long nextLong() {
                throw new AssertionError("another draw");
            }

            @Override
            public int nextInt(int bound) {
                order.append(bound).append(' ');
                return 0;
            }

            @Override
            public double nextDouble() {
                order.append("scale ");
                return 0;
            }
        };
        CITYSCAPES.original().sample(720, 960, recorder);
        CITYSCAPES.sample(512, 1024, recorder);
        assertThat(order).hasToString("208 704 scale 769 scale ");
    }

    @Test
    void libtorchDrawsAsPyTorchDoes() {
        // torch.manual_seed(589482026); randint(0, 208, (1,)), randint(0, 704, (1,)), 2 * rand(1) + 0.5, floor of both
        // sides
        Torch.seed(589482026);
        LocalView view = LocalViewSampler.of(512, 256, 0.5, 2.5).original().sample(720, 960);
        assertThat(view).isEqualTo(new LocalView(205, 699, 512, 256, 420, 210));
    }

    @Test
    void theSameSeedGivesTheSameView() {
        assertThat(CITYSCAPES.sample(600, 1024, new Random(5))).isEqualTo(CITYSCAPES.sample(600, 1024, new Random(5)));
    }

    @Test
    void thePatchIsAViewThroughWhichGradientsGo() {
        float[] values = new float[2 * 3 * 4 * 5];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        try (Scope scope = Scope.open()) {
            Tensor maps = Tensors.of(values, 2, 3, 4, 5).requires_grad_(true);
            LocalView view = new LocalView(1, 2, 2, 3, 4, 6);
            Tensor crop = view.crop(maps);
            assertThat(Tensors.shape(crop)).containsExactly(2, 3, 2, 3);
            assertThat(Arrays.copyOf(Tensors.toFloats(crop), 6)).containsExactly(7, 8, 9, 12, 13, 14);
            assertThat(Tensors.shape(view.image(maps))).containsExactly(2, 3, 4, 6);
            crop.sum().backward();
            assertThat(Tensors.item(maps.grad().sum())).isEqualTo(2 * 3 * 2 * 3);
            assertThatThrownBy(() -> new LocalView(3, 2, 2, 3, 4, 6).crop(maps))
                    .hasMessage("a patch of 2x3 at (3, 2) must lie within the maps, got maps of 4x5");
        }
    }

    @Test
    void anImageSmallerThanThePatchIsRefused() {
        assertThatThrownBy(() -> CITYSCAPES.sample(511, 1024, new Random(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("images must have at least the 512 rows of the patch, got 511");
        assertThatThrownBy(() -> CITYSCAPES.sample(512, 255, new Random(1))).hasMessageContaining("256 columns");
    }

    @Test
    void settingsThatAreNoneAreRefused() {
        assertThatThrownBy(() -> LocalViewSampler.of(0, 256, 1, 2)).hasMessageContaining("got 0x256");
        assertThatThrownBy(() -> LocalViewSampler.of(512, 256, 2, 1)).hasMessageContaining("got 2.0 and 1.0");
        assertThatThrownBy(() -> LocalViewSampler.of(512, 256, Double.NaN, 1)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> new LocalViewSampler(512, 256, 1, 2, 0, false)).hasMessageContaining("multiple");
    }
}
