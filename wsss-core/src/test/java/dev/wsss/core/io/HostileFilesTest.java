package dev.wsss.core.io;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Handmade files that try to run code, to take all memory, or to lie about themselves. One test for each. */
class HostileFilesTest {
    private static final Map<String, String> REFUSED = Map.ofEntries(
            entry("os-system.npy", "refers to 'posix.system', expected plain data"),
            entry("builtins-eval.npy", "refers to 'builtins.eval', expected plain data"),
            entry("inst-os-system.npy", "pickle instruction 0x69"),
            entry("class-instance.npy", "refers to 'datetime.datetime', expected plain data"),
            entry("deep-nesting.npy", "nested deeper than 100 levels"),
            entry("self-containing.npy", "contains itself"),
            entry("memo-bomb.npy", "unfolds to more than 16 times its size"),
            entry("exponential-key.npy", "a key of a dict or set that is no text"),
            entry("huge-long.npy", "an integer of 2147483647 bytes"),
            entry("huge-string.npy", "a string of 9223372036854775807 bytes, the file has 4 more"),
            entry("huge-memo-index.npy", "the memo has a gap up to 2147483647"),
            entry("array-size-lie.npy", "an array F32[65535] with 16 bytes"),
            entry("unfinished-array.npy", "an array without its data"),
            entry("a-function.npy", "a function or a type, expected data"),
            entry("stack-underflow.npy", "takes more from its stack than it put there"),
            entry("without-end.npy", "the file ends inside the pickle"),
            entry("huge-shape.npy", "F32[4294967296, 4294967296, 4294967296] needs more than 2^63 bytes"),
            entry("big-shape.npy", "F32[2000000000] needs 8000000000 bytes, the file has 16"),
            entry("negative-shape.npy", "something other than a whole number"),
            entry("many-dimensions.npy", "more than 64 dimensions"),
            entry("header-too-long.npy", "the header's length is 4294967295"),
            entry("code-in-header.npy", "npy header: expected '{'"),
            entry("records.npy", "structured array"),
            entry("complex.npy", "type '<c16'"),
            entry("bomb.npz", "inflates to 68157440 bytes"),
            entry("not-an-array.npz", "'readme.txt': expected only names that end in .npy"),
            entry("objects.npz", "holds Python objects"),
            entry("wrong-checksum.npz", "'row.npy': its checksum is wrong"),
            entry("same-name-twice.npz", "'a.npy' occurs twice"),
            entry("no-directory.npz", "not a zip archive, or one that was cut"),
            entry("overlap.safetensors", "'b' begins at byte 2 of the data, expected 4"),
            entry("hole.safetensors", "'b' begins at byte 6 of the data, expected 4"),
            entry("header-too-long.safetensors", "the header's length is 4611686018427387904"),
            entry("header-beyond-file.safetensors", "the header's length is 90000000, expected at most 2"),
            entry("deep-json.safetensors", "not the JSON of a safetensors file"),
            entry("shape-overflow.safetensors", "does not have the 0 bytes"),
            entry("data-beyond-file.safetensors", "4000000000 bytes of data, the file has 0"));

    static Stream<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(TestFiles.resource("hostile"))) {
            return files.sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void isRefusedByName(Path file) {
        String name = file.getFileName().toString();
        assertThat(REFUSED).containsKey(name);
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(10), () -> assertThatThrownBy(() -> read(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining(name)
                .hasMessageContaining(REFUSED.get(name)));
    }

    private static @Nullable Object read(Path file) {
        String name = file.getFileName().toString();
        if (name.endsWith(".safetensors")) {
            return Safetensors.read(file);
        }
        return name.endsWith(".npz") ? Npz.read(file) : Npy.readObject(file);
    }

    @Test
    void everyFileIsThere() throws IOException {
        assertThat(files().map(f -> f.getFileName().toString())).containsExactlyInAnyOrderElementsOf(REFUSED.keySet());
    }
}
