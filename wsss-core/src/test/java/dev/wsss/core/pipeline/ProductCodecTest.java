package dev.wsss.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.MaskProposals;
import dev.wsss.api.RgbImage;
import dev.wsss.api.RleMask;
import dev.wsss.api.SaliencyMap;
import dev.wsss.api.Sample;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.saliency.SaliencyFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of saliency, feature maps and mask proposals. */
class ProductCodecTest {
    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void nameFile() {
        file = folder.resolve("a.file");
    }

    private <P> P throughFile(ProductCodec<P> codec, P product) throws IOException {
        codec.write(file, product);
        P read = codec.read(file);
        Path again = folder.resolve("b.file");
        codec.write(again, read);
        assertThat(Files.readAllBytes(again)).isEqualTo(Files.readAllBytes(file));
        Files.delete(again);
        return read;
    }

    private static SaliencyMap ramp() {
        float[] values = new float[256];
        for (int i = 0; i < values.length; i++) {
            values[i] = i / 255f;
        }
        return new SaliencyMap(8, 32, values);
    }

    @Test
    void saliencyOfEveryLevelComesBackAndIsReadAsAFolder() throws IOException {
        assertThat(throughFile(ProductCodec.saliency(), ramp())).isEqualTo(ramp());
        Files.move(file, folder.resolve("x.png"));
        Sample sample = new Sample(
                "x", new RgbImage(8, 32, new byte[768]), ImageTags.of(ClassCatalog.withBackground(List.of("a")), 0));
        assertThat(SaliencyFolder.builder().setFolder(folder).build().saliency(sample))
                .isEqualTo(ramp());
        SaliencyFolder.write(folder, "y", ramp());
        assertThat(Files.readAllBytes(folder.resolve("y.png"))).isEqualTo(Files.readAllBytes(folder.resolve("x.png")));
    }

    @Test
    void saliencyBetweenLevelsIsRefusedUntilItIsRounded() throws IOException {
        SaliencyMap map = new SaliencyMap(1, 3, new float[] {0, 128 / 255f, Math.nextUp(128 / 255f)});
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ProductCodec.saliency().write(file, map))
                .withMessageContaining("index 2");
        assertThat(file).doesNotExist();
        SaliencyMap rounded = SaliencyCodec.rounded(map);
        assertThat(throughFile(ProductCodec.saliency(), rounded)).isEqualTo(rounded);
    }

    private static FeatureMap.Builder grid() {
        return FeatureMap.builder().setGrid(2, 1, 3).setImageSize(10, 33);
    }

    @Test
    void featureMapsComeBackInTheirOwnPrecision() throws IOException {
        FeatureMap floats = grid().setFloats(new float[] {0.1f, -0f, Float.MIN_VALUE, 3, Float.MAX_VALUE, 5})
                .build();
        assertThat(throughFile(ProductCodec.featureMaps(), floats)).isEqualTo(floats);
        assertThat(Safetensors.read(file)).containsOnlyKeys("features", "image_size");
        FeatureMap halfs = grid().setHalfs(new short[] {0, (short) 0x8000, 1, 0x3C00, 0x7BFF, (short) 0xBC01})
                .optValid(new boolean[] {true, false, true})
                .build();
        assertThat(throughFile(ProductCodec.featureMaps(), halfs)).isEqualTo(halfs);
        assertThat(Objects.requireNonNull(Safetensors.read(file).get("features"))
                        .dtype())
                .isEqualTo(DType.F16);
        assertThat(Objects.requireNonNull(Safetensors.read(file).get("features"))
                        .getDouble(5))
                .isEqualTo(-1.0009765625);
    }

    @Test
    void featureMapsThatAreNoneAreRefusedByName() {
        HostArray features = HostArray.ofFloats(new float[6], 2, 1, 3);
        HostArray size = HostArray.ofInts(new int[] {10, 33}, 2);
        refuses(ProductCodec.featureMaps(), Map.of("image_size", size), "no tensor 'features'");
        refuses(ProductCodec.featureMaps(), Map.of("features", features), "no tensor 'image_size'");
        refuses(
                ProductCodec.featureMaps(),
                Map.of("features", HostArray.ofInts(new int[6], 2, 1, 3), "image_size", size),
                "I32");
        refuses(
                ProductCodec.featureMaps(),
                Map.of("features", features, "image_size", HostArray.ofInts(new int[3], 3)),
                "3 entries; expected 2");
        refuses(
                ProductCodec.featureMaps(),
                Map.of("features", features, "image_size", HostArray.ofInts(new int[] {10, 0}, 2)),
                "10x0");
        refuses(
                ProductCodec.featureMaps(),
                Map.of("features", HostArray.ofFloats(new float[0], 2, 0, 3), "image_size", size),
                "2x0x3");
        refuses(
                ProductCodec.featureMaps(),
                Map.of("features", HostArray.ofFloats(new float[] {0, Float.NaN}, 1, 1, 2), "image_size", size),
                "column 1 is NaN");
        refuses(
                ProductCodec.featureMaps(),
                Map.of("features", features, "image_size", size, "valid", HostArray.ofBytes(new byte[3], 1, 3)),
                "'valid' is U8");
        refuses(
                ProductCodec.featureMaps(),
                Map.of("features", features, "image_size", size, "valid", bools(3, 1)),
                "'valid' is BOOL[3, 1]",
                "1x3");
    }

    private static HostArray bools(long... shape) {
        return HostArray.of(DType.BOOL, shape, ByteBuffer.allocate((int) HostArray.elements(shape)));
    }

    private static MaskProposals proposals(int count) {
        Random random = new Random(count);
        List<MaskProposals.Mask> masks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] pixels = new byte[13 * 17];
            for (int p = 0; p < pixels.length; p++) {
                pixels[p] = (byte) (random.nextInt(count) < i ? 1 : 0);
            }
            masks.add(new MaskProposals.Mask(
                    RleMask.ofDense(13, 17, pixels), 1.1f - random.nextFloat(), random.nextFloat(), i % 3));
        }
        return new MaskProposals(13, 17, masks);
    }

    @Test
    void proposalsComeBack() throws IOException {
        for (int count : new int[] {0, 1, 40}) {
            Files.deleteIfExists(file);
            assertThat(throughFile(ProductCodec.maskProposals(), proposals(count)))
                    .isEqualTo(proposals(count));
        }
    }

    @Test
    void proposalsThatAreNoneAreRefusedByName() {
        Map<String, HostArray> intact = new HashMap<>();
        intact.put("size", HostArray.ofInts(new int[] {3, 4}, 2));
        intact.put("counts", HostArray.ofBytes(new byte[] {'<', '0', '<'}, 3));
        intact.put("ends", HostArray.ofInts(new int[] {1, 3}, 2));
        intact.put("score", HostArray.ofFloats(new float[2], 2));
        intact.put("stability", HostArray.ofFloats(new float[2], 2));
        intact.put("level", HostArray.ofInts(new int[2], 2));
        Safetensors.write(file, intact, Map.of());
        MaskProposals read = ProductCodec.maskProposals().read(file);
        assertThat(read.masks()).extracting(MaskProposals.Mask::area).containsExactly(0, 12);

        for (String name : intact.keySet()) {
            Map<String, HostArray> without = new HashMap<>(intact);
            without.remove(name);
            refuses(ProductCodec.maskProposals(), without, "no tensor '" + name + "'");
        }
        refusesProposals(intact, "size", HostArray.ofInts(new int[] {3, 5}, 2), "mask 0", "expected 15");
        refusesProposals(intact, "size", HostArray.ofInts(new int[] {1 << 20, 1 << 20}, 2), "1048576x1048576");
        refusesProposals(intact, "size", HostArray.ofInts(new int[1], 1), "'size' has 1 entries");
        refusesProposals(intact, "counts", HostArray.ofBytes(new byte[] {'<', '0', -1}, 3), "mask 1", "character 1");
        refusesProposals(intact, "ends", HostArray.ofInts(new int[] {1, 2}, 2), "ends at 2", "expected 3");
        refusesProposals(intact, "ends", HostArray.ofInts(new int[] {4, 3}, 2), "mask 0", "bytes 0 to 4");
        refusesProposals(intact, "ends", HostArray.ofInts(new int[] {-1, 3}, 2), "mask 0", "bytes 0 to -1");
        refusesProposals(intact, "score", HostArray.ofFloats(new float[3], 3), "'score' has 3 entries; expected 2");
        refusesProposals(intact, "score", HostArray.ofFloats(new float[] {0, Float.NaN}, 2), "mask 1", "NaN");
        refusesProposals(intact, "stability", HostArray.ofFloats(new float[] {2, 0}, 2), "mask 0", "2.0");
        refusesProposals(intact, "level", HostArray.ofInts(new int[] {0, -1}, 2), "mask 1", "-1");
        Map<String, HostArray> none = new HashMap<>(intact);
        none.put("ends", HostArray.ofInts(new int[0], 0));
        for (String name : List.of("score", "stability")) {
            none.put(name, HostArray.ofFloats(new float[0], 0));
        }
        none.put("level", HostArray.ofInts(new int[0], 0));
        refuses(ProductCodec.maskProposals(), none, "ends at 0", "expected 3");
        none.put("counts", HostArray.ofBytes(new byte[0], 0));
        none.put("size", HostArray.ofInts(new int[] {0, 4}, 2));
        refuses(ProductCodec.maskProposals(), none, "0x4");
    }

    private void refusesProposals(Map<String, HostArray> intact, String name, HostArray other, String... words) {
        Map<String, HostArray> tensors = new HashMap<>(intact);
        tensors.put(name, other);
        refuses(ProductCodec.maskProposals(), tensors, words);
    }

    private void refuses(ProductCodec<?> codec, Map<String, HostArray> tensors, String... words) {
        Safetensors.write(file, tensors, Map.of());
        assertThatThrownBy(() -> codec.read(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("a.file")
                .hasMessageContainingAll(words);
    }
}
