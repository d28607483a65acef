package dev.wsss.models.dino;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.pipeline.Stages;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.dino.DinoConfig.Version;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Heads and the maps that are made with them, beside their reference vectors. */
class UnsupervisedFeaturesTest {
    private DinoVit vit;

    @BeforeEach
    void make() {
        Torch.seed(7);
        vit = new DinoVit(new DinoConfig(Version.DINO, 56, 14, 16, 1, 2, false, 0));
    }

    @AfterEach
    void close() {
        vit.close();
    }

    private static Sample sample(int height, int width, boolean mirrored) {
        byte[] rgb = new byte[3 * height * width];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int seen = mirrored ? width - 1 - x : x;
                for (int c = 0; c < 3; c++) {
                    rgb[3 * (y * width + x) + c] = (byte) (7 * seen + 3 * y + 50 * c);
                }
            }
        }
        return new Sample(
                "scene",
                new RgbImage(height, width, rgb),
                ImageTags.of(ClassCatalog.withBackground(List.of("cat")), 0));
    }

    /** DHR's sizes of an image of 375x500: the first scale decides, and sides are rounded up to patches. */
    @Test
    void theFirstScaleDecidesTheGrid() {
        UnsupervisedFeatures features = UnsupervisedFeatures.builder()
                .setBackbone(vit)
                .optScales(0.5, 0.25)
                .optFlip(false)
                .build();
        FeatureMap map = features.get(sample(375, 500, false));
        assertThat(List.of(map.channels(), map.height(), map.width())).containsExactly(16, 14, 18);
        assertThat(List.of(map.imageHeight(), map.imageWidth())).containsExactly(375, 500);
        assertThat(map.isHalf()).isTrue();
    }

    @Test
    void theMirrorOfAnImageHasTheMirrorOfItsMap() {
        UnsupervisedFeatures features = UnsupervisedFeatures.builder()
                .setBackbone(vit)
                .optScales(2, 1)
                .optHalf(false)
                .build();
        FeatureMap map = features.get(sample(28, 42, false));
        FeatureMap mirrored = features.get(sample(28, 42, true));
        assertThat(map.isHalf()).isFalse();
        for (int y = 0; y < map.height(); y++) {
            for (int x = 0; x < map.width(); x++) {
                assertThat(mirrored.at(3, y, map.width() - 1 - x)).isEqualTo(map.at(3, y, x), offset(1e-4f));
            }
        }
    }

    @Test
    void aHeadIsPartOfWhatIsMade() {
        try (StegoHead head = new StegoHead(16, 5)) {
            UnsupervisedFeatures plain =
                    UnsupervisedFeatures.builder().setBackbone(vit).build();
            UnsupervisedFeatures coded = UnsupervisedFeatures.builder()
                    .setBackbone(vit)
                    .optHead(head)
                    .build();
            assertThat(coded.get(sample(28, 28, false)).channels()).isEqualTo(5);
            assertThat(coded.description().sha256())
                    .isNotEqualTo(plain.description().sha256());
            assertThat(Stages.features(coded).build().name()).isEqualTo("features");
            assertThat(head.isTraining()).isFalse();
        }
    }

    /** A head that says nothing anywhere. */
    private static final class Silent extends Layer {
        private final Tensor factor = parameter("factor", Tensors.of(new float[1], 1));

        @Override
        public Tensor forward(Tensor x) {
            return x.mul(factor);
        }
    }

    @Test
    void featuresWithoutDirectionOrPixelsAreNamed() {
        try (Silent silent = new Silent()) {
            UnsupervisedFeatures features = UnsupervisedFeatures.builder()
                    .setBackbone(vit)
                    .optHead(silent)
                    .build();
            assertThatThrownBy(() -> features.get(sample(28, 28, false)))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessage("features of scene: the features at row 0, column 0 are all 0; expected vectors with a"
                            + " direction");
            assertThatThrownBy(() -> features.get(sample(1, 28, false)))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessage("features of scene: image has no pixel left at scale 0.5 of a side of 1");
        }
        assertThatThrownBy(() -> UnsupervisedFeatures.builder().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setBackbone is required");
        assertThatThrownBy(() -> UnsupervisedFeatures.builder().optScales(1, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("scales must be positive, got [1.0, -1.0]");
    }

    private static Path resource(String name) {
        return Path.of(Objects.requireNonNull(UnsupervisedFeaturesTest.class.getResource("/heads/" + name))
                .getPath());
    }

    /** As DHR reads it: a dict of a dict and a tensor. */
    @Test
    void headsAreReadFromTheirPublishedForm(@TempDir Path folder) {
        try (CauseHead head = CauseHead.load(resource("cause.pt"));
                StegoHead stego = StegoHead.load(resource("stego.pt"));
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            assertThat(Tensors.shape(head.tensor("codebook"))).containsExactly(2, 4);
            Tensor map = Tensors.of(new float[] {1, 2, 3, 4, 5, 6, -7, 8, 1, 0, 2, 3, 2, 1, 0, 9}, 1, 4, 2, 2);
            float[] codes = Tensors.toFloats(head.forward(map));
            assertThat(codes).hasSize(12);
            Path flat = folder.resolve("cause.safetensors");
            Weights.export(head, flat, DinoCheckpoints.CAUSE);
            try (CauseHead again = CauseHead.load(flat)) {
                assertThat(Tensors.toFloats(again.forward(map))).isEqualTo(codes);
            }
            assertThat(Tensors.shape(stego.forward(map))).containsExactly(1, 3, 2, 2);
            Path stegoFlat = folder.resolve("stego.pth");
            Weights.export(stego, stegoFlat, DinoCheckpoints.STEGO);
            try (StegoHead again = StegoHead.load(stegoFlat)) {
                assertThat(Tensors.toFloats(again.forward(map))).isEqualTo(Tensors.toFloats(stego.forward(map)));
            }
            assertThatThrownBy(() -> head.forward(map.narrow(1, 0, 3)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("expected features of shape [N, 4, h, w], got [1, 3, 2, 2]");
        }
        assertThatThrownBy(() -> CauseHead.load(resource("stego.pt")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageStartingWith(
                        resource("stego.pt") + ": has neither 'head_ema.query_pos' nor a dict 'decoder' (");
        assertThatThrownBy(() -> StegoHead.load(resource("cause.pt")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageStartingWith(
                        resource("cause.pt") + ": has neither 'cluster1.0.weight' nor a dict 'cluster1'");
        assertThatThrownBy(() -> CauseHead.builder().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setChannels is required, at least 1, got 0");
    }

    /** Linear between tokens, and of codes that are equally near the first: values by hand. */
    @Test
    void positionsAreOfOneDimensionAndTiesGoToTheFirst() {
        try (CauseHead head = CauseHead.builder()
                        .setChannels(1)
                        .optPositions(4)
                        .optCodes(3)
                        .build();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            head.tensor("query_pos").copy_(Tensors.of(new float[] {0, 1, 2, 3}, 4, 1));
            head.tensor("codebook").copy_(Tensors.of(new float[] {-2, 5, 1}, 3, 1));
            assertThat(Tensors.toFloats(head.positions(6)))
                    .containsExactly(new float[] {0, 0.5f, 1.1666667f, 1.8333333f, 2.5f, 3}, offset(1e-6f));
            assertThat(Tensors.toFloats(head.positions(2))).containsExactly(new float[] {0.5f, 2.5f}, offset(1e-6f));
            assertThat(Tensors.toLongs(head.codes(Tensors.of(new float[] {3, -1}, 1, 2, 1))))
                    .containsExactly(1, 0);
        }
    }
}
