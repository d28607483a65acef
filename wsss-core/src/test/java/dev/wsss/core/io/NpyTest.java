package dev.wsss.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** npy and npz, against files that NumPy wrote. */
class NpyTest {
    private final Path folder;

    NpyTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void readsEveryTypeInEitherByteOrderAndLayout() {
        // names such as f4.be.F; C and F hold the same array
        Map<String, HostArray> arrays = Npz.read(TestFiles.resource("python.npz"));
        assertThat(arrays).hasSize(42);
        arrays.forEach((name, array) -> {
            assertThat(array.shape()).as(name).containsExactly(2, 3);
            assertThat(NpyType.format(array.dtype())).as(name).endsWith(name.substring(0, 2));
            boolean signed = name.charAt(0) == 'i' || name.charAt(0) == 'f';
            for (int i = 0; i < 6; i++) {
                double want = name.charAt(0) == 'b' ? Math.min(i, 1) : signed ? i - 3 : i;
                assertThat(array.getDouble(i)).as("%s %d", name, i).isEqualTo(want);
            }
        });
    }

    @Test
    void readsEveryVersion() {
        HostArray want = HostArray.ofFloats(new float[] {-3, -2, -1, 0, 1, 2}, 2, 3);
        for (String file : new String[] {"f4.npy", "version2.npy", "version3.npy"}) {
            assertThat(Npy.read(TestFiles.resource(file))).as(file).isEqualTo(want);
            assertThat(Npy.readObject(TestFiles.resource(file))).as(file).isEqualTo(want);
        }
    }

    @Test
    void turnsFortranOrderIntoC() {
        HostArray array = Npy.read(TestFiles.resource("fortran.npy"));
        assertThat(array.dtype()).isEqualTo(DType.I16);
        assertThat(array.shape()).containsExactly(2, 3, 4);
        assertThat(array.toInts()).isEqualTo(IntStream.range(0, 24).toArray());
    }

    @Test
    void writesTheBytesThatNumpyWrites() {
        Path python = TestFiles.resource("f4.npy");
        Path ours = folder.resolve("ours.npy");
        Npy.write(ours, Npy.read(python));
        assertThat(ours).hasSameBinaryContentAs(python);
    }

    @Test
    void roundTripsEveryTypeAndRank() throws Exception {
        Map<String, HostArray> arrays = new LinkedHashMap<>();
        for (DType dtype : DType.values()) {
            if (dtype == DType.BF16) {
                continue;
            }
            for (long[] shape : new long[][] {{}, {0}, {5}, {2, 0, 3}, {2, 1, 3}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 2}}) {
                byte[] bytes = new byte[(int) HostArray.elements(shape) * dtype.bytes()];
                for (int i = 0; i < bytes.length; i++) {
                    bytes[i] = (byte) (i * 31);
                }
                HostArray array = HostArray.of(dtype, shape, ByteBuffer.wrap(bytes));
                Path file = folder.resolve("a.npy");
                Npy.write(file, array);
                assertThat(Npy.read(file)).isEqualTo(array);
                // NumPy begins the data at a multiple of 64
                assertThat((Files.size(file) - bytes.length) % 64).isZero();
                arrays.put(dtype + "-" + shape.length + "-é/" + bytes.length, array);
            }
        }
        Path npz = folder.resolve("a.npz");
        Npz.write(npz, arrays);
        assertThat(Npz.read(npz)).isEqualTo(arrays);
        long stored = Files.size(npz);
        Npz.writeCompressed(npz, arrays);
        assertThat(Npz.read(npz)).isEqualTo(arrays);
        assertThat(Files.size(npz)).isLessThan(stored);
    }

    @Test
    void readsAStoredArchive() {
        Map<String, HostArray> arrays = Npz.read(TestFiles.resource("stored.npz"));
        assertThat(arrays.keySet()).containsExactly("scalar", "empty", "row");
        assertThat(arrays)
                .containsEntry("scalar", HostArray.ofFloats(new float[] {2.5f}))
                .containsEntry("empty", HostArray.ofLongs(new long[0], 0, 3))
                .containsEntry("row", HostArray.ofBytes(new byte[] {0, 1, 2, 3, 4}, 5));
    }

    @Test
    void readsA64BitArchive() throws Exception {
        // as archives beyond 4 GiB or 65534 entries end: the old fields full of ones, the numbers in a record before
        byte[] old = Files.readAllBytes(TestFiles.resource("stored.npz"));
        ByteBuffer in = ByteBuffer.wrap(old).order(ByteOrder.LITTLE_ENDIAN);
        int end = old.length - 22;
        ByteBuffer out = ByteBuffer.allocate(old.length + 76).order(ByteOrder.LITTLE_ENDIAN);
        out.put(old, 0, end).putInt(0x06064b50).putLong(44).putInt(0).putInt(0).putInt(0);
        out.putLong(3).putLong(3).putLong(in.getInt(end + 12)).putLong(in.getInt(end + 16));
        out.putInt(0x07064b50).putInt(0).putLong(end).putInt(1);
        out.putInt(0x06054b50).putInt(0).putInt(-1).putInt(-1).putInt(-1).putShort((short) 0);
        byte[] wide = out.array();
        assertThat(Npz.read(ByteSource.of("wide", wide), 1 << 20))
                .isEqualTo(Npz.read(TestFiles.resource("stored.npz")));
        // a count of entries that would need gigabytes
        out.putLong(end + 32, Integer.MAX_VALUE);
        assertThatThrownBy(() -> Npz.read(ByteSource.of("wide", wide), 1 << 20))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("2147483647 entries");
    }

    @Test
    void aMaskThatShrinksAThousandfoldIsNoBomb() throws Exception {
        Path file = folder.resolve("mask.npz");
        Npz.writeCompressed(file, Map.of("mask", HostArray.ofBytes(new byte[4_000_000], 2000, 2000)));
        assertThat(Files.size(file)).isLessThan(5000);
        assertThat(Npz.read(file).keySet()).containsExactly("mask");
        assertThatThrownBy(() -> Npz.read(file, 1_000_000))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("'mask.npy'", "4000128 bytes", "at most 1000000");
    }

    @Test
    void messagesNameTheFile() {
        assertThatThrownBy(() -> Npy.read(folder.resolve("absent.npy")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("absent.npy: expected a file");
        assertThatThrownBy(() -> Npz.read(folder.resolve("absent.npz")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("absent.npz: expected a file");
        assertThatThrownBy(() -> Npz.read(TestFiles.resource("f4.npy")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("f4.npy");
        assertThatThrownBy(() -> Npy.read(TestFiles.resource("cam.npy")))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("holds Python objects");
        HostArray bf16 = HostArray.of(DType.BF16, new long[0], ByteBuffer.allocate(2));
        assertThatThrownBy(() -> Npy.write(folder.resolve("b.npy"), bf16))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("BF16");
    }
}
