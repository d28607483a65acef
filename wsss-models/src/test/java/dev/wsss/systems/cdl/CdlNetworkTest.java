package dev.wsss.systems.cdl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.LabelMap;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.resnet.CaffeResNet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CdlNetworkTest {
    private static final int SIDE = 65;

    @TempDir
    private Path folder;

    private static CdlNetwork small(CdlVariant variant) {
        Torch.seed(3);
        return CdlNetwork.builder()
                .setBackbone(
                        CaffeResNet.builder().optBlocks(1, 1, 1, 1).optWidth(4).build())
                .setClasses(4)
                .setVariant(variant)
                .optRates(1, 2)
                .build();
    }

    /** Weights that follow from a key's place among all, so that the published code could be given the same. */
    private static Map<String, HostArray> hashed(CdlNetwork net) {
        Map<String, HostArray> weights = new LinkedHashMap<>(net.stateDict());
        List<String> kernels = new ArrayList<>(new TreeSet<>(weights.keySet().stream()
                .filter(k -> Objects.requireNonNull(weights.get(k)).shape().length == 4 && !k.contains("aff_conv_"))
                .toList()));
        for (int t = 0; t < kernels.size(); t++) {
            String key = kernels.get(t);
            long[] shape = Objects.requireNonNull(weights.get(key)).shape();
            double bound = key.contains("aspp")
                    ? 0.002
                    : key.contains("reduce_dim") ? 0.0004 : Math.sqrt(6.0 / (shape[1] * shape[2] * shape[3]));
            float[] v = new float[(int) (shape[0] * shape[1] * shape[2] * shape[3])];
            for (int k = 0; k < v.length; k++) {
                v[k] = (float) ((2 * uniform(k, t) - 1) * bound);
            }
            weights.put(key, HostArray.ofFloats(v, shape));
        }
        weights.replaceAll((key, value) -> {
            if (key.contains("aff_conv_")) {
                int i = key.charAt(key.indexOf("aff_conv_") + "aff_conv_".length()) - '2';
                return Objects.requireNonNull(weights.get(key.replaceFirst("aff_conv_\\d", "aff_module." + i)));
            }
            if (key.contains("aspp") && key.endsWith("bias")) {
                float[] bias = new float[value.size()];
                for (int c = 0; c < bias.length; c++) {
                    bias[c] = 0.01f * c;
                }
                return HostArray.ofFloats(bias, bias.length);
            }
            if (key.contains("increase") && key.endsWith("bn.weight")) {
                float[] scale = new float[value.size()];
                Arrays.fill(scale, 0.2f);
                return HostArray.ofFloats(scale, scale.length);
            }
            return value;
        });
        return weights;
    }

    private static double uniform(long k, long t) {
        long mask = 0xFFFFFFFFL;
        long x = (k * 2654435761L + t * 40503 + 12345) & mask;
        x ^= x >>> 15;
        x = (x * 2246822519L) & mask;
        x ^= x >>> 13;
        return x / 4294967296.0;
    }

    private static Tensor waves() {
        float[] v = new float[3 * SIDE * SIDE];
        for (int c = 0; c < 3; c++) {
            for (int y = 0; y < SIDE; y++) {
                for (int x = 0; x < SIDE; x++) {
                    v[(c * SIDE + y) * SIDE + x] = (float) (50 * Math.sin(0.1 * y + 0.2 * x + c));
                }
            }
        }
        return Tensors.of(v, 1, 3, SIDE, SIDE);
    }

    private static Tensor regions() {
        long[] v = new long[SIDE * SIDE];
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                boolean disc = (x - 20) * (x - 20) + (y - 30) * (y - 30) < 150;
                v[y * SIDE + x] = y < 3 ? LabelMap.IGNORE : disc ? 5 : x > 45 ? 12 : 0;
            }
        }
        return Tensors.of(v, 1, SIDE, SIDE);
    }

    /** The sums of the terms, with their weights, that the published code has for these inputs. */
    @ParameterizedTest
    @CsvSource({
        "BASE, false, false, 6.757673, 19.855169, 0, 2.503374",
        "BASE, true, true, 6.097546, 0.709216, 0, 2.496612",
        "EXTENDED, false, false, 9.254740, 16.542276, 11.138313, 25.568916",
        "EXTENDED, true, true, 5.510963, 0.741445, 14.439759, 25.580336"
    })
    void theWholeOfNetworkAndLossIsThePublished(
            CdlVariant variant,
            boolean corrected,
            boolean balanced,
            double first,
            double second,
            double third,
            double affinity) {
        try (CdlNetwork net = CdlNetwork.builder()
                        .setBackbone(CaffeResNet.builder().build())
                        .setClasses(21)
                        .setVariant(variant)
                        .optDropout(0)
                        .build();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            net.load(hashed(net));
            net.freezeNorms();
            Tensor strong = variant.hasStrongView() ? torch.flip(waves(), 3) : null;
            DualExpertLoss loss = DualExpertLoss.builder()
                    .setVariant(variant)
                    .setStart(1)
                    .optBalanced(balanced)
                    .optCompat(CdlCompat.original())
                    .build();
            // before the start Dice is not there yet
            DualExpertLoss early = DualExpertLoss.builder()
                    .setVariant(variant)
                    .setStart(2)
                    .optBalanced(balanced)
                    .build();
            DualExpertLoss.Terms terms =
                    (corrected ? loss : early).apply(net.experts(waves(), strong), regions(), null, corrected ? 2 : 1);
            assertThat(0.2 * Tensors.item(terms.first())).isEqualTo(first, within(1e-3 * first));
            assertThat(0.2 * Tensors.item(terms.second())).isEqualTo(second, within(1e-3 * second));
            Tensor z3 = terms.third();
            assertThat(z3 == null ? 0 : 0.2 * Tensors.item(z3)).isEqualTo(third, within(1e-3 * third));
            assertThat(0.4 * Tensors.item(terms.affinity())).isEqualTo(affinity, within(1e-3 * affinity));
        }
    }

    @Test
    void itsGradientsAreThePublished() {
        try (CdlNetwork net = CdlNetwork.builder()
                        .setBackbone(CaffeResNet.builder().build())
                        .setClasses(21)
                        .setVariant(CdlVariant.BASE)
                        .build();
                Scope scope = Scope.open()) {
            net.load(hashed(net));
            net.freezeNorms();
            Tensor total = DualExpertLoss.builder()
                    .setVariant(CdlVariant.BASE)
                    .setStart(1)
                    .optCompat(CdlCompat.original())
                    .build()
                    .apply(net.experts(waves(), null), regions(), null, 2)
                    .total()
                    .mul(new Scalar(0.5)); // two batches to an update
            total.backward();
            assertThat(Tensors.item(total)).isEqualTo(5.2952142, within(5e-3));
            Map<String, Double> norms = Map.of(
                    "layer1.conv1.conv.weight", 3.276718,
                    "layer5.block3.increase.conv.weight", 2.612096,
                    "aspp.c0.weight", 591.4754,
                    "aspp.c3.bias", 0.1418635,
                    "aspp_2nd.c0.weight", 9.433359,
                    "affinity_3rd.reduce_dim.weight", 34.87158,
                    "affinity_3rd.aff_module.0.0.weight", 0.01823885);
            norms.forEach((name, norm) -> assertThat(Tensors.item(net.tensor("base." + name)
                            .grad()
                            .pow(new Scalar(2.0))
                            .sum()
                            .sqrt()))
                    .as(name)
                    .isEqualTo(norm, within(2e-3 * norm)));
        }
    }

    @ParameterizedTest
    @EnumSource(CdlVariant.class)
    void theAffinityHeadTeachesItselfAndNotTheBackbone(CdlVariant variant) {
        try (CdlNetwork net = small(variant);
                Scope scope = Scope.open()) {
            net.freezeNorms();
            Tensor strong = variant.hasStrongView() ? torch.flip(waves(), 3) : null;
            List<ExpertMaps> maps = net.experts(waves(), strong);
            assertThat(maps).hasSize(4);
            maps.get(3).features().pow(new Scalar(2.0)).sum().backward();
            net.parameters().forEach((name, p) -> {
                boolean has = p.grad().defined() && Tensors.item(p.grad().abs().sum()) > 0;
                assertThat(has).as(name).isEqualTo(name.contains("affinity_3rd"));
            });
            assertThat(net.parameters().keySet()).noneMatch(k -> k.contains("aff_conv_"));
        }
    }

    @Test
    void theThirdExpertSeesTheStrongViewAlone() {
        try (CdlNetwork net = small(CdlVariant.EXTENDED);
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            net.train(false);
            Tensor mirrored = torch.flip(waves(), 3);
            ExpertMaps maps = net.atOwnSize(torch.cat(new TensorVector(waves(), mirrored), 0));
            ExpertMaps swapped = net.atOwnSize(torch.cat(new TensorVector(mirrored, waves()), 0));
            ExpertMaps same = net.atOwnSize(torch.cat(new TensorVector(waves(), waves()), 0));
            assertThat(Tensors.toFloats(maps.first())).containsExactly(Tensors.toFloats(same.first()), within(1e-5f));
            Tensor third = Objects.requireNonNull(swapped.third());
            assertThat(Tensors.toFloats(third))
                    .containsExactly(Tensors.toFloats(Objects.requireNonNull(same.third())), within(1e-5f));
            assertThatThrownBy(() -> net.experts(waves(), null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("EXTENDED has a strong view, given is none");
        }
    }

    @Test
    void checkpointsHaveTheNamesOfThePublishedCode() {
        Path file = folder.resolve("checkpoint_final.pth");
        try (CdlNetwork net = CdlNetwork.builder()
                        .setBackbone(CaffeResNet.builder().build())
                        .setClasses(21)
                        .setVariant(CdlVariant.EXTENDED)
                        .build();
                CdlNetwork other = small(CdlVariant.BASE)) {
            assertThat(net.stateDict()).hasSize(697);
            assertThat(other.stateDict().keySet())
                    .contains(
                            "base.layer1.conv1.conv.weight",
                            "base.aspp_2nd.c0.bias",
                            "base.affinity_3rd.aff_module.3.1.running_var",
                            "base.affinity_3rd.aff_conv_5.0.weight",
                            "base.affinity_3rd.reduce_dim.weight")
                    .noneMatch(k -> k.contains("aspp_3rd"));
            Weights.export(other, file, CdlCheckpoints.CDL);
            String before = other.fingerprint();
            try (CdlNetwork loaded = small(CdlVariant.BASE)) {
                Torch.seed(9);
                Weights.load(loaded, file, LoadPolicy.STRICT);
                assertThat(loaded.fingerprint()).isEqualTo(before);
            }
            assertThat(CheckpointFamily.byName("cdl")).isSameAs(CdlCheckpoints.CDL);
        }
    }

    @Test
    void settingsAreChecked() {
        assertThatThrownBy(() -> CdlNetwork.builder().build()).hasMessage("setBackbone is required");
        assertThatThrownBy(() -> CdlNetwork.builder().setClasses(1)).hasMessageContaining("2 to 255, got 1");
        assertThatThrownBy(() -> CdlNetwork.builder().optScales(0.5, 0)).hasMessageContaining("[0.5, 0.0]");
        assertThatThrownBy(() -> CdlNetwork.builder().optTemperature(0)).hasMessageContaining("got 0");
    }
}
