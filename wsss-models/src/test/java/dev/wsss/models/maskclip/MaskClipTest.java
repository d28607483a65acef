package dev.wsss.models.maskclip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.clip.ClipConfig;
import dev.wsss.models.clip.ClipPreprocess;
import dev.wsss.models.clip.ClipResNet;
import dev.wsss.models.clip.ClipSettings;
import dev.wsss.models.clip.ClipVit;
import dev.wsss.models.clip.DenseEmbedding;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A tower of four channels, whose numbers an independent float64 program gave. */
class MaskClipTest {
    private static final ClassCatalog THREE = ClassCatalog.withoutBackground(List.of("a", "b", "c"));
    private static final Offset<Float> CLOSE = within(2e-5f);

    /** {@code offset + a sin(0.37 i + c)}. */
    private static HostArray fill(double offset, double a, double c, long... shape) {
        float[] values = new float[(int) HostArray.elements(shape)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (offset + a * Math.sin(0.37 * i + c));
        }
        return HostArray.ofFloats(values, shape);
    }

    private static ClipVit tower() {
        ClipVit vit = new ClipVit(new ClipConfig.Vit(8, 2, 4, 2, 2), 3, ClipSettings.MASKCLIP);
        Map<String, HostArray> w = new LinkedHashMap<>();
        w.put("class_embedding", fill(0, 0.5, 2, 4));
        w.put("positional_embedding", fill(0, 0.2, 3, 17, 4));
        // given as [3][4], one row for each channel of the result
        float[] rows = fill(0, 0.5, 70, 3, 4).toFloats();
        float[] proj = new float[12];
        for (int i = 0; i < 12; i++) {
            proj[i] = rows[i % 3 * 4 + i / 3];
        }
        w.put("proj", HostArray.ofFloats(proj, 4, 3));
        w.put("conv1.weight", fill(0, 0.3, 1, 4, 3, 2, 2));
        norm(w, "ln_pre", 4, 5);
        norm(w, "ln_post", 60, 61);
        for (int l = 0; l < 2; l++) {
            String p = "transformer.resblocks." + l + ".";
            double b = 10 + 20 * l;
            norm(w, p + "ln_1", b, b + 1);
            w.put(p + "attn.in_proj_weight", fill(0, 0.3, b + 2, 12, 4));
            w.put(p + "attn.in_proj_bias", fill(0, 0.1, b + 3, 12));
            w.put(p + "attn.out_proj.weight", fill(0, 0.3, b + 4, 4, 4));
            w.put(p + "attn.out_proj.bias", fill(0, 0.1, b + 5, 4));
            norm(w, p + "ln_2", b + 6, b + 7);
            w.put(p + "mlp.c_fc.weight", fill(0, 0.3, b + 8, 16, 4));
            w.put(p + "mlp.c_fc.bias", fill(0, 0.1, b + 9, 16));
            w.put(p + "mlp.c_proj.weight", fill(0, 0.3, b + 10, 4, 16));
            w.put(p + "mlp.c_proj.bias", fill(0, 0.1, b + 11, 4));
        }
        vit.load(w);
        return vit;
    }

    private static void norm(Map<String, HostArray> w, String name, double weight, double bias) {
        w.put(name + ".weight", fill(1, 0.1, weight, 4));
        w.put(name + ".bias", fill(0, 0.05, bias, 4));
    }

    private static HostArray embeddings() {
        float[] t = fill(0, 1, 80, 3, 3).toFloats();
        for (int c = 0; c < 3; c++) {
            double length = Math.sqrt(t[3 * c] * t[3 * c] + t[3 * c + 1] * t[3 * c + 1] + t[3 * c + 2] * t[3 * c + 2]);
            for (int i = 0; i < 3; i++) {
                t[3 * c + i] /= (float) length;
            }
        }
        return HostArray.ofFloats(t, 3, 3);
    }

    private static MaskClip.Builder maskClip(ClipVit tower) {
        return MaskClip.builder().setTower(tower).setTextEmbeddings(embeddings());
    }

    private static Tensor image() {
        return Tensors.of(fill(0, 1, 90, 1, 3, 6, 10));
    }

    private static Tensor tags(float... tags) {
        return Tensors.of(tags, 1, 3);
    }

    private static String rows(Tensor labels) {
        StringBuilder rows = new StringBuilder();
        byte[] values = Tensors.toBytes(labels);
        int width = (int) labels.size(2);
        for (int i = 0; i < values.length; i++) {
            rows.append(i % width == 0 && i > 0 ? " " : "").append(values[i]);
        }
        return rows.toString();
    }

    private static float[] at(Tensor maps, int row, int column) {
        return Tensors.toFloats(maps.select(0, 0).select(1, row).select(1, column));
    }

    @Test
    void scoresAndLabelsAreThoseOfTheValuePath() {
        try (ClipVit tower = tower();
                MaskClip maskClip = maskClip(tower).optSqueezePadding(true).build();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            DenseEmbedding dense = tower.dense(image(), true);
            Tensor unit = TextClassifier.unit(dense.features(), 1);
            assertThat(at(unit, 0, 0)).containsExactly(new float[] {-0.022555f, -0.987419f, -0.156507f}, CLOSE);
            assertThat(at(unit, 2, 4)).containsExactly(new float[] {0.633752f, 0.561638f, -0.531903f}, CLOSE);
            Tensor key = dense.keys().select(1, 0);
            assertThat(Tensors.toFloats(key))
                    .containsExactly(new float[] {0.002570f, 0.016880f, -0.121717f, -0.194751f}, CLOSE);
            Tensor scores = maskClip.scores(image());
            assertThat(at(scores, 0, 0)).containsExactly(new float[] {0.687496f, 0.305505f, -0.700351f}, CLOSE);
            assertThat(at(scores, 2, 4)).containsExactly(new float[] {-0.462815f, -0.906421f, 0.192670f}, CLOSE);
            assertThat(rows(maskClip.labels(image(), tags(1, 1, 0), 6, 10, LabelGate.ZERO)))
                    .isEqualTo("0000111111 0001111112 1111111222 1111112222 1111122222 1111222222");
            assertThat(count(maskClip.labels(image(), tags(1, 1, 1), 6, 10, LabelGate.ZERO)))
                    .containsExactly(7, 16, 37);
        }
    }

    private static int[] count(Tensor labels) {
        int[] counts = new int[3];
        for (byte label : Tensors.toBytes(labels)) {
            counts[label]++;
        }
        return counts;
    }

    @Test
    void paddingIsSqueezedInAsPublishedOrCutOff() {
        try (ClipVit tower = tower();
                MaskClip published = maskClip(tower).optSqueezePadding(true).build();
                MaskClip sound = maskClip(tower).build();
                Scope scope = Scope.open()) {
            Tensor crop = image().narrow(2, 0, 5).narrow(3, 0, 9);
            float[] corner = at(published.scores(crop), 2, 4);
            assertThat(corner).containsExactly(new float[] {0.643242f, 0.123126f, -0.720006f}, CLOSE);
            Tensor labels = published.labels(crop, tags(1, 1, 0), 5, 9, LabelGate.ZERO);
            assertThat(rows(labels)).isEqualTo("000111111 011111112 111111222 111100000 222200000");
            assertThat(count(published.labels(crop, tags(1, 1, 1), 5, 9, LabelGate.ZERO)))
                    .containsExactly(14, 13, 18);
            // the sound labels are the corner of those of the padded image
            Tensor padded = torch.constant_pad_nd(crop, new long[] {0, 1, 0, 1}, new Scalar(0.0));
            Tensor whole = published.labels(padded, tags(1, 1, 1), 6, 10, LabelGate.ZERO);
            assertThat(rows(sound.labels(crop, tags(1, 1, 1), 5, 9, LabelGate.ZERO)))
                    .isEqualTo(rows(whole.narrow(1, 0, 5).narrow(2, 0, 9)));
        }
    }

    @Test
    void theSoundGateGivesPresentClassesAlone() {
        try (ClipVit tower = tower();
                MaskClip maskClip = maskClip(tower).build();
                Scope scope = Scope.open()) {
            assertThat(rows(maskClip.labels(image(), tags(1, 1, 0), 6, 10, LabelGate.MINUS_INFINITY)))
                    .doesNotContain("2");
            Tensor none = maskClip.labels(image(), tags(0, 0, 0), 6, 10, LabelGate.MINUS_INFINITY);
            assertThat(Tensors.toLongs(none)).containsOnly(LabelMap.IGNORE);
            // as published they are the first class
            assertThat(Tensors.toLongs(maskClip.labels(image(), tags(0, 0, 0), 6, 10, LabelGate.ZERO)))
                    .containsOnly(0);
            assertThatThrownBy(() ->
                            maskClip.labels(image(), Tensors.of(new float[2], 1, 2), 6, 10, LabelGate.MINUS_INFINITY))
                    .hasMessage("tags must be [1, 3], got [1, 2]");
            assertThatThrownBy(() -> LabelGate.ZERO.labels(maskClip.scores(image()), Tensors.of(new long[3], 1, 3)))
                    .hasMessageContaining("tags must be floating point");
        }
    }

    @Test
    void refinementsAreThoseOfThePaper() {
        // classes by places, as a map of 1x4
        float[] s = {.25f, .20f, .22f, .18f, .24f, .26f, .10f, .21f, .10f, .12f, .11f, .09f};
        float[] k = {1, 0, 2, 0, 1, 1, 2, 2, 0, 1, 1, 1};
        try (Scope scope = Scope.open()) {
            Tensor cosines = Tensors.of(s, 1, 3, 1, 4);
            Tensor keys = Tensors.of(k, 1, 4, 3);
            float[] published = {.96708f, .59365f, 1.60945f, 1.05673f, 1.03292f, .73968f, 1.05721f, .94327f, 0, 0, 0, 0
            };
            assertThat(refine(KeyAffinity.ORIGINAL, cosines, keys)).containsExactly(published, within(1e-5f));
            float[] paper = {1.08558f, 1.00355f, 1.27113f, 1.43221f, 1.63770f, 1.94540f, 1.36159f, 1.97538f, 0, 0, 0, 0
            };
            assertThat(refine(KeyAffinity.SUM, cosines, keys)).containsExactly(paper, within(1e-5f));
            float[] mean = refine(KeyAffinity.MEAN, cosines, keys);
            for (int i = 0; i < 4; i++) {
                assertThat(mean[i] + mean[4 + i] + mean[8 + i]).isEqualTo(1, within(1e-5f));
            }
        }
    }

    private static float[] refine(KeyAffinity affinity, Tensor cosines, Tensor keys) {
        return Tensors.toFloats(new DenseScoring(0.5, 1, affinity, 100, true).refine(cosines, keys));
    }

    @ParameterizedTest
    @EnumSource(KeyAffinity.class)
    void blocksOfAffinitiesMakeNoDifference(KeyAffinity affinity) {
        // 2500 places are more than one block
        try (Scope scope = Scope.open()) {
            Tensor cosines = Tensors.of(fill(0, 0.01, 1, 2, 3, 50, 50));
            Tensor keys = Tensors.of(fill(0.2, 1, 2, 2, 2500, 4));
            Tensor got = new DenseScoring(0, 0.6, affinity, 100, true).refine(cosines, keys);
            Tensor p = cosines.mul(new Scalar(100.0)).softmax(1).flatten(2, 3).transpose(1, 2);
            Tensor unit = affinity.unit(keys);
            Tensor all = affinity.rows(unit.matmul(unit.transpose(1, 2))).matmul(p);
            Tensor unsure = p.amax(new long[] {2}, true).lt(new Scalar(0.6));
            Tensor expected = torch.where(unsure, all, p).transpose(1, 2);
            assertThat(Tensors.toFloats(got)).containsExactly(Tensors.toFloats(expected), within(1e-3f));
            assertThat(Tensors.item(unsure.any())).isEqualTo(1);
            assertThat(Tensors.item(unsure.all())).isZero();
        }
    }

    @Test
    void denoisingLeavesTheBestClass() {
        try (Scope scope = Scope.open()) {
            Tensor same = Tensors.of(new float[] {0.2f, 0.2f, 0.2001f, 0.2f, 0.2f, 0.2f}, 1, 3, 1, 2);
            float[] sound = Tensors.toFloats(new DenseScoring(0.5, 0, KeyAffinity.MEAN, 100, true).refine(same, null));
            assertThat(sound).containsExactly(-100, -100, 0.2001f, 0.2f, -100, -100);
            float[] published =
                    Tensors.toFloats(new DenseScoring(0.5, 0, KeyAffinity.ORIGINAL, 100, false).refine(same, null));
            assertThat(published).containsOnly(-100);
        }
    }

    private static Sample sample(ClassCatalog catalog, int... tags) {
        byte[] rgb = new byte[3 * 7 * 11];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i * 37);
        }
        return new Sample("one", new RgbImage(7, 11, rgb), ImageTags.of(catalog, tags));
    }

    @Test
    void samplesBecomeMapsLabelsAndFeatures() {
        ClassCatalog withBackground = ClassCatalog.withBackground(List.of("a", "b", "c"));
        try (ClipVit tower = tower();
                MaskClip maskClip = maskClip(tower).build()) {
            Sample plain = sample(THREE, 0, 2);
            LabelMap labels = maskClip.labeler(LabelGate.MINUS_INFINITY).label(plain);
            assertThat(labels.height()).isEqualTo(7);
            assertThat(labels.width()).isEqualTo(11);
            try (ScoreMaps maps = maskClip.cam().generate(plain)) {
                assertThat(maps.labels()).containsExactly(0, 2);
                float[] p = maps.toArray();
                for (int i = 0; i < 77; i++) {
                    assertThat(p[i] + p[77 + i]).isEqualTo(1, within(1e-5f));
                    assertThat(labels.get(i / 11, i % 11)).isEqualTo(p[i] >= p[77 + i] ? 0 : 2);
                }
            }
            LabelMap shifted = maskClip.labeler(LabelGate.MINUS_INFINITY).label(sample(withBackground, 0, 2));
            for (int i = 0; i < 77; i++) {
                assertThat(shifted.get(i / 11, i % 11)).isEqualTo(labels.get(i / 11, i % 11) + 1);
            }
            try (ScoreMaps none = maskClip.cam().generate(sample(THREE))) {
                assertThat(none.count()).isZero();
            }
            FeatureMap features = maskClip.features().get(plain);
            assertThat(features.channels()).isEqualTo(3);
            assertThat(features.height()).isEqualTo(4);
            assertThat(features.width()).isEqualTo(6);
            assertThat(features.imageWidth()).isEqualTo(11);
            Sample two = sample(ClassCatalog.withoutBackground(List.of("a", "b")), 0);
            assertThatThrownBy(() -> maskClip.cam().generate(two))
                    .hasMessage("text embeddings are of 3 classes, got one with tags of 2");
        }
    }

    @Test
    void threadsGetTheSame() {
        try (ClipVit tower = tower();
                MaskClip maskClip = maskClip(tower).build()) {
            LabelMap one = maskClip.labeler(LabelGate.ZERO).label(sample(THREE, 0, 1));
            assertThat(IntStream.range(0, 8).parallel().mapToObj(i -> maskClip.labeler(LabelGate.ZERO)
                            .label(sample(THREE, 0, 1))))
                    .allMatch(one::equals);
        }
    }

    @Test
    void nothingRecordsAGradientAndTheTowerStaysInEvaluation() {
        try (ClipVit tower = tower();
                MaskClip maskClip = maskClip(tower).build();
                Scope scope = Scope.open();
                Torch.Mode grad = Torch.grad()) {
            assertThat(maskClip.scores(image()).requires_grad()).isFalse();
            assertThat(tower.isTraining()).isFalse();
        }
    }

    @Test
    void bfloat16IsCloseAndDescribed() {
        try (ClipVit tower = tower();
                MaskClip full = maskClip(tower).build();
                MaskClip half = maskClip(tower).optAutocastBf16(true).build();
                Scope scope = Scope.open()) {
            Tensor scores = half.scores(image());
            assertThat(scores.scalar_type().intern()).isEqualTo(ScalarType.Float);
            assertThat(Tensors.toFloats(scores)).containsExactly(Tensors.toFloats(full.scores(image())), within(0.1f));
            assertThat(half.description()).isNotEqualTo(full.description());
            assertThat(full.cam().description()).isNotEqualTo(full.features().description());
        }
    }

    @Test
    void aResNetHasBothWays() {
        ClipConfig.ResNet config = new ClipConfig.ResNet(32, 8, List.of(1, 1, 1, 1), 2);
        Torch.seed(3);
        try (ClipResNet tower = new ClipResNet(config, 3, ClipSettings.DEFAULT);
                MaskClip values = MaskClip.builder()
                        .setTower(tower)
                        .setTextEmbeddings(embeddings())
                        .optSmooth(1)
                        .build();
                MaskClip attended = MaskClip.builder()
                        .setTower(tower)
                        .setTextEmbeddings(embeddings())
                        .optAttentionPooling(true)
                        .build();
                Scope scope = Scope.open()) {
            Tensor x = Tensors.of(fill(0, 1, 1, 1, 3, 64, 96));
            assertThat(Tensors.shape(values.scores(x))).containsExactly(1, 3, 2, 3);
            assertThat(Tensors.shape(attended.scores(x))).containsExactly(1, 3, 2, 3);
            assertThat(Tensors.shape(values.labels(x, tags(1, 0, 1), 64, 96, LabelGate.MINUS_INFINITY)))
                    .containsExactly(1, 64, 96);
        }
    }

    @Test
    void brokenWeightsAreToldAtTheFirstSample() {
        try (ClipVit tower = tower();
                MaskClip maskClip = maskClip(tower)
                        .optPreprocess(ClipPreprocess.asItIs().withNormalize(Normalize.IMAGENET_LEVELS))
                        .build();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            tower.projection().fill_(new Scalar(Double.NaN));
            assertThatThrownBy(() -> maskClip.cam().generate(sample(THREE, 0)))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("sample one");
            assertThatThrownBy(() -> maskClip.features().get(sample(THREE, 0))).hasMessageContaining("sample one");
            assertThatThrownBy(() -> maskClip.labeler(LabelGate.ZERO).label(sample(THREE, 0)))
                    .hasMessageContaining("sample one");
        }
    }

    @ParameterizedTest
    @CsvSource({"-0.1, 0", "0, 1.5", "NaN, 0"})
    void thresholdsAreProbabilities(double denoise, double smooth) {
        try (ClipVit tower = tower()) {
            assertThatThrownBy(() -> maskClip(tower)
                            .optDenoise(denoise)
                            .optSmooth(smooth)
                            .build())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("[0, 1]");
        }
    }

    @Test
    void settingsThatDoNotFitAreRefused() {
        assertThatThrownBy(() -> MaskClip.builder().build()).hasMessage("setTower is required");
        try (ClipVit tower = tower()) {
            assertThatThrownBy(() -> MaskClip.builder().setTower(tower).build())
                    .hasMessage("setTextEmbeddings is required");
            assertThatThrownBy(() -> MaskClip.builder()
                            .setTower(tower)
                            .setTextEmbeddings(HostArray.ofFloats(new float[8], 2, 4))
                            .build())
                    .hasMessageContaining("the tower's 3 channels, got 4");
            assertThatThrownBy(() -> maskClip(tower).optAttentionPooling(true).build())
                    .hasMessageContaining("attention pooling is a ResNet's");
            assertThatThrownBy(() -> maskClip(tower).optTemperature(0).build()).hasMessageContaining("got 0.0");
        }
    }
}
