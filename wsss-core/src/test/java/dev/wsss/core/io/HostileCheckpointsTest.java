package dev.wsss.core.io;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Handmade checkpoints that try to run code, to read elsewhere, to take all memory, or lie about themselves. */
class HostileCheckpointsTest {
    private static final Map<String, String> REFUSED = Map.ofEntries(
            entry("absent-file.index.json", "absent.safetensors: expected a file, there is nothing"),
            entry("big-shape.caffemodel", "layer 'a', blob 0 has the shape [1099511627776] and 1 values"),
            entry("blob-beyond-layer.caffemodel", "a field of 100 bytes, where its message has 2 more"),
            entry("data-beyond-blob.caffemodel", "a field of 12 bytes, where its message has 8 more"),
            entry("fewer-values.caffemodel", "layer 'a', blob 0 has the shape [2, 3] and 5 values"),
            entry("field-zero.caffemodel", "a field of the impossible number 0"),
            entry("group.caffemodel", "field 9 is of wire type 3"),
            entry("hdf5.caffemodel", "an HDF5 file, such as Caffe's .caffemodel.h5; have Caffe write a .caffemodel"),
            entry("hdf5.caffemodel.h5", "an HDF5 file, such as Caffe's .caffemodel.h5; have Caffe write a .caffemodel"),
            entry("huge-field.caffemodel", "a field of the impossible number 137438953472"),
            entry(
                    "huge-shape.caffemodel",
                    "layer 'a', blob 0 has the shape [1099511627776, 1099511627776] and 1 values"),
            entry("layer-beyond-file.caffemodel", "a field of 1099511627776 bytes, where its message has 3 more"),
            entry("layer-length-negative.caffemodel", "a field of 18446744073709551615 bytes"),
            entry("long-name.caffemodel", "a name of 4097 bytes, expected at most 4096"),
            entry("long-number.caffemodel", "a number of more than ten bytes"),
            entry("many-blobs.caffemodel", "layer 'a', blob 64: expected at most 64 of a layer"),
            entry("many-dimensions.caffemodel", "layer 'a', blob 0 has more than 32 dimensions"),
            entry("negative-legacy-shape.caffemodel", "layer 'a', blob 0 has the shape [-1, -1, 1, 1] and 1 values"),
            entry("negative-shape.caffemodel", "layer 'a', blob 0 has the shape [-1, -1] and 1 values"),
            entry("no-values.caffemodel", "layer 'a', blob 0 has the shape [2, 3] and 0 values"),
            entry("number-as-data.caffemodel", "field 5 is of wire type 0, expected 2"),
            entry("number-as-layer.caffemodel", "field 100 is of wire type 0, expected 2"),
            entry("ragged-values.caffemodel", "layer 'a', blob 0 has 5 bytes of data, expected a multiple of 4"),
            entry("same-name.caffemodel", "two blobs are named 'a/0'"),
            entry("solver-state.caffemodel", "field 13 is of wire type 6, expected 2"),
            entry("text.caffemodel", "field 13 is of wire type 6"),
            entry("v0.caffemodel", "layers in the first form of Caffe (V0), expected V1 or later"),
            entry("without-weights.caffemodel", "a Caffe net without weights, expected a trained one"),
            entry("absent-tensor.index.json", "tensor 'b' is not in 'one.safetensors', where the index has it"),
            entry("absolute-path.index.json", "tensor 'a' is in '/etc/passwd'"),
            entry("absolute-path.pth", "entry '/etc/evil' leads out of the archive"),
            entry("absurd-shape.pth", "a tensor F32[1099511627776, 1099511627776] with strides [0, 0] at 0 does not"),
            entry("after-the-pickle.pth", "15 bytes after the pickle's end"),
            entry("big-endian-legacy.pth", "written on a big-endian machine"),
            entry("bomb-in-pickle.pth", "entry 'a/data.pkl' of 1073741824 bytes: the archive inflates to more than"),
            entry(
                    "bomb-in-storage.pth",
                    "entry 'a/data/0' of 1073741824 bytes: the archive inflates to more than 67108864"),
            entry("complex-storage.pth", "storage '0' has 24 bytes, its entry 12"),
            entry("cut-legacy.pth", "storage '0' of 3 elements of F32 has 3 in the file, or ends beyond it"),
            entry("cut.params", "array 0: F32[3] does not fit in the file's 8 bytes that follow"),
            entry("deep-modules.pt", "no dict with tensors was found within 64 levels"),
            entry("deep.index.json", "not the JSON of a checkpoint's index"),
            entry("entry-twice.pth", "entry 'a/data/0' occurs twice"),
            entry("expanded-bomb.pth", "tensor 'w': the strides of tensors repeat storages to more than 16 times the"),
            entry("exponential-modules.pt", "the pickle unfolds to more than 16 times its size"),
            entry("false-size.pth", "tensor 'w': entry 'a/data/0' inflates to 1000 bytes"),
            entry("fewer-names.params", "1 names for 2 arrays"),
            entry("getattr.pth", "refers to 'builtins.getattr'"),
            entry("hidden-file.index.json", "tensor 'a' is in '..'"),
            entry("huge-count.params", "1152921504606846976 arrays in the 0 bytes that follow"),
            entry("huge-name.params", "4611686018427387904 bytes of a name in the 0 bytes that follow"),
            entry(
                    "huge-shape.params",
                    "array 0: F32[1099511627776, 1099511627776] does not fit in the file's 29 bytes"),
            entry(
                    "huge-storage-legacy.pth",
                    "storage '0' of 1099511627776 elements of F32 has 1099511627776 in the file, or"),
            entry("huge-storage.pth", "storage '0' of 4611686018427387904 elements of F32"),
            entry("itself.index.json", "tensor 'a' is in 'itself.index.json'"),
            entry("list.pth", "holds list of 2"),
            entry("many-dimensions.params", "array 0 has 2147483647 dimensions"),
            entry("many-dimensions.pth", "a tensor whose size is no tuple of at most 64"),
            entry("middle-endian.pth", "entry 'byteorder' is 'middle'"),
            entry("name-twice.params", "two arrays are named 'a'"),
            entry("negative-shape.params", "array 0: F32[-3] does not fit in the file's 29 bytes that follow"),
            entry("negative-size.pth", "a tensor whose size holds '-3'"),
            entry("negative-stride.pth", "a tensor whose stride holds '-1'"),
            entry("no-pickle.pth", "entry 'a/data/0': expected only names that end in .npy, or the folder of a"),
            entry("no-storage.pth", "refers to data outside of the pickle that is no storage"),
            entry("no-tensors.pth", "no dict with tensors was found within 64 levels"),
            entry("no-weight-map.index.json", "expected the index of a checkpoint, one object with a weight_map"),
            entry("not-a-shard.index.json", "shard-without-json-ending: a file of unknown format"),
            entry("number-as-file.index.json", "tensor 'a' is in 'null'"),
            entry("offset-overflow.pth", "a tensor F32[3] with strides [1] at 9223372036854775807 does not lie in its"),
            entry("os-system-in-torchscript.pt", "refers to 'posix.system'"),
            entry("os-system-legacy.pth", "refers to 'posix.system'"),
            entry("os-system.pth", "refers to 'posix.system'"),
            entry("overlap.pth", "entry 'a/data/0' does not lie where the directory says, or overlaps another"),
            entry("path-escape.index.json", "tensor 'a' is in '../checkpoint/small.safetensors'"),
            entry("path-escape.pth", "entry 'a/../../evil' leads out of the archive"),
            entry("pre-1.4.pt", "a TorchScript archive from before PyTorch 1.4"),
            entry("protocol-legacy.pth", "a PyTorch stream of another protocol than 1001"),
            entry("same-place.pth", "entry 'a/data/0' overlaps another"),
            entry("self-containing-module.pt", "module 'm' contains itself"),
            entry("self-containing-wrapper.pth", "no dict with tensors was found within 64 levels"),
            entry("sparse.params", "array 0 is sparse (storage type 1)"),
            entry("storage-beyond-entry.pth", "storage '0' has 4000 bytes, its entry 12"),
            entry(
                    "storage-key-escapes.pth",
                    "storage '../data.pkl' has 12 bytes, there is no entry 'a/data/../data.pkl'"),
            entry("storage-missing-legacy.pth", "tensor 'w': its storage '0' is not in the file"),
            entry(
                    "storage-size-lie-legacy.pth",
                    "storage '0' of 3 elements of F32 has 2 in the file, or ends beyond it"),
            entry("storage-twice-legacy.pth", "storage '0' is not of any tensor, or occurs twice"),
            entry("storage-unknown-legacy.pth", "storage '1' is not of any tensor, or occurs twice"),
            entry("storage-without-entry.pth", "storage '7' has 12 bytes, there is no entry 'a/data/7'"),
            entry(
                    "stride-overflow.pth",
                    "a tensor F32[3, 3] with strides [4611686018427387904, 4611686018427387904] at 0"),
            entry(
                    "tensor-beyond-storage.pth",
                    "a tensor F32[4] with strides [1] at 0 does not lie in its storage '0' of 3"),
            entry(
                    "tensor-by-os-system.pth",
                    "a tensor of a class that is made by another function than _rebuild_tensor"),
            entry(
                    "tensor-outside-view-legacy.pth",
                    "a tensor F32[3] with strides [1] at 0 does not lie in its storage '0' of 2"),
            entry("tensor-twice.index.json", "two tensors are named 'a'"),
            entry("two-types-of-storage.pth", "storage '0' has 3 elements of I32, and elsewhere 3 of F32"),
            entry("unknown-type.params", "array 0 is of type 99"),
            entry("view-outside-legacy.pth", "a view of storage '0' that is malformed or outside it"),
            entry("wrong-checksum.pth", "entry 'a/data.pkl': its checksum is wrong, the file is damaged"));

    /** What the hostile indices refer to; of itself harmless, or of no format. */
    private static final List<String> SHARDS = List.of("one.safetensors", "shard-without-json-ending");

    static Stream<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(TestFiles.resource("hostile-checkpoint"))) {
            return files.filter(f -> !SHARDS.contains(f.getFileName().toString())).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void isRefusedWithTheReason(Path file) {
        String name = file.getFileName().toString();
        assertThat(REFUSED).containsKey(name);
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(10), () -> assertThatThrownBy(() -> read(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("hostile-checkpoint") // the file, or of an index the one that it names
                .hasMessageContaining(REFUSED.get(name)));
    }

    private static Map<String, HostArray> read(Path file) {
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            return checkpoint.read();
        }
    }

    @Test
    void everyFileIsThere() throws IOException {
        assertThat(files().map(f -> f.getFileName().toString())).containsExactlyInAnyOrderElementsOf(REFUSED.keySet());
    }

    /** These would make a file, if a global were more than its name. */
    @ParameterizedTest
    @ValueSource(strings = {"os-system.pth", "os-system-in-torchscript.pt", "os-system-legacy.pth"})
    void callsArePassedOverAndNotMade(String name) {
        try (Checkpoint checkpoint = Checkpoint.builder()
                .setPath(TestFiles.resource("hostile-checkpoint/" + name))
                .optInertGlobals(true)
                .build()) {
            assertThat(checkpoint.read()).containsOnlyKeys("w");
            assertThat(checkpoint.metadata()).containsEntry("x", "posix.system");
        }
        assertThat(Path.of("/tmp/wsss-was-here")).doesNotExist();
    }

    /** Pickles of one instruction again and again, with and without the classes of the archive's own code. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "c__torch__\nM\n)\u0081",
                "h\u0000)\u0081",
                "h\u0000)\u0081}b",
                "h\u0000)\u0081}K\u0001Nsb",
                "h\u0000)\u0081K\u0001Ns",
                "h\u0001)R",
                "h\u0002Q",
                "h\u0003h\u0004R"
            })
    void aPickleOfOneInstructionTakesLittleMemory(String instruction) {
        // memo: a class, a dict's class, a storage's identifier, the maker of tensors, and its arguments
        String start = "\u0080\u0002c__torch__\nM\nq\u00000ccollections\nOrderedDict\nq\u00010"
                + "(X\u0007\u0000\u0000\u0000storagectorch\nFloatStorage\nX\u0001\u0000\u0000\u00000NK\u0003tq\u00020"
                + "ctorch._utils\n_rebuild_tensor_v2\nq\u00030(h\u0002QK\u0000))\u0089Ntq\u00040";
        byte[] pickle = (start + "](" + instruction.repeat(50_000 / instruction.length()) + "e.")
                .getBytes(StandardCharsets.ISO_8859_1);
        List<Long> allocated = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            long before = CheckpointFuzzTest.allocatedBytes();
            try {
                Object made = new Unpickler("mutated", ByteBuffer.wrap(pickle), new TorchPickle(false, true)).next();
                assertThat(made).isNotNull();
            } catch (InvalidDataException e) {
                assertThat(e.getMessage()).startsWith("mutated: ");
            }
            allocated.add(CheckpointFuzzTest.allocatedBytes() - before);
        }
        assertThat(allocated.get(1)).isLessThan((128 << 10) + 192L * pickle.length);
    }
}
