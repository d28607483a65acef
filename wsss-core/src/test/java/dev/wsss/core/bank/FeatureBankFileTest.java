package dev.wsss.core.bank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.SplitMix;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureBankFileTest {
    private final Path tmp;

    FeatureBankFileTest(@TempDir Path tmp) {
        this.tmp = tmp;
    }

    private static Map<String, String> text() {
        return new TreeMap<>(Map.of(
                "format", "wsss feature bank 1",
                "background", "true",
                "label.0", "background",
                "label.1", "cat",
                "erosion", "0",
                "minArea", "1"));
    }

    private void assertRefused(String message, Map<String, HostArray> tensors, Map<String, String> text) {
        Path file = tmp.resolve("bad.safetensors");
        Safetensors.write(file, tensors, text);
        assertThatThrownBy(() -> FeatureBank.load(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(message);
    }

    private static Map<String, HostArray> tensors(float[] vectors, int channels, int... labels) {
        byte[] bytes = new byte[labels.length];
        for (int i = 0; i < labels.length; i++) {
            bytes[i] = (byte) labels[i];
        }
        return Map.of(
                "vectors", HostArray.ofFloats(vectors, vectors.length / Math.max(1, channels), channels),
                "labels", HostArray.ofBytes(bytes, bytes.length));
    }

    @Test
    void aBankComesBackAsItWas() throws IOException {
        FeatureBank bank = FeatureBankTest.randomBank(70, 9, 1);
        Path file = tmp.resolve("sub/bank.safetensors");
        bank.save(file);
        FeatureBank loaded = FeatureBank.load(file);
        assertThat(loaded).isEqualTo(bank).hasSameHashCodeAs(bank);
        assertThat(loaded.description()).isEqualTo(bank.description());
        assertThat(loaded.madeOf()).isEqualTo(bank.madeOf());
        Path again = tmp.resolve("again.safetensors");
        loaded.save(again);
        assertThat(again).hasSameBinaryContentAs(file);
        float[] query = bank.vector(3);
        assertThat(loaded.nearest(query, 1).vector(0, 0)).isEqualTo(3);
    }

    @Test
    void vectorsOfAnotherProgramMayStandInAnyOrder() {
        Path file = tmp.resolve("theirs.safetensors");
        Safetensors.write(file, tensors(new float[] {1, 0, 0, 1, .6f, .8f, -1, 0}, 2, 1, 0, 1, 0), text());
        FeatureBank bank = FeatureBank.load(file);
        assertThat(bank.size(0)).isEqualTo(2);
        assertThat(bank.vector(0)).containsExactly(0, 1);
        assertThat(bank.vector(1)).containsExactly(-1, 0);
        assertThat(bank.vector(2)).containsExactly(1, 0);
        assertThat(bank.vector(3)).containsExactly(.6f, .8f);
        assertThat(bank.label(2)).isEqualTo(1);
    }

    @Test
    void refusesWhatIsNoBank() {
        Map<String, HostArray> good = tensors(new float[] {1, 0, 0, 1}, 2, 0, 1);
        assertRefused("'format' of its free text is not there", good, Map.of());
        for (String key : text().keySet()) {
            Map<String, String> less = text();
            less.remove(key);
            // without the last class a label has none
            assertRefused(key.equals("label.1") ? "label of vector 1 is 1" : "expected", good, less);
        }
        for (Map.Entry<String, String> wrong : Map.of(
                        "erosion", "-1", "minArea", "many", "background", "maybe", "label.0", "ground", "label.1", " ")
                .entrySet()) {
            Map<String, String> text = text();
            text.put(wrong.getKey(), wrong.getValue());
            assertRefused("", good, text);
        }
        assertRefused("label of vector 1 is 2; expected 0..1", tensors(new float[] {1, 0, 0, 1}, 2, 0, 2), text());
        assertRefused("one label for each vector", tensors(new float[] {1, 0}, 2, 0, 1), text());
        assertRefused("one label for each vector", tensors(new float[0], 2), text());
        assertRefused("vector 1 has length 0.0; expected 1", tensors(new float[] {1, 0, 0, 0}, 2, 0, 1), text());
        assertRefused("vector 0 has length NaN", tensors(new float[] {Float.NaN, 0, 0, 1}, 2, 0, 1), text());
        assertRefused("vector 1 has length 2.0", tensors(new float[] {1, 0, 0, 2}, 2, 0, 1), text());
        assertRefused("no tensor 'labels'", Map.of("vectors", HostArray.ofFloats(new float[] {1}, 1, 1)), text());
        assertRefused(
                "'vectors' is F64[1, 1]; expected F32 of 2 dimensions",
                Map.of(
                        "vectors",
                        HostArray.ofDoubles(new double[] {1}, 1, 1),
                        "labels",
                        HostArray.ofBytes(new byte[1], 1)),
                text());
        assertThatThrownBy(() -> FeatureBank.load(tmp.resolve("none"))).isInstanceOf(InvalidDataException.class);
    }

    @Test
    void damagedFilesAreRefusedOrBanks() throws IOException {
        Path file = tmp.resolve("bank.safetensors");
        FeatureBankTest.randomBank(12, 3, 2).save(file);
        byte[] good = Files.readAllBytes(file);
        SplitMix random = new SplitMix(3);
        int refused = 0;
        for (int round = 0; round < 2000; round++) {
            byte[] bad = good.clone();
            if (round % 4 == 0) {
                bad = Arrays.copyOf(bad, random.below(bad.length));
            } else {
                for (int i = 0; i < round % 4; i++) {
                    bad[random.below(bad.length)] = (byte) random.below(256);
                }
            }
            Files.write(file, bad);
            try {
                FeatureBank bank = FeatureBank.load(file);
                assertThat(bank.nearest(bank.vector(0), 1).similarity(0, 0)).isGreaterThan(.99);
            } catch (InvalidDataException e) {
                assertThat(e).hasMessageContaining("bank.safetensors");
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(1000);
    }
}
