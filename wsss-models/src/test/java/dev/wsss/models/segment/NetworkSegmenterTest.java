package dev.wsss.models.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.io.DType;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.runtime.LeakCheck;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.deeplab.DeepLabV3;
import dev.wsss.models.deeplab.DeepLabV3Plus;
import dev.wsss.models.mobilenet.MobileNetV2;
import dev.wsss.models.resnet.ResNet;
import java.util.ArrayList;
import java.util.Arrays;
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

class NetworkSegmenterTest {
    /** Scores each class by one colour channel, so that the label is the strongest colour. */
    private static Conv2d strongestColour() {
        Conv2d net = Conv2d.builder(3, 3, 1).optBias(false).build();
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            net.weight().zero_();
            for (int c = 0; c < 3; c++) {
                net.weight().select(0, c).select(0, c).fill_(new Scalar(1.0));
            }
        }
        return net;
    }

    private static RgbImage stripes(int height, int width) {
        byte[] data = new byte[height * width * 3];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                data[(y * width + x) * 3 + x * 3 / width] = (byte) 200;
            }
        }
        return new RgbImage(height, width, data);
    }

    private static Normalize plain() {
        return Normalize.of(new double[3], new double[] {1, 1, 1});
    }

    @Test
    void labelsEachPixelByItsLargestLogit() {
        RgbImage image = stripes(8, 12);
        try (NetworkSegmenter plain = NetworkSegmenter.builder()
                        .setNetwork(strongestColour())
                        .optNormalize(plain())
                        .build();
                NetworkSegmenter averaged = NetworkSegmenter.builder()
                        .setNetwork(strongestColour())
                        .optNormalize(plain())
                        .optScales(1, 2)
                        .optFlip(true)
                        .build()) {
            LabelMap labels = plain.segment(image.toImage());
            assertThat(labels.height()).isEqualTo(8);
            assertThat(labels.width()).isEqualTo(12);
            for (int x = 0; x < 12; x++) {
                assertThat(labels.get(5, x)).isEqualTo(x / 4);
            }
            // a mean that forgot to flip back would mix the outer stripes
            assertThat(averaged.segment(image)).isEqualTo(labels);
        }
    }

    /** A network that sees each pixel alone gives the same labels through any window. */
    @ParameterizedTest
    @CsvSource({"4, 4", "5, 3", "8, 1", "6, 6", "100, 50"})
    void windowsCoverTheImage(int side, int step) {
        RgbImage image = noise(13, 9);
        try (NetworkSegmenter whole = segmenter().optScales(1, 2).optFlip(true).build();
                NetworkSegmenter sliding = segmenter()
                        .optScales(1, 2)
                        .optFlip(true)
                        .optWindow(side, step)
                        .build();
                ScoreMaps expected = whole.probabilities(image);
                ScoreMaps actual = sliding.probabilities(image)) {
            assertThat(actual.toArray()).containsExactly(expected.toArray(), offset(1e-5f));
        }
    }

    @ParameterizedTest
    @CsvSource({"4, 9, 4, 9", "13, 2, 5, 1", "5, 3, 2, 3", "100, 4, 7, 2"})
    void rectangularWindowsCoverTheImage(int height, int width, int down, int across) {
        RgbImage image = noise(13, 9);
        try (NetworkSegmenter whole = segmenter().build();
                NetworkSegmenter sliding = segmenter()
                        .optWindow(new SlidingWindow(height, width, down, across))
                        .build();
                ScoreMaps expected = whole.probabilities(image);
                ScoreMaps actual = sliding.probabilities(image)) {
            assertThat(actual.toArray()).containsExactly(expected.toArray(), offset(1e-5f));
        }
    }

    @Test
    void theNetworkSeesWindowsOfTheirSides() {
        List<String> seen = new ArrayList<>();
        Conv2d net = strongestColour();
        PixelClassifier told = x -> {
            seen.add(x.size(2) + "x" + x.size(3));
            return net.forward(x);
        };
        try (NetworkSegmenter sliding = NetworkSegmenter.builder()
                .setNetwork(net, told)
                .optWindow(new SlidingWindow(4, 10, 2, 5))
                .build()) {
            sliding.segment(noise(7, 12));
            // rows at 0, 2 and 3, columns at 0 and 2
            assertThat(seen).hasSize(6).containsOnly("4x10");
            assertThat(sliding.description().entries())
                    .containsEntry("window", "4x10")
                    .containsEntry("step", "2x5");
        }
        try (NetworkSegmenter square = segmenter().optWindow(8, 5).build()) {
            assertThat(square.description().entries())
                    .containsEntry("window", "8")
                    .containsEntry("step", "5");
        }
        assertThat(SlidingWindow.overlapping(512, 1024)).isEqualTo(new SlidingWindow(512, 1024, 341, 682));
        assertThatThrownBy(() -> new SlidingWindow(4, 3, 4, 4)).hasMessageContaining("got side 3, step 4");
    }

    /** Sizes are mmcv's: of 1920x1080 in 2048x1024 it makes 1820x1024. */
    @Test
    void imagesAreFittedIntoABox() {
        List<String> seen = new ArrayList<>();
        Conv2d net = strongestColour();
        PixelClassifier told = x -> {
            seen.add(x.size(3) + "x" + x.size(2));
            return net.forward(x);
        };
        try (NetworkSegmenter fitted = NetworkSegmenter.builder()
                .setNetwork(net, told)
                .optNormalize(plain())
                .optFit(205, 102)
                .optScales(1, 0.5)
                .build()) {
            RgbImage image = stripes(108, 192);
            LabelMap labels = fitted.segment(image);
            assertThat(seen).containsExactly("181x102", "91x51");
            assertThat(labels.height()).isEqualTo(108);
            assertThat(labels.width()).isEqualTo(192);
            for (int x = 2; x < 192; x++) {
                if (x % 64 > 2 && x % 64 < 61) {
                    assertThat(labels.get(50, x)).as("column " + x).isEqualTo(x / 64);
                }
            }
            seen.clear();
            // the longer side is the box's longer, whichever it is
            fitted.segment(stripes(192, 108));
            assertThat(seen).containsExactly("102x181", "51x91");
            assertThat(fitted.description().entries()).containsEntry("fit", "205x102");
        }
        assertThatThrownBy(() -> NetworkSegmenter.builder().optFit(100, 101)).hasMessageContaining("got 100 and 101");
    }

    private static NetworkSegmenter.Builder segmenter() {
        return NetworkSegmenter.builder().setNetwork(strongestColour());
    }

    /** Logits that tell where in its input a pixel stands: overlapping windows are averaged, and no input is larger. */
    @Test
    void overlappingWindowsAreAveraged() {
        Conv2d net = strongestColour();
        List<Long> sides = new ArrayList<>();
        PixelClassifier columns = x -> {
            sides.add(x.size(2));
            sides.add(x.size(3));
            Tensor column = torch.arange(new Scalar(x.size(3)), x.options()).view(1, 1, 1, -1);
            Tensor map = column.expand(1, 1, x.size(2), x.size(3));
            return torch.cat(new TensorVector(map, map.mul(new Scalar(0.0))), 1);
        };
        try (NetworkSegmenter sliding = NetworkSegmenter.builder()
                        .setNetwork(net, columns)
                        .optWindow(4, 3)
                        .build();
                ScoreMaps p = sliding.probabilities(noise(2, 6))) {
            assertThat(sides).containsExactly(2L, 4L, 2L, 4L);
            // windows start at 0 and, as the last would stick out at 3, at 2
            double[] mean = {0, 1, (2 + 0) / 2.0, (3 + 1) / 2.0, 2, 3};
            for (int x = 0; x < 6; x++) {
                assertThat(p.toArray()[x]).isCloseTo((float) (1 / (1 + Math.exp(-mean[x]))), offset(1e-5f));
            }
        }
        assertThatThrownBy(() -> NetworkSegmenter.builder().optWindow(4, 5)).hasMessageContaining("got side 4, step 5");
    }

    @Test
    void probabilitiesSumToOne() {
        try (NetworkSegmenter segmenter =
                        NetworkSegmenter.builder().setNetwork(strongestColour()).build();
                ScoreMaps maps = segmenter.probabilities(stripes(5, 6))) {
            assertThat(maps.labels()).containsExactly(0, 1, 2);
            float[] p = maps.toArray();
            for (int i = 0; i < 30; i++) {
                assertThat(p[i] + p[30 + i] + p[60 + i]).isBetween(0.9999f, 1.0001f);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "BF16"})
    void theFusedFormLabelsAlike(DType dtype) {
        RgbImage image = stripes(40, 60);
        List<float[]> scores = new ArrayList<>();
        for (DType fused : Arrays.asList(null, dtype)) {
            Torch.seed(1);
            DeepLabV3 network = DeepLabV3.builder()
                    .setBackbone(MobileNetV2.builder()
                            .optWidth(0.1)
                            .optOutputStride(16)
                            .optLastConv(false)
                            .build())
                    .setClasses(3)
                    .optAsppRates(0)
                    .optWidth(6)
                    .build();
            NetworkSegmenter.Builder builder = NetworkSegmenter.builder()
                    .setNetwork(network)
                    .optScales(1, 1.5)
                    .optFlip(true);
            if (fused != null) {
                builder.optFused(fused);
            }
            try (NetworkSegmenter segmenter = builder.build();
                    ScoreMaps maps = segmenter.probabilities(image)) {
                scores.add(maps.toArray());
                assertThat(segmenter.description().entries().toString().contains("fused"))
                        .isEqualTo(fused != null);
            }
        }
        // untrained, all but equally likely; of bfloat16 three digits
        assertThat(scores.get(1)).containsExactly(scores.get(0), offset(dtype == DType.F32 ? 1e-5f : 5e-3f));
        if (dtype == DType.BF16) {
            assertThat(Arrays.equals(scores.get(1), scores.get(0))).isFalse();
        }
    }

    @Test
    void brokenWeightsAreRefusedByName() {
        Conv2d net = strongestColour();
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            net.weight().fill_(new Scalar(Double.NaN));
        }
        try (NetworkSegmenter segmenter =
                NetworkSegmenter.builder().setNetwork(net).build()) {
            assertThatThrownBy(() -> segmenter.segment(stripes(5, 6)))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("Conv2d")
                    .hasMessageContaining("5x6");
        }
    }

    @Test
    void smallNetworkLabelsAnyImageSizeInFlatMemory() {
        Torch.seed(1);
        ResNet backbone =
                ResNet.builder().setDepth(18).optWidth(8).optOutputStride(16).build();
        try (NetworkSegmenter segmenter = NetworkSegmenter.builder()
                .setNetwork(DeepLabV3Plus.builder()
                        .setBackbone(backbone)
                        .setClasses(5)
                        .optWidth(16)
                        .build())
                .optFlip(true)
                .build()) {
            for (int[] size : new int[][] {{1, 1}, {7, 50}, {65, 33}}) {
                LabelMap labels = segmenter.segment(noise(size[0], size[1]));
                assertThat(labels.height()).isEqualTo(size[0]);
                assertThat(labels.width()).isEqualTo(size[1]);
            }
            RgbImage image = noise(96, 96);
            LabelMap first = segmenter.segment(image);
            LeakCheck.assertFlat(60, () -> assertThat(segmenter.segment(image)).isEqualTo(first));
        }
    }

    private static RgbImage noise(int height, int width) {
        byte[] data = new byte[height * width * 3];
        new Random(4).nextBytes(data);
        return new RgbImage(height, width, data);
    }
}
