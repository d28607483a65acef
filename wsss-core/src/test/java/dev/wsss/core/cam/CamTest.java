package dev.wsss.core.cam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.io.DType;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.LeakCheck;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.TensorScoreMaps;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CamTest {
    private static final ClassCatalog CATALOG = ClassCatalog.withBackground(List.of("red", "green", "blue"));

    private static Sample sample(int height, int width, int... tags) {
        byte[] data = new byte[height * width * 3];
        new Random(height * 31L + width).nextBytes(data);
        return new Sample("pic-3", new RgbImage(height, width, data), ImageTags.of(CATALOG, tags));
    }

    /** A "network" of stride 8 whose activations are the colours themselves. */
    private static Tensor colours(Tensor images) {
        return torch.avg_pool2d(images, 8);
    }

    @Test
    void oneBatchOfImageAndFlipForEachScale() {
        List<String> shapes = new ArrayList<>();
        Cam cam = Cam.builder()
                .setNetwork(images -> {
                    shapes.add(java.util.Arrays.toString(Tensors.shape(images)));
                    Tensor first = images.narrow(0, 0, 1);
                    Tensor second = images.narrow(0, 1, 1);
                    assertThat(torch.equal(torch.flip(second, 3), first)).isTrue();
                    return colours(images);
                })
                .build();
        try (ScoreMaps maps = cam.generate(sample(375, 500, 2))) {
            assertThat(maps.labels()).containsExactly(3);
            assertThat(maps.height()).isEqualTo(375);
            assertThat(maps.width()).isEqualTo(500);
        }
        // 187.5 is rounded to the even 188, 562.5 to 562
        assertThat(shapes)
                .containsExactly("[2, 3, 188, 250]", "[2, 3, 375, 500]", "[2, 3, 562, 750]", "[2, 3, 750, 1000]");
    }

    @Test
    void largeImagesAreReducedBeforeTheyAreScaled() {
        List<String> shapes = new ArrayList<>();
        Cam.Builder builder = Cam.builder()
                .setNetwork(images -> {
                    shapes.add(java.util.Arrays.toString(Tensors.shape(images)));
                    return colours(images);
                })
                .optScales(1, 2);
        Cam without = builder.build();
        Cam with = builder.optMaxPixels(40 * 60).build();
        // twice the sides, and as large as allowed
        for (int[] size : new int[][] {{80, 120}, {40, 60}}) {
            Sample sample = sample(size[0], size[1], 0, 2);
            shapes.clear();
            try (ScoreMaps maps = with.generate(sample)) {
                assertThat(maps.height()).isEqualTo(size[0]);
                assertThat(maps.width()).isEqualTo(size[1]);
                boolean same = size[0] == 40;
                assertThat(shapes).containsExactly("[2, 3, 40, 60]", "[2, 3, 80, 120]");
                try (ScoreMaps full = without.generate(sample)) {
                    assertThat(java.util.Arrays.equals(maps.toArray(), full.toArray()))
                            .isEqualTo(same);
                }
            }
        }
        assertThatThrownBy(() -> builder.optMaxPixels(0)).hasMessageContaining("maxPixels must be at least 1, got 0");
    }

    @ParameterizedTest
    @CsvSource({"100000,1,999", "1,100000,999", "3,9999,50", "33,77,2540", "50,50,1"})
    void aReducedImageHasNoMorePixelsThanAllowed(int height, int width, long limit) {
        List<Long> pixels = new ArrayList<>();
        Cam cam = Cam.builder()
                .setNetwork(images -> {
                    pixels.add(images.size(2) * images.size(3));
                    return images.clone();
                })
                .optScales(1)
                .optMaxPixels(limit)
                .build();
        try (ScoreMaps maps = cam.generate(sample(height, width, 1))) {
            assertThat(maps.toArray()).hasSize(height * width);
        }
        assertThat(pixels).singleElement().satisfies(n -> assertThat(n).isBetween(limit / 2 + 1, limit));
    }

    @Test
    void theLimitIsPartOfTheDescriptionWhereThereIsOne() {
        Cam.Builder builder = Cam.builder().setNetwork(CamTest::colours);
        assertThat(builder.build().description().entries()).doesNotContainKey("maxPixels");
        assertThat(builder.optMaxPixels(1000).build().description().entries()).containsEntry("maxPixels", "1000");
    }

    @Test
    void mapsFollowTheColours() {
        int size = 64;
        byte[] data = new byte[size * size * 3];
        for (int i = 0; i < size * size; i++) {
            data[3 * i + (i % size < size / 2 ? 0 : 2)] = (byte) 255; // left red, right blue
        }
        Sample halves = new Sample("halves", new RgbImage(size, size, data), ImageTags.of(CATALOG, 0, 2));
        Cam cam = Cam.builder().setNetwork(CamTest::colours).build();
        try (ScoreMaps maps = cam.generate(halves)) {
            assertThat(maps).isInstanceOf(TensorScoreMaps.class);
            float[] scores = maps.toArray();
            int left = 32 * size + 4;
            int right = 32 * size + 59;
            int blue = size * size;
            assertThat(maps.labels()).containsExactly(1, 3);
            assertThat(scores[left]).isGreaterThan(0.9f);
            assertThat(scores[right]).isLessThan(0.1f);
            assertThat(scores[blue + left]).isLessThan(0.1f);
            assertThat(scores[blue + right]).isGreaterThan(0.9f);
            for (float s : scores) {
                assertThat(s).isBetween(0f, 1f);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(CamNormalization.class)
    void symmetricImageHasSymmetricMaps(CamNormalization normalization) {
        int h = 24;
        int w = 40;
        byte[] data = new byte[h * w * 3];
        new Random(1).nextBytes(data);
        RgbImage half = new RgbImage(h, w, data);
        byte[] flipped = half.flipped().data();
        for (int y = 0; y < h; y++) {
            System.arraycopy(flipped, (y * w + w / 2) * 3, data, (y * w + w / 2) * 3, w / 2 * 3);
        }
        Sample sample = new Sample("twin", new RgbImage(h, w, data), ImageTags.of(CATALOG, 1));
        CamFusion fusion = new CamFusion(CamActivation.RELU, normalization, 1e-5, false, CamGrid.IMAGE);
        Cam cam = Cam.builder()
                .setNetwork(CamTest::colours)
                .optScales(1)
                .optFusion(fusion)
                .build();
        try (ScoreMaps maps = cam.generate(sample)) {
            float[] s = maps.toArray();
            for (int i = 0; i < s.length; i++) {
                assertThat(s[i]).isEqualTo(s[i / w * w + w - 1 - i % w], within(1e-5f));
            }
        }
    }

    @Test
    void gridOfTheResult() {
        for (CamGrid grid : List.of(CamGrid.IMAGE, CamGrid.strided(4), CamGrid.cropped(16))) {
            Cam cam = Cam.builder()
                    .setNetwork(CamTest::colours)
                    .optFlip(false)
                    .optFusion(CamFusion.DEFAULT.withGrid(grid))
                    .build();
            try (ScoreMaps maps = cam.generate(sample(61, 90, 0, 1, 2))) {
                boolean small = grid.kind() == CamGrid.Kind.STRIDED;
                assertThat(maps.height()).isEqualTo(small ? 16 : 61);
                assertThat(maps.width()).isEqualTo(small ? 23 : 90);
                assertThat(maps.count()).isEqualTo(3);
            }
        }
        assertThatThrownBy(() -> CamGrid.strided(0)).hasMessageContaining("0");
    }

    @Test
    void inBfloat16ScoresAreCloseAndFusedInFloat32() {
        Torch.seed(1);
        List<DType> types = new ArrayList<>();
        try (Conv2d conv = Conv2d.same(3, 3, 3, 8, 1)) {
            Cam.Builder builder = Cam.builder().setNetwork((CamNetwork) images -> {
                Tensor maps = conv.forward(images);
                types.add(Tensors.dtype(maps));
                return maps;
            });
            try (ScoreMaps exact = builder.build().generate(sample(64, 80, 1, 2));
                    ScoreMaps rounded = builder.optAutocastBf16(true).build().generate(sample(64, 80, 1, 2))) {
                assertThat(types).hasSize(8).startsWith(DType.F32).endsWith(DType.BF16);
                assertThat(rounded.toArray()).isNotEqualTo(exact.toArray());
                for (int i = 0; i < exact.toArray().length; i++) {
                    assertThat(rounded.toArray()[i]).isCloseTo(exact.toArray()[i], within(0.03f));
                }
            }
            assertThat(builder.build())
                    .hasToString("Cam[scales [0.5, 1.0, 1.5, 2.0], flipped, network in bfloat16, " + CamFusion.DEFAULT
                            + "]");
        }
    }

    @Test
    void flatMapIsZero() {
        Cam cam = Cam.builder()
                .setNetwork(images -> torch.zeros_like(colours(images)).add(new Scalar(0.25)))
                .build();
        try (ScoreMaps maps = cam.generate(sample(32, 32, 0))) {
            assertThat(maps.toArray()).containsOnly(0f);
        }
    }

    @ParameterizedTest
    @EnumSource(CamNormalization.class)
    void nanIsRefusedByName(CamNormalization normalization) {
        Cam cam = Cam.builder()
                .setNetwork(images -> {
                    Tensor activations = colours(images);
                    activations.narrow(1, 1, 1).narrow(2, 0, 1).narrow(3, 0, 1).fill_(new Scalar(Double.NaN));
                    return activations;
                })
                .optFusion(new CamFusion(CamActivation.RELU, normalization, 1e-5, false, CamGrid.IMAGE))
                .build();
        assertThatThrownBy(() -> cam.generate(sample(32, 32, 0, 1)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("pic-3")
                .hasMessageContaining("green");
        cam.generate(sample(32, 32, 0)).close(); // NaN of a tag that is not asked for does no harm
    }

    /** The network is not asked. */
    @Test
    void anImageWithoutTagsHasNoMaps() {
        Cam cam = Cam.builder()
                .setNetwork(images -> {
                    throw new IllegalStateException("asked");
                })
                .build();
        try (ScoreMaps maps = cam.generate(sample(30, 32))) {
            assertThat(maps.count()).isZero();
            assertThat(maps.height()).isEqualTo(30);
            assertThat(maps.width()).isEqualTo(32);
        }
    }

    @Test
    void namesWhatIsWrong() {
        Cam cam = Cam.builder().setNetwork(CamTest::colours).build();
        assertThatThrownBy(() -> cam.generate(sample(1, 64, 0)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("pic-3")
                .hasMessageContaining("scale 0.5");
        assertThatThrownBy(() -> Cam.builder().build()).hasMessageContaining("setNetwork");
        assertThatThrownBy(() -> Cam.builder().optScales(1, -2)).hasMessageContaining("-2");
        assertThatThrownBy(() -> Cam.builder()
                        .setNetwork(images -> colours(images).narrow(1, 0, 1))
                        .build()
                        .generate(sample(32, 32, 2)))
                .hasMessageContaining("channel 2");
    }

    @Test
    void softmaxLooksAtAbsentChannels() {
        try (Scope scope = Scope.open()) {
            Tensor activations = Tensors.of(new float[] {1, 1, 3, 0, 2, 5}, 1, 3, 1, 2);
            float[] one = Tensors.toFloats(CamFusion.EPS_SOFTMAX.select(activations, new int[] {0}));
            double expected = Math.exp(1) / (Math.exp(1) + Math.exp(3) + Math.exp(2));
            assertThat((double) one[0]).isEqualTo(expected, within(1e-6));
        }
    }

    private record Linear(Conv2d features, Conv2d classifier) implements GradCamNetwork {
        @Override
        public Tensor features(Tensor images) {
            return torch.relu(features.forward(images));
        }

        @Override
        public Tensor logits(Tensor maps) {
            return Ops.globalAverage(classifier.forward(maps));
        }
    }

    private static Linear linear() {
        Torch.seed(3);
        return new Linear(
                Conv2d.builder(3, 6, 3).optStride(4).optPadding(1).build(),
                Conv2d.builder(6, 3, 1).optBias(false).build());
    }

    @Test
    void gradCamOfALinearHeadIsItsCamOverTheArea() {
        Linear network = linear();
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Tensor images = Init.normal(1, 2, 3, 24, 32);
            int[] tags = {0, 2};
            Tensor features = network.features(images);
            Tensor cam = torch.relu(network.classifier().forward(features)).div(new Scalar(6.0 * 8));
            Tensor expected = torch.cat(new TensorVector(cam.narrow(1, 0, 1), cam.narrow(1, 2, 1)), 1);
            Tensor got = GradCam.activations(network, images, tags);
            assertThat(Tensors.shape(got)).containsExactly(2, 2, 6, 8);
            assertThat(got.requires_grad()).isFalse();
            assertThat(Tensors.item(got.sub(expected).abs().max())).isLessThan(1e-7);
            assertThat(Tensors.item(expected.max())).isGreaterThan(1e-4);
        }
        assertThat(network.classifier().weight().grad().defined()).isFalse();
        network.features().close();
        network.classifier().close();
    }

    @Test
    void gradCamOnSeveralScalesEqualsCam() {
        Linear network = linear();
        Sample sample = sample(40, 56, 0, 1);
        Cam byGradient = Cam.builder().setNetwork(network).build();
        Cam direct = Cam.builder()
                .setNetwork(images -> {
                    Tensor f = network.features(images);
                    return network.classifier().forward(f).div(new Scalar((double) f.size(2) * f.size(3)));
                })
                .build();
        try (ScoreMaps a = byGradient.generate(sample);
                ScoreMaps b = direct.generate(sample)) {
            float[] x = a.toArray();
            float[] y = b.toArray();
            for (int i = 0; i < x.length; i++) {
                assertThat(x[i]).isEqualTo(y[i], within(1e-4f));
            }
        }
        assertThatThrownBy(() -> Cam.builder()
                        .setNetwork(network)
                        .optFusion(CamFusion.EPS_SOFTMAX)
                        .build())
                .hasMessageContaining("softmax");
        network.features().close();
        network.classifier().close();
    }

    @Test
    void memoryStaysFlatOverManyImages() {
        Linear network = linear();
        Cam cam = Cam.builder()
                .setNetwork(images -> network.classifier().forward(network.features(images)))
                .build();
        Cam byGradient = Cam.builder().setNetwork(network).optScales(1).build();
        Sample sample = sample(96, 128, 0, 1, 2);
        LeakCheck.assertFlat(50, () -> {
            cam.generate(sample).close();
            byGradient.generate(sample).close();
        });
        network.features().close();
        network.classifier().close();
    }
}
