package dev.wsss.models.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.io.CheckpointException;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.io.SafetensorsFile;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.core.nn.LoadReport;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.deeplab.DeepLabCheckpoints;
import dev.wsss.models.deeplab.DeepLabV2;
import dev.wsss.models.deeplab.MultiScale;
import dev.wsss.models.resnet.CaffeResNet;
import dev.wsss.models.resnet.ResNet;
import dev.wsss.models.resnet.ResNetCheckpoints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WeightsTest {
    @BeforeAll
    static void seed() {
        Torch.seed(3);
    }

    private static ResNet resNet() {
        return ResNet.builder().setDepth(18).optWidth(2).build();
    }

    private static CaffeResNet caffe() {
        return CaffeResNet.builder().optBlocks(3, 4, 6, 3).optWidth(1).build();
    }

    private static Map<String, HostArray> prefixed(String prefix, Map<String, HostArray> entries) {
        Map<String, HostArray> all = new LinkedHashMap<>();
        entries.forEach((key, value) -> all.put(prefix + key, value));
        return all;
    }

    @Test
    void exportsLoadAgainBitForBit(@TempDir Path folder) {
        for (CheckpointFamily family : new CheckpointFamily[] {
            CheckpointFamily.WSSS, ResNetCheckpoints.TORCHVISION_RESNET, ResNetCheckpoints.MMSEG_BACKBONE
        }) {
            Path file = folder.resolve(family.label() + ".safetensors");
            try (ResNet a = resNet();
                    ResNet b = resNet()) {
                Weights.export(a, file, family);
                assertThat(b.stateDict()).isNotEqualTo(a.stateDict());
                Weights.load(b, file, family);
                assertThat(b.stateDict()).isEqualTo(a.stateDict());
            }
        }
        try (SafetensorsFile file = Safetensors.open(folder.resolve("mmseg-backbone.safetensors"))) {
            assertThat(file.names()).allSatisfy(name -> assertThat(name).startsWith("backbone."));
            assertThat(file.metadata()).containsEntry("family", "mmseg-backbone");
        }
    }

    @ParameterizedTest
    @CsvSource({"a.pth, PYTORCH", "a.PT, PYTORCH", "a.safetensors, SAFETENSORS", "a.weights, SAFETENSORS"})
    void theNameTellsTheFormat(String name, Checkpoint.Format format, @TempDir Path folder) {
        Path file = folder.resolve(name);
        try (ResNet a = resNet();
                ResNet b = resNet()) {
            Weights.export(a, file, ResNetCheckpoints.MMSEG_BACKBONE);
            try (Checkpoint checkpoint = Checkpoint.open(file)) {
                assertThat(checkpoint.format()).isEqualTo(format);
            }
            Weights.load(b, file, ResNetCheckpoints.MMSEG_BACKBONE);
            assertThat(b.stateDict()).isEqualTo(a.stateDict());
        }
    }

    @Test
    void caffeNamesCarryTheSameWeights(@TempDir Path folder) {
        Path file = folder.resolve("caffe.safetensors");
        try (CaffeResNet a = caffe();
                CaffeResNet b = caffe()) {
            Weights.export(a, file, ResNetCheckpoints.CAFFE_RESNET);
            // found out from the keys
            LoadReport report = Weights.load(b, file);
            assertThat(b.stateDict()).isEqualTo(a.stateDict());
            assertThat(report.filled()).isNotEmpty();

            // sums over 999.98 samples are divided
            Map<String, HostArray> theirs = new LinkedHashMap<>(Safetensors.read(file));
            theirs.put("bn_conv1/1", HostArray.ofFloats(new float[] {4}, 1));
            theirs.put("bn_conv1/2", HostArray.ofFloats(new float[] {2}, 1));
            Weights.load(b, theirs, ResNetCheckpoints.CAFFE_RESNET.keyMap(), LoadPolicy.STRICT);
            assertThat(b.stateDict())
                    .containsEntry("layer1.conv1.bn.running_var", HostArray.ofFloats(new float[] {2}, 1));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void caffesOwnFileOfDeepLabLoads(boolean v1, @TempDir Path folder) throws IOException {
        Path file = folder.resolve("train_iter_20000.caffemodel");
        try (MultiScale a = deepLab();
                MultiScale b = deepLab()) {
            Map<String, HostArray> theirs = new LinkedHashMap<>(
                    DeepLabCheckpoints.CAFFE_DEEPLAB.keyMap().toTheirs(a.stateDict()));
            theirs.put("conv1_res075/0", HostArray.ofFloats(new float[] {1}, 1, 1, 1, 1)); // another scale's, shared
            Files.write(file, CaffeWriter.net(theirs, v1));
            assertThat(b.stateDict()).isNotEqualTo(a.stateDict());
            LoadReport report = Weights.load(b, file);
            assertThat(b.stateDict()).isEqualTo(a.stateDict());
            assertThat(report.dropped()).containsExactly("conv1_res075/0");
        }
    }

    private static MultiScale deepLab() {
        return MultiScale.builder()
                .setBase(new DeepLabV2(CaffeResNet.builder().optWidth(2).build(), 3, 6, 12, 18, 24))
                .build();
    }

    @Test
    void filesAreGuessedAndWrappersRemoved(@TempDir Path folder) {
        Path file = folder.resolve("parallel.safetensors");
        try (ResNet a = resNet();
                ResNet b = resNet()) {
            Map<String, HostArray> entries = new LinkedHashMap<>(a.stateDict());
            entries.put("fc.bias", HostArray.ofFloats(new float[10], 10));
            Safetensors.write(file, prefixed("module.", entries), Map.of());
            LoadReport report = Weights.load(b, file);
            assertThat(report.dropped()).containsExactly("fc.bias");
            assertThat(b.stateDict()).isEqualTo(a.stateDict());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"_orig_mod.", "module._orig_mod.", "_orig_mod.module."})
    void wrappersWithinWrappersAreRemoved(String prefix, @TempDir Path folder) {
        Path file = folder.resolve("compiled.safetensors");
        try (ResNet a = resNet();
                ResNet b = resNet()) {
            Map<String, HostArray> entries = new LinkedHashMap<>(a.stateDict());
            Safetensors.write(file, prefixed(prefix, entries), Map.of());
            Weights.load(b, file);
            assertThat(b.stateDict()).isEqualTo(a.stateDict());
            assertThat(Weights.unwrapped(prefixed(prefix, entries))).isEqualTo(entries);
            // one key without it, and it is a name
            entries.put("x", HostArray.ofFloats(new float[1], 1));
            Map<String, HostArray> mixed = prefixed(prefix, a.stateDict());
            mixed.put("x", HostArray.ofFloats(new float[1], 1));
            assertThat(Weights.unwrapped(mixed)).isEqualTo(mixed);
        }
    }

    @Test
    void weightsThatAreNotFiniteAreNeitherLoadedNorWritten(@TempDir Path folder) {
        Path file = folder.resolve("spoilt.safetensors");
        try (ResNet a = resNet();
                ResNet b = resNet()) {
            Map<String, HostArray> entries = new LinkedHashMap<>(a.stateDict());
            entries.put("bn1.bias", HostArray.ofFloats(new float[] {Float.NaN, 1}, 2));
            Safetensors.write(file, entries, Map.of());
            Map<String, HostArray> before = b.stateDict();
            assertThatThrownBy(() -> Weights.load(b, file))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessage(file + ": tensor 'bn1.bias' has 1 of 2 values that are NaN or infinite; expected finite"
                            + " weights");
            assertThat(b.stateDict()).isEqualTo(before);
            Weights.load(b, file, LoadPolicy.builder().optNonFinite(true).build());
            assertThat(b.stateDict()).isEqualTo(entries);
            Path out = folder.resolve("out.pth");
            assertThatThrownBy(() -> Weights.export(b, out, CheckpointFamily.WSSS))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("ResNet: tensor 'bn1.bias' has 1 of 2 values");
            assertThat(out).doesNotExist();
        }
    }

    @Test
    void whatCannotBeReadMayBeLeftOut(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("mixed.safetensors");
        String header = "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                + "\"ema.w\":{\"dtype\":\"C64\",\"shape\":[1],\"data_offsets\":[4,12]}}";
        Files.write(
                file,
                ByteBuffer.allocate(8 + header.length() + 12)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(header.length())
                        .put(header.getBytes(StandardCharsets.US_ASCII))
                        .putFloat(3)
                        .array());
        try (OneWeight net = new OneWeight()) {
            assertThatThrownBy(() -> Weights.load(net, file))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessage(file
                            + ": tensor 'ema.w': its type is C64, expected one of [BOOL, U8, I8, U16, I16, F16, BF16,"
                            + " U32, I32, F32, U64, I64, F64]");
            for (LoadPolicy policy : new LoadPolicy[] {
                LoadPolicy.builder().optAllowExtra("*").build(),
                LoadPolicy.builder().optMayDrop("ema.").build()
            }) {
                LoadReport report = Weights.load(net, file, policy);
                assertThat(report.loaded()).containsExactly("w");
                assertThat(net.stateDict()).containsExactly(Map.entry("w", HostArray.ofFloats(new float[] {3}, 1)));
            }
        }
    }

    @Test
    void objectsBesideTheWeightsMayBePassedOver(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("hub.pth");
        byte[] pickle = ("\u0080\u0002}(X\u0003\u0000\u0000\u0000hubctrainer.hub\nHistory\n)R"
                        + "X\n\u0000\u0000\u0000state_dict}X\u0001\u0000\u0000\u0000wctorch._utils\n_rebuild_tensor_v2\n"
                        + "((X\u0007\u0000\u0000\u0000storagectorch\nFloatStorage\nX\u0001\u0000\u0000\u00000X\u0003\u0000\u0000"
                        + "\u0000cpuK\u0001tQK\u0000K\u0001\u0085K\u0001\u0085\u0089NtRsu.")
                .getBytes(StandardCharsets.ISO_8859_1);
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry("archive/data.pkl"));
            zip.write(pickle);
            zip.putNextEntry(new ZipEntry("archive/data/0"));
            zip.write(new byte[] {0, 0, 0x40, 0x40});
        }
        try (OneWeight net = new OneWeight()) {
            assertThatThrownBy(() -> Weights.load(net, file))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining(file + ": refers to 'trainer.hub.History', expected plain data");
            Weights.load(net, file, LoadPolicy.builder().optInertGlobals(true).build());
            assertThat(net.stateDict()).containsExactly(Map.entry("w", HostArray.ofFloats(new float[] {3}, 1)));
        }
    }

    private static final class OneWeight extends Network {
        OneWeight() {
            parameter("w", Init.zeros(1));
        }
    }

    @Test
    void extraKeysAreAllowedByPatternBeforeAFamilysRules() {
        try (ResNet a = resNet();
                ResNet b = resNet()) {
            Map<String, HostArray> theirs = prefixed("backbone.", a.stateDict());
            theirs.put("ema.decay", HostArray.ofFloats(new float[1], 1));
            var map = ResNetCheckpoints.MMSEG_BACKBONE.keyMap();
            assertThatThrownBy(() -> Weights.load(b, theirs, map, LoadPolicy.STRICT))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("no rule covers the key 'ema.decay'");
            assertThat(map.covers("ema.decay")).isFalse();
            assertThat(map.covers("backbone.conv1.weight")).isTrue();
            // what the network has a use for loads, whatever the pattern
            Weights.load(b, theirs, map, LoadPolicy.builder().optAllowExtra("*").build());
            assertThat(b.stateDict()).isEqualTo(a.stateDict());
        }
    }

    @Test
    void whatDoesNotFitIsRefusedWithTheFile(@TempDir Path folder) {
        Path file = folder.resolve("other.safetensors");
        try (ResNet net = resNet();
                CaffeResNet other = caffe()) {
            Map<String, HostArray> before = net.stateDict();
            Weights.export(other, file, ResNetCheckpoints.KAZUTO_RESNET);
            assertThatThrownBy(() -> Weights.load(net, file))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining(file.toString())
                    .hasMessageContaining("missing")
                    .hasMessageContaining("unexpected");
            assertThatThrownBy(() -> Weights.load(net, file, ResNetCheckpoints.MMSEG_BACKBONE))
                    .hasMessageContaining(file.toString())
                    .hasMessageContaining("no rule covers the key 'layer1.conv1");
            Safetensors.write(file, Map.of("x", HostArray.ofFloats(new float[1], 1)), Map.of());
            assertThatThrownBy(() -> Weights.load(net, file)).hasMessageContaining("unexpected [x]");
            assertThatThrownBy(() -> Weights.export(other, file, DeepLabCheckpoints.CAFFE_DEEPLAB))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("no rule covers the key 'layer1.conv1");
            assertThat(net.stateDict()).isEqualTo(before);
        }
    }

    @Test
    void policiesNameWhatMayDiffer() {
        try (ResNet a = resNet();
                ResNet b = resNet()) {
            Map<String, HostArray> theirs = prefixed("backbone.", a.stateDict());
            theirs.remove("backbone.conv1.weight");
            theirs.put("ema.decay", HostArray.ofFloats(new float[1], 1));
            var map = ResNetCheckpoints.MMSEG_BACKBONE.keyMap();
            LoadPolicy policy =
                    LoadPolicy.builder().optMayMiss("conv1.").optMayDrop("ema.").build();
            LoadReport report = Weights.load(b, theirs, map, policy);
            assertThat(report.missing()).containsExactly("conv1.weight");
            assertThatThrownBy(() -> Weights.load(b, theirs, map, LoadPolicy.STRICT))
                    .hasMessageContaining("no rule covers the key 'ema.decay'");
        }
    }
}
