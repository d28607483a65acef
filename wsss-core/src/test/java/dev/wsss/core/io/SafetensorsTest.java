package dev.wsss.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
    private final Path folder;

    SafetensorsTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void readsWhatPythonWroteAndWritesTheSameBytes() throws Exception {
        Path python = TestFiles.resource("python.safetensors");
        Map<String, HostArray> tensors = Safetensors.read(python);
        assertThat(tensors).hasSize(14);
        for (DType dtype : DType.values()) {
            if (dtype == DType.BF16) {
                continue;
            }
            HostArray array = tensor(tensors, "all." + dtype.name().toLowerCase(Locale.ROOT));
            assertThat(array.dtype()).isEqualTo(dtype);
            assertThat(array.shape()).containsExactly(2, 3);
            boolean signed = dtype.isFloating() || dtype.name().startsWith("I");
            for (int i = 0; i < 6; i++) {
                double want = dtype == DType.BOOL ? Math.min(i, 1) : signed ? i - 3 : i;
                assertThat(array.getDouble(i)).as("%s %d", dtype, i).isEqualTo(want);
            }
        }
        assertThat(tensors.get("scalar \"é\"")).isEqualTo(HostArray.ofFloats(new float[] {2.5f}));
        assertThat(tensor(tensors, "empty").shape()).containsExactly(0, 3);
        try (SafetensorsFile file = Safetensors.open(python)) {
            assertThat(file.metadata()).containsOnly(Map.entry("note", "a \"quoted\" é\n<line>"));
            assertThat(file.names().iterator().next()).isEqualTo("all.u64");
            assertThat(file.dtype("all.f16")).isEqualTo(DType.F16);
            assertThat(file.shape("empty")).containsExactly(0, 3);
            assertThatThrownBy(() -> file.get("nothing"))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("'nothing'");
            Safetensors.write(folder.resolve("ours.safetensors"), tensors, file.metadata());
        }
        assertThat(folder.resolve("ours.safetensors")).hasSameBinaryContentAs(python);
    }

    @Test
    void writesOverAFileAndLeavesNoOther() throws Exception {
        Path target = folder.resolve("a.safetensors");
        HostArray bf16 =
                HostArray.of(DType.BF16, new long[] {2}, ByteBuffer.wrap(new byte[] {0, 0, (byte) 0x80, 0x3F}));
        for (Map<String, HostArray> tensors : new Map[] {Map.of(), Map.of("x", bf16)}) {
            Safetensors.write(target, tensors, Map.of());
            assertThat(Safetensors.read(target)).isEqualTo(tensors);
        }
        assertThat(bf16.toFloats()).containsExactly(0, 1);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(target);
        }
        assertThatThrownBy(() -> Safetensors.write(target, Map.of("__metadata__", bf16), Map.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aMissingFileIsNamed() {
        assertThatThrownBy(() -> Safetensors.read(folder.resolve("absent")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("absent: expected a file, there is nothing");
        assertThatThrownBy(() -> Safetensors.read(folder))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("expected a file, there is something else");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    {"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}|
                    {"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}  |
                    {"a":{"dtype":"U8","shape":[3],"data_offsets":[0,2]}}| 'a': U8[3] does not have the 2 bytes
                    {"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}| the tensors have 1 bytes of data, the file has 2
                    {"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}| 'a' begins at byte 1 of the data, expected 0
                    {"a":{"dtype":"U8","shape":[2],"data_offsets":[2,0]}}| run backwards
                    {"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2,2]}}| more than 2 entries
                    {"a":{"dtype":"U8","shape":[2],"data_offsets":[0]}}| two data_offsets
                    {"a":{"dtype":"U8","shape":[-2],"data_offsets":[0,2]}}| '-2', expected a whole number
                    {"a":{"dtype":"U8","shape":[2.0],"data_offsets":[0,2]}}| '2.0', expected a whole number
                    {"a":{"dtype":"U8","shape":["2"],"data_offsets":[0,2]}}| something other than numbers
                    {"a":{"dtype":"U8","shape":[9999999999999999999],"data_offsets":[0,2]}}| less than 2^63
                    {"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}| does not have the 0 bytes
                    {"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}| its type is F8_E4M3, expected one of
                    {"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}| F4[3] does not have the 2 bytes
                    {"a":{"dtype":"F9","shape":[2],"data_offsets":[0,2]}}| unknown dtype 'F9'
                    {"a":{"dtype":7,"shape":[2],"data_offsets":[0,2]}}| dtype is not a string
                    {"a":{"dtype":"U8","dtype":"U8","shape":[2],"data_offsets":[0,2]}}| two dtypes
                    {"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"b":1}}| 'b', expected only dtype
                    {"a":{"dtype":"U8","shape":[2]}}| expected dtype, shape and two data_offsets
                    {"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}| two tensors are named 'a'
                    {"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}| 'b' begins at byte 1 of the data, expected 2
                    {"__metadata__":{"k":1},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}| metadata 'k' is not a string
                    {"__metadata__":{"k":"1","k":"1"}}| two metadata entries 'k'
                    {"__metadata__":{},"__metadata__":{}}| two __metadata__
                    {"a":[[[[[[[[| not the JSON of a safetensors file
                    {"a":{"dtype":"U8","shape":[[2]],"data_offsets":[0,2]}}| something other than numbers
                    {"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}} {}| not the JSON of a safetensors file
                    {'a':{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}| not the JSON of a safetensors file
                    [1]| must begin with '{'
                    """)
    void checksTheHeader(String header, String message) throws IOException {
        Path file = write(header.getBytes(StandardCharsets.UTF_8), new byte[] {5, 6});
        if (message == null) {
            assertThat(Safetensors.read(file)).isEqualTo(Map.of("a", HostArray.ofBytes(new byte[] {5, 6}, 2)));
        } else {
            assertThatThrownBy(() -> Safetensors.read(file))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("x.safetensors")
                    .hasMessageContaining(message);
        }
    }

    @Test
    void checksTheHeadersLengthAndEncoding() throws IOException {
        for (long length : new long[] {-1, 3, 100_000_001, Long.MAX_VALUE}) {
            ByteBuffer file =
                    ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
            assertThatThrownBy(() -> Safetensors.read(Files.write(folder.resolve("x.safetensors"), file.array())))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("the header's length is " + Long.toUnsignedString(length));
        }
        byte[] latin1 =
                "{\"é\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}".getBytes(StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> Safetensors.read(write(latin1, new byte[2]))).isInstanceOf(InvalidDataException.class);
        assertThatThrownBy(() -> Safetensors.read(Files.write(folder.resolve("x.safetensors"), new byte[7])))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("7 bytes");
    }

    @Test
    void aFileBeyond2GiBIsReadTensorByTensor() throws IOException {
        long big = 3L << 30;
        byte[] header = ("{\"big\":{\"dtype\":\"U8\",\"shape\":[" + big + "],\"data_offsets\":[0," + big
                        + "]},\"last\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[" + big + "," + (big + 4)
                        + "]}}")
                .getBytes(StandardCharsets.UTF_8);
        Path path = write(header, new byte[0]);
        try (var raf = new RandomAccessFile(path.toFile(), "rw")) {
            // sparse: takes no room on the disk
            raf.seek(8 + header.length + big);
            raf.write(new byte[] {1, 2, 0, 0});
        }
        try (SafetensorsFile file = Safetensors.open(path)) {
            assertThat(file.get("last").toInts()).containsExactly(513);
            assertThatThrownBy(() -> file.get("big"))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("expected less than 2 GiB");
        }
    }

    private static HostArray tensor(Map<String, HostArray> tensors, String name) {
        return Objects.requireNonNull(tensors.get(name), name);
    }

    private Path write(byte[] header, byte[] data) throws IOException {
        ByteBuffer file = ByteBuffer.allocate(8 + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(header.length).put(header).put(data);
        return Files.write(folder.resolve("x.safetensors"), file.array());
    }
}
