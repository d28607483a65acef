package dev.wsss.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.Float16;
import dev.wsss.api.InvalidDataException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
                .hasMessageContaining("is F32[2, 3], expected an array or a list of 0 or 1 for each class");
        assertThatThrownBy(() -> ObjectNpy.readClassLabels(TestFiles.resource("misc-protocol4.npy")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("image 'none' is null");
        assertThatThrownBy(() -> ObjectNpy.writeCamDict(folder.resolve("x.npy"), Map.of(-1, CAM_3)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ObjectNpy.readCamDict(folder.resolve("absent.npy")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("absent.npy: expected a file");
    }

    private static final HostArray MAPS =
            HostArray.ofFloats(new float[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 2, 2, 3);

    private static HostArray slice(int k) {
        float[] values = MAPS.toFloats();
        return HostArray.ofFloats(Arrays.copyOfRange(values, 6 * k, 6 * k + 6), 2, 3);
    }

    private static HostArray halfs(HostArray floats) {
        ByteBuffer to = ByteBuffer.allocate(2 * floats.size()).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : floats.toFloats()) {
            to.putShort(Float16.of(value));
        }
        return HostArray.of(DType.F16, floats.shape(), to.flip());
    }

    private static HostArray negated(HostArray floats) {
        float[] values = floats.toFloats();
        for (int i = 0; i < values.length; i++) {
            values[i] = -values[i];
        }
        return HostArray.ofFloats(values, floats.shape());
    }

    private static HostArray doubles(HostArray floats) {
        return HostArray.ofDoubles(floats.toDoubles(), floats.shape());
    }

    /** Each map is of the class that the file's own index says, in whatever form Python left the two. */
    @Test
    void irnsMapsStandUnderTheirKeys() {
        List<Object> keys = List.of(
                HostArray.ofLongs(new long[] {3, 1}, 2),
                HostArray.ofInts(new int[] {3, 1}, 2),
                HostArray.ofBytes(new byte[] {3, 1}, 2),
                HostArray.ofLongs(new long[] {3, 1}, 2, 1),
                HostArray.ofDoubles(new double[] {3, 1}, 2),
                new TestPickles.Tensor(HostArray.ofLongs(new long[] {3, 1}, 2)),
                new TestPickles.Tensor(HostArray.ofInts(new int[] {3, 1}, 2)),
                new TestPickles.Tensor(HostArray.ofLongs(new long[] {3, 1}, 2, 1)),
                List.of(3, 1),
                List.of("3", "1"),
                List.of(
                        new TestPickles.Tensor(HostArray.ofLongs(new long[] {3})),
                        new TestPickles.Tensor(HostArray.ofLongs(new long[] {1}))),
                new TestPickles.Tuple(List.of(3, 1)),
                new TestPickles.Objects(List.of(3, 1)));
        List<Object> maps = List.of(
                MAPS,
                halfs(MAPS),
                doubles(MAPS),
                new TestPickles.Tensor(MAPS),
                new TestPickles.Tensor(halfs(MAPS)),
                new TestPickles.Tensor(negated(MAPS), Map.of("neg", true)),
                List.of(slice(0), halfs(slice(1))),
                List.of(new TestPickles.Tensor(slice(0)), new TestPickles.Tensor(slice(1).reshape(1, 2, 3))));
        for (Object key : keys) {
            for (Object map : maps) {
                assertThat(irn(Map.of("keys", key, "high_res", map, "cam", new TestPickles.Tensor(slice(0)))))
                        .as("keys %s, maps %s", key, map)
                        .containsExactly(Map.entry(1, slice(1)), Map.entry(3, slice(0)));
            }
        }
        for (String name : List.of("highres", "hr_cam", "attn_highres")) {
            assertThat(irn(Map.of("keys", List.of(3, 1), name, MAPS))).containsEntry(3, slice(0));
        }
        // one class, whose dimension was squeezed away
        assertThat(irn(Map.of("keys", 2, "high_res", slice(1)))).containsExactly(Map.entry(2, slice(1)));
        Path one = TestPickles.npyOfOne(folder.resolve("one.npy"), Map.of("keys", List.of(3, 1), "high_res", MAPS));
        assertThat(ObjectNpy.readIrnCams(one)).containsOnlyKeys(1, 3);
    }

    @Test
    void noKeysAreAnImageWithoutTags() {
        HostArray none = HostArray.ofFloats(new float[0], 0);
        List<Map<String, Object>> files = List.of(
                Map.of("keys", List.of()),
                Map.of("keys", List.of(), "high_res", List.of()),
                Map.of("keys", new TestPickles.Tensor(none), "high_res", none.reshape(0, 2, 3)),
                Map.of("keys", HostArray.ofLongs(new long[0], 0), "high_res", none, "cam", none),
                Map.of("keys", none, "high_res", new TestPickles.Tensor(none.reshape(0, 4, 5))));
        assertThat(files).allSatisfy(file -> assertThat(irn(file)).isEmpty());
    }

    @Test
    void irnsDictsThatDoNotAddUpAreRefusedByField() {
        refuseIrn(
                Map.of("keys", List.of(3, 1, 2), "high_res", MAPS),
                "'high_res' has 2 maps and 'keys' has 3 classes, [3, 1, 2]");
        refuseIrn(Map.of("keys", List.of(3), "high_res", MAPS), "'high_res' has 2 maps and 'keys' has 1 classes, [3]");
        refuseIrn(Map.of("keys", List.of(), "high_res", MAPS), "'high_res' has 2 maps and 'keys' has 0 classes");
        refuseIrn(Map.of("keys", List.of(3, 3), "high_res", MAPS), "'keys' is [3, 3]; expected class 3 once");
        refuseIrn(Map.of("keys", List.of(3, -1), "high_res", MAPS), "'keys' holds -1; expected class ids");
        refuseIrn(Map.of("keys", List.of(3, 1.5), "high_res", MAPS), "'keys' holds 1.5");
        refuseIrn(
                Map.of(
                        "keys",
                        HostArray.of(DType.BOOL, new long[] {2}, ByteBuffer.wrap(new byte[2])),
                        "high_res",
                        MAPS),
                "'keys' holds false");
        refuseIrn(Map.of("keys", MAPS, "high_res", MAPS), "'keys' is F32[2, 2, 3]; expected class ids in a row");
        refuseIrn(Map.of("high_res", MAPS), "has the fields 'high_res'; expected IRN's 'keys'");
        refuseIrn(Map.of("keys", List.of(3, 1)), "has the fields 'keys' and no maps of 'keys' [3, 1]");
        refuseIrn(Map.of("keys", List.of(3, 1), "cam", MAPS), "and no maps of 'keys' [3, 1]");
        refuseIrn(Map.of("keys", List.of(3, 1), "highres", MAPS, "attn_highres", MAPS), "'attn_highres'");
        refuseIrn(Map.of(3, slice(0), 1, slice(1)), "expected IRN's 'keys'");
        refuseIrn(Map.of("keys", List.of(3, 1), "high_res", HostArray.ofInts(new int[12], 2, 2, 3)), "is I32[2, 2, 3]");
        refuseIrn(Map.of("keys", List.of(3, 1), "high_res", MAPS.reshape(1, 2, 2, 3)), "is F32[1, 2, 2, 3]");
        refuseIrn(
                Map.of("keys", List.of(3, 1), "high_res", List.of(slice(0), slice(1).reshape(3, 2))),
                "class 1 is F32[3, 2], expected the shape of class 3, F32[2, 3]");
    }

    private SortedMap<Integer, HostArray> irn(Map<?, ?> dict) {
        return ObjectNpy.readIrnCams(TestPickles.npy(folder.resolve("irn.npy"), dict));
    }

    private void refuseIrn(Map<?, ?> dict, String reason) {
        assertThatThrownBy(() -> irn(dict))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("irn.npy: ", reason);
    }

    @Test
    void camsAreReadByEveryKindOfKey() {
        List<Map<?, ?>> dicts = List.of(
                Map.of(3, slice(0), 1, slice(1)),
                Map.of("3", slice(0), "1", halfs(slice(1))),
                Map.of(3.0, doubles(slice(0)), 1.0, slice(1).reshape(1, 2, 3)),
                Map.of(
                        new TestPickles.Tensor(HostArray.ofLongs(new long[] {3})),
                        slice(0),
                        new TestPickles.Tensor(HostArray.ofInts(new int[] {1})),
                        new TestPickles.Tensor(halfs(slice(1)))));
        for (Map<?, ?> dict : dicts) {
            assertThat(cams(dict)).containsExactly(Map.entry(1, slice(1)), Map.entry(3, slice(0)));
        }
        Path one = TestPickles.npyOfOne(folder.resolve("one.npy"), Map.of(3, slice(0)));
        assertThat(ObjectNpy.readCamDict(one)).containsOnlyKeys(3);
        refuseCams(Map.of(3, slice(0), "3", slice(1)), "class 3 occurs twice");
        refuseCams(Map.of(3, slice(0), "bg", slice(1)), "key 'bg', expected a class id");
        refuseCams(Map.of(1.5, slice(0)), "key 1.5, expected a class id");
        refuseCams(Map.of(true, slice(0)), "key true, expected a class id");
        refuseCams(Map.of(3, MAPS), "class 3 is F32[2, 2, 3], expected an array of floats [H, W]");
        refuseCams(Map.of("keys", List.of(3, 1), "high_res", MAPS), "'high_res'");
    }

    private SortedMap<Integer, HostArray> cams(Map<?, ?> dict) {
        return ObjectNpy.readCamDict(TestPickles.npy(folder.resolve("cams.npy"), dict));
    }

    private void refuseCams(Map<?, ?> dict, String reason) {
        assertThatThrownBy(() -> cams(dict))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("cams.npy: ", reason);
    }

    @Test
    void classLabelsAreReadFromEveryKindOfNumbers() {
        HostArray floats = HostArray.ofFloats(new float[] {0, 1, 1}, 3);
        List<Object> forms = List.of(
                floats,
                halfs(floats),
                doubles(floats),
                floats.reshape(1, 3),
                HostArray.ofLongs(new long[] {0, 1, 1}, 3),
                HostArray.ofBytes(new byte[] {0, 1, 1}, 3),
                HostArray.of(DType.BOOL, new long[] {3}, ByteBuffer.wrap(new byte[] {0, 1, 1})),
                new TestPickles.Tensor(floats),
                new TestPickles.Tensor(HostArray.ofInts(new int[] {0, 1, 1}, 3)),
                List.of(0, 1, 1),
                List.of(0.0, 1.0, true),
                new TestPickles.Tuple(List.of(false, true, 1)),
                new TestPickles.Objects(List.of(0, 1, 1)),
                List.of(0, 1, new TestPickles.Tensor(HostArray.ofFloats(new float[] {1}))));
        for (Object form : forms) {
            assertThat(labels(Map.of("a", form)).get("a")).as("%s", form).containsExactly(0, 1, 1);
        }
        Path one = TestPickles.npyOfOne(folder.resolve("one.npy"), Map.of(2007000032, List.of(0, 1)));
        assertThat(ObjectNpy.readClassLabels(one)).containsOnlyKeys("2007_000032");
    }

    @Test
    void classLabelsThatSayNeitherAreCounted() {
        Map<String, Object> unsure = new LinkedHashMap<>();
        unsure.put("a", List.of(0, 255, 1, 255));
        unsure.put("b", List.of(0, 0, 0, 1));
        unsure.put("c", HostArray.ofBytes(new byte[] {-1, 0, 0, 0}, 4));
        refuseLabels(
                unsure,
                "image 'a' has 255 for class 1; 3 values of 2 images are neither 0 nor 1 (3 of 255); expected 0");
        refuseLabels(
                Map.of("a", List.of(0, -1)), "image 'a' has -1 for class 1; 1 value of 1 image is neither 0 nor 1");
        refuseLabels(Map.of("a", List.of(Double.NaN, 1)), "image 'a' has NaN for class 0");
        refuseLabels(
                Map.of("a", HostArray.ofFloats(new float[] {0.25f, 0.5f, 1}, 3)),
                "image 'a' has 0.25 for class 0; 2 values of 1 image are neither 0 nor 1 (1 of 0.25, 1 of 0.5)");
        refuseLabels(Map.of("a", List.of("x")), "image 'a' is a list of 1, expected an array or a list of 0 or 1");
        refuseLabels(Map.of("a", 1), "image 'a' is 1, expected an array or a list");
        refuseLabels(Map.of("a", MAPS), "image 'a' is F32[2, 2, 3]");
    }

    private Map<String, float[]> labels(Map<?, ?> dict) {
        return ObjectNpy.readClassLabels(TestPickles.npy(folder.resolve("cls_labels.npy"), dict));
    }

    private void refuseLabels(Map<?, ?> dict, String reason) {
        assertThatThrownBy(() -> labels(dict))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("cls_labels.npy: ", reason);
    }

    @Test
    void tensorsAreArraysAndTheirKinOfOtherTypesAreNamed() {
        HostArray row = HostArray.ofDoubles(new double[] {1, -2}, 2);
        Path file = folder.resolve("tensors.npy");
        assertThat(Npy.readObject(TestPickles.npy(file, List.of(new TestPickles.Tensor(row)))))
                .isEqualTo(List.of(row));
        TestPickles.Tensor odd = new TestPickles.Tensor(row, Map.of("lazy", true));
        assertThatThrownBy(() -> Npy.readObject(TestPickles.npy(file, List.of(odd))))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("tensors.npy: a tensor with the property 'lazy', expected conj or neg");
        assertThatThrownBy(() -> Npy.readObject(
                        TestPickles.npy(file, new TestPickles.Call("torch.storage", "_load_from_bytes", List.of("x")))))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("tensors.npy: a storage that is no stream of PyTorch's");
    }

    private Path object(byte[] pickle) throws Exception {
        byte[] header = NpyHeader.format("|O", new long[0]);
        byte[] file = Arrays.copyOf(header, header.length + pickle.length);
        System.arraycopy(pickle, 0, file, header.length, pickle.length);
        return Files.write(folder.resolve("object.npy"), file);
    }
}
