package dev.wsss.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** npy files of Python objects, against files that Python wrote. */
class ObjectNpyTest {
    private static final HostArray CAM_3 = HostArray.ofFloats(new float[] {-0f, -1, -2, -3, -4, -5}, 2, 3);
    private static final HostArray CAM_14 = HostArray.ofFloats(new float[] {0, .125f, .25f, .375f, .5f, .625f}, 2, 3);

    private final Path folder;

    ObjectNpyTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cam",
                "cam-protocol0",
                "cam-protocol1",
                "cam-protocol2",
                "cam-protocol3",
                "cam-protocol4",
                "cam-protocol5"
            })
    void readsCamsOfEveryProtocol(String file) {
        // one key is an int, the other a NumPy int64
        SortedMap<Integer, HostArray> cams = ObjectNpy.readCamDict(TestFiles.resource(file + ".npy"));
        assertThat(cams).containsExactly(Map.entry(3, CAM_3), Map.entry(14, CAM_14));
    }

    @Test
    void readsClassLabelsByTextAndByInteger() {
        for (String file : List.of("labels-text.npy", "labels-int.npy")) {
            Map<String, float[]> labels = ObjectNpy.readClassLabels(TestFiles.resource(file));
            assertThat(labels.keySet()).containsExactly("2007_000032", "2011_003271");
            assertThat(labels.get("2007_000032")).containsExactly(1, 0, 0);
            assertThat(labels.get("2011_003271")).containsExactly(0, 1, 1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void readsPlainContainersOfEveryProtocol(int protocol) {
        Map<@Nullable Object, @Nullable Object> want = new LinkedHashMap<>();
        want.put("none", null);
        want.put("true", true);
        want.put("false", false);
        want.put("int", 1L);
        want.put("neg", -70000L);
        want.put("big", BigInteger.TWO.pow(70));
        want.put("long", -(1L << 40));
        want.put("float", 1.5);
        want.put("text", "é\n\\ 😀");
        want.put("bytes", ByteBuffer.wrap(new byte[] {0, -1, '\n'}));
        want.put("bytearray", ByteBuffer.wrap(new byte[] {'a', 'b'}));
        want.put("tuple", List.of(1L, List.of(2L), List.of()));
        want.put("list", List.of(1L, List.of(2.5, "x"), List.of()));
        want.put("set", Set.of(1L));
        want.put("frozenset", Set.of("a"));
        want.put("ordered", Map.of("z", 1L, "a", 2L));
        want.put("f4", 0.5);
        want.put("bool", true);
        want.put("u8", BigInteger.TWO.pow(63).add(BigInteger.ONE));
        want.put("str", "2007_000032");
        want.put("fortran", HostArray.ofInts(new int[] {0, 1, 2, 3, 4, 5}, 2, 3));
        want.put("big_endian", HostArray.ofDoubles(new double[] {0, 1, 2}, 3));
        want.put("objects", Arrays.asList(1L, "a", null));
        want.put(7L, "seven");
        want.put(2.5, "x");
        want.put(null, 0L);
        Object got = Npy.readObject(TestFiles.resource("misc-protocol" + protocol + ".npy"));
        if (!(got instanceof Map<?, ?> map)) {
            throw new AssertionError("expected a map, got " + got);
        }
        assertThat(map.keySet()).isEqualTo(want.keySet());
        map.forEach((key, value) -> assertThat(value).as("%s", key).isEqualTo(want.get(key)));
    }

    @Test
    void readsAListOfObjects() {
        assertThat(Npy.readObject(TestFiles.resource("list.npy")))
                .isEqualTo(List.of(Map.of("a", 1L), List.of(1L, 2L), "x"));
    }

    @Test
    void readsWhatPython2Wrote() throws Exception {
        // protocol 0 of Python 2: byte strings as repr, the old module names, a dtype without flags
        String pickle =
                "(dp0\nS'a\\'\\x62\\n'\np1\ncnumpy.core.multiarray\n_reconstruct\np2\n(cnumpy\nndarray\np3\n(I0\ntp4\n"
                        + "S'b'\np5\ntp6\nRp7\n(I1\n(L2L\ntp8\ncnumpy\ndtype\np9\n(S'i2'\np10\nI0\nI1\ntp11\nRp12\n(I3\nS'<'\n"
                        + "p13\nNNNI-1\nI-1\nI0\ntp14\nbI00\nS'\\x01\\x00\\xff\\xff'\np15\ntp16\nbs.";
        assertThat(Npy.readObject(object(pickle.getBytes(StandardCharsets.ISO_8859_1))))
                .isEqualTo(Map.of(
                        "a'b\n", HostArray.of(DType.I16, new long[] {2}, ByteBuffer.wrap(new byte[] {1, 0, -1, -1}))));
        // protocol 2: SHORT_BINSTRING, and a memo that begins at 1
        byte[] binary = "\u0080\u0002}q\u0001U\u0002\u00e9tK\u0007s.".getBytes(StandardCharsets.ISO_8859_1);
        assertThat(Npy.readObject(object(binary))).isEqualTo(Map.of("ét", 7L));
    }

    @Test
    void roundTrips() {
        Path file = folder.resolve("cam.npy");
        ObjectNpy.writeCamDict(file, Map.of(14, CAM_14, 3, CAM_3));
        assertThat(ObjectNpy.readCamDict(file)).containsExactly(Map.entry(3, CAM_3), Map.entry(14, CAM_14));
        ObjectNpy.writeCamDict(file, Map.of());
        assertThat(ObjectNpy.readCamDict(file)).isEmpty();

        Map<String, float[]> labels = new LinkedHashMap<>();
        labels.put("b é", new float[] {1, 0});
        labels.put("a", new float[] {0, 1});
        ObjectNpy.writeClassLabels(folder.resolve("labels.npy"), labels);
        Map<String, float[]> read = ObjectNpy.readClassLabels(folder.resolve("labels.npy"));
        assertThat(read.keySet()).containsExactly("b é", "a");
        assertThat(read.get("a")).containsExactly(0, 1);
    }

    @Test
    void camsAndLabelsAreCheckedByName() {
        assertThatThrownBy(() -> ObjectNpy.readCamDict(TestFiles.resource("labels-text.npy")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("labels-text.npy", "key '2007_000032', expected a class id");
        assertThatThrownBy(() -> ObjectNpy.readCamDict(TestFiles.resource("labels-int.npy")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("class 2007000032 is F32[3], expected an array of floats [H, W]");
        assertThatThrownBy(() -> ObjectNpy.readCamDict(TestFiles.resource("list.npy")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("expected a dict");
        assertThatThrownBy(() -> ObjectNpy.readClassLabels(TestFiles.resource("cam.npy")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("is F32[2, 3], expected an array of one score for each class");
        assertThatThrownBy(() -> ObjectNpy.readClassLabels(TestFiles.resource("misc-protocol4.npy")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("image 'none' is null");
        assertThatThrownBy(() -> ObjectNpy.writeCamDict(folder.resolve("x.npy"), Map.of(-1, CAM_3)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ObjectNpy.readCamDict(folder.resolve("absent.npy")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("absent.npy: expected a file");
    }

    private Path object(byte[] pickle) throws Exception {
        byte[] header = NpyHeader.format("|O", new long[0]);
        byte[] file = Arrays.copyOf(header, header.length + pickle.length);
        System.arraycopy(pickle, 0, file, header.length, pickle.length);
        return Files.write(folder.resolve("object.npy"), file);
    }
}
