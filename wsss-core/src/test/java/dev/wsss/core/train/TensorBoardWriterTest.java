package dev.wsss.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardWriterTest {
    private static final class Event {
        private double wallTime;
        private long step;
        private String version = "";
        private final Map<String, Float> scalars = new LinkedHashMap<>();
    }

    @Test
    void pointsAreEvents(@TempDir Path folder) throws IOException {
        Path file;
        try (TensorBoardWriter writer = new TensorBoardWriter(folder.resolve("run"))) {
            file = writer.file();
            writer.onPoint(new TrainingPoint(300, 2, 0.5, Map.of("ce", 0.25), Map.of("head", 0.01), 4, 12.5, 3, 3L << 29));
            writer.write(1L << 40, Map.of("miou", 0.75));
        }
        assertThat(file.getFileName().toString()).startsWith("events.out.tfevents.");
        List<Event> events = read(file);
        assertThat(events).hasSize(3);
        assertThat(events.get(0).version).isEqualTo("brain.Event:2");
        assertThat(events.get(0).wallTime).isGreaterThan(1.6e9);
        assertThat(events.get(1).step).isEqualTo(300);
        assertThat(events.get(1).scalars)
                .isEqualTo(Map.of(
                        "loss",
                        0.5f,
                        "scalars/ce",
                        0.25f,
                        "rate/head",
                        0.01f,
                        "skipped_steps",
                        4f,
                        "speed/images_per_second",
                        12.5f,
                        "memory/resident_gib",
                        1.5f));
        assertThat(events.get(2).step).isEqualTo(1L << 40);
        assertThat(events.get(2).scalars).isEqualTo(Map.of("miou", 0.75f));
    }

    /** TensorBoard joins a folder's files in the order of their names: a resumed run goes on where the first one ended. */
    @Test
    void aResumedRunGoesOnInAnotherFile(@TempDir Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        for (long step : new long[] {10, 20, 30}) {
            try (TensorBoardWriter writer = new TensorBoardWriter(folder)) {
                writer.write(step, Map.of("loss", 1.0 / step));
                files.add(writer.file());
            }
        }
        assertThat(files).doesNotHaveDuplicates();
        List<Long> steps = new ArrayList<>();
        for (Path file : files) {
            List<Event> events = read(file);
            assertThat(events).hasSize(2);
            assertThat(events.get(0).version).isEqualTo("brain.Event:2");
            steps.add(events.get(1).step);
        }
        assertThat(steps).containsExactly(10L, 20L, 30L);
    }

    @Test
    void whatIsWrittenIsThereBeforeTheWriterIsClosed(@TempDir Path folder) throws IOException {
        try (TensorBoardWriter writer = new TensorBoardWriter(folder)) {
            writer.write(1, Map.of("loss", Double.NaN));
            assertThat(read(writer.file())).hasSize(2);
            assertThat(read(writer.file()).get(1).scalars).isEqualTo(Map.of("loss", Float.NaN));
        }
    }

    @Test
    void aClosedWriterSaysSo(@TempDir Path folder) {
        TensorBoardWriter writer = new TensorBoardWriter(folder);
        writer.close();
        writer.close();
        assertThatThrownBy(() -> writer.write(1, Map.of("loss", 1.0)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll(writer.file().toString(), "closed");
    }

    @Test
    void aFolderThatCannotBeMadeIsNamed(@TempDir Path folder) throws IOException {
        Path inTheWay = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> new TensorBoardWriter(inTheWay.resolve("run")))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(inTheWay.resolve("run").toString());
        assertThatThrownBy(() -> new TensorBoardWriter(inTheWay))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(inTheWay.toString());
    }

    @Test
    void tagsAndStepsAreChecked(@TempDir Path folder) throws IOException {
        String odd = "scalars/mIoU %, caf\u00e9 \u732b";
        try (TensorBoardWriter writer = new TensorBoardWriter(folder)) {
            writer.write(0, Map.of(odd, 0.5));
            assertThatThrownBy(() -> writer.write(1, Map.of(" ", 1.0)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("tag of step 1 is blank");
            assertThatThrownBy(() -> writer.write(-1, Map.of("a", 1.0)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("-1");
            assertThat(read(writer.file())).hasSize(2);
            assertThat(read(writer.file()).get(1).scalars).isEqualTo(Map.of(odd, 0.5f));
        }
    }

    /** Encoded by hand from the wire format: wall time 1.0, step 7, tag "a", value 1.5. */
    @Test
    void bytesAreThoseOfProtobuf() {
        assertThat(HexFormat.of().formatHex(EventRecords.event(1, 7, null, Map.of("a", 1.5))))
                .isEqualTo("09000000000000f03f" + "1007" + "2a0a0a08" + "0a0161" + "150000c03f");
    }

    /** RFC 3720's check value of CRC-32C over "123456789", masked by hand: rotate right 15, add 0xa282ead8. */
    @Test
    void checksumIsMaskedCrc32c() {
        int crc = 0xE3069283;
        assertThat(EventRecords.maskedChecksum("123456789".getBytes(StandardCharsets.US_ASCII)))
                .isEqualTo(Integer.rotateRight(crc, 15) + 0xa282ead8);
    }

    /** The event files of TensorFlow begin with a record of 24 bytes, so with these twelve. */
    @Test
    void frameBeginsAsTensorFlows() {
        assertThat(HexFormat.of().formatHex(EventRecords.frame(new byte[24]), 0, 12))
                .isEqualTo("1800000000000000" + "a37f4b22");
    }

    private static List<Event> read(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<Event> events = new ArrayList<>();
        while (in.hasRemaining()) {
            byte[] length = new byte[8];
            in.get(length);
            assertThat(in.getInt()).isEqualTo(EventRecords.maskedChecksum(length));
            byte[] data = new byte
                    [(int) ByteBuffer.wrap(length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong()];
            in.get(data);
            assertThat(in.getInt()).isEqualTo(EventRecords.maskedChecksum(data));
            events.add(event(ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN)));
        }
        return events;
    }

    private static Event event(ByteBuffer in) {
        Event event = new Event();
        while (in.hasRemaining()) {
            int key = (int) varint(in);
            switch (key) {
                case 1 << 3 | 1 -> event.wallTime = in.getDouble();
                case 2 << 3 -> event.step = varint(in);
                case 3 << 3 | 2 ->
                    event.version = StandardCharsets.UTF_8.decode(bytes(in)).toString();
                case 5 << 3 | 2 -> summary(bytes(in), event);
                default -> throw new AssertionError("unknown field " + key);
            }
        }
        return event;
    }

    private static void summary(ByteBuffer in, Event event) {
        while (in.hasRemaining()) {
            assertThat(varint(in)).isEqualTo(1 << 3 | 2);
            ByteBuffer value = bytes(in);
            assertThat(varint(value)).isEqualTo(1 << 3 | 2);
            String tag = StandardCharsets.UTF_8.decode(bytes(value)).toString();
            assertThat(varint(value)).isEqualTo(2 << 3 | 5);
            event.scalars.put(tag, value.getFloat());
        }
    }

    private static ByteBuffer bytes(ByteBuffer in) {
        int length = (int) varint(in);
        ByteBuffer part = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
        in.position(in.position() + length);
        return part;
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        int shift = 0;
        byte b;
        do {
            b = in.get();
            value |= (long) (b & 0x7F) << shift;
            shift += 7;
        } while (b < 0);
        return value;
    }
}
