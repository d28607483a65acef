package dev.wsss.core.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.core.report.Submission.Competition;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a benchmark's server is sent. */
class SubmissionTest {
    private static final String FOLDER = "results/VOC2012/Segmentation/comp6_test_cls/";

    @TempDir
    private Path folder;

    private final Map<String, LabelMap> maps = new LinkedHashMap<>();

    private static LabelMap row(int... labels) {
        byte[] bytes = new byte[labels.length];
        for (int i = 0; i < labels.length; i++) {
            bytes[i] = (byte) labels[i];
        }
        return LabelMap.of(1, labels.length, bytes);
    }

    private void voc(Path target) {
        Submission.voc(Competition.COMP6).write(target, maps.keySet(), maps::get);
    }

    private void givenTwo() {
        maps.put("2008_000006", row(0, 1, 15, 20));
        maps.put("2008_000011", row(7, 7));
    }

    /** What a decoder of PNG sees: samples and colours. */
    private void requireLabels(String id, byte[] png) throws IOException {
        Path file = Files.write(folder.resolve("decoded.png"), png);
        LabelMap labels = Objects.requireNonNull(maps.get(id));
        assertThat(LabelPng.read(file)).isEqualTo(labels);
        // bits for a sample, and the type of colour: a palette
        assertThat(png[24]).isEqualTo((byte) 8);
        assertThat(png[25]).isEqualTo((byte) 3);
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
        int[] palette = ClassCatalog.vocPalette();
        for (int x = 0; x < image.getWidth(); x++) {
            assertThat(image.getRGB(x, 0) & 0xFFFFFF).isEqualTo(palette[labels.get(0, x)] & 0xFFFFFF);
        }
    }

    @Test
    void vocAsAFolder() throws IOException {
        givenTwo();
        Path out = folder.resolve("out");
        voc(out);
        for (String id : maps.keySet()) {
            requireLabels(id, Files.readAllBytes(out.resolve(FOLDER + id + ".png")));
        }
        Submission.voc(Competition.COMP5).write(out, maps.keySet(), maps::get);
        assertThat(out.resolve("results/VOC2012/Segmentation/comp5_test_cls/2008_000011.png"))
                .exists();
        voc(out); // again
        Files.copy(out.resolve(FOLDER + "2008_000011.png"), out.resolve(FOLDER + "2008_000012.png"));
        assertThatThrownBy(() -> voc(out))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("1 PNGs of other images", "2008_000012.png");
    }

    @Test
    void vocAsAZip() throws IOException {
        givenTwo();
        Path file = folder.resolve("results.ZIP");
        voc(file);
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(file))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                entries.put(entry.getName(), zip.readAllBytes());
            }
        }
        requireEntries(entries);
        byte[] first = Files.readAllBytes(file);
        voc(file);
        assertThat(file).hasBinaryContent(first);
    }

    @Test
    void vocAsATar() throws IOException {
        givenTwo();
        for (String name : List.of("results.tar.gz", "results.tgz")) {
            Path file = folder.resolve(name);
            voc(file);
            requireEntries(untar(file));
            byte[] first = Files.readAllBytes(file);
            voc(file);
            assertThat(file).hasBinaryContent(first);
        }
    }

    private void requireEntries(Map<String, byte[]> entries) throws IOException {
        assertThat(entries.keySet()).containsExactly(FOLDER + "2008_000006.png", FOLDER + "2008_000011.png");
        for (String id : maps.keySet()) {
            requireLabels(id, Objects.requireNonNull(entries.get(FOLDER + id + ".png")));
        }
    }

    /** By POSIX's description of the form. */
    private static Map<String, byte[]> untar(Path file) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file));
                DataInputStream tar = new DataInputStream(in)) {
            while (true) {
                byte[] header = new byte[512];
                tar.readFully(header);
                if (header[0] == 0) {
                    tar.readFully(header);
                    assertThat(header).containsOnly(0);
                    assertThat(tar.read()).isEqualTo(-1);
                    return entries;
                }
                assertThat(text(header, 257, 6)).isEqualTo("ustar");
                assertThat(text(header, 263, 2)).isEqualTo("00");
                assertThat(header[156]).isEqualTo((byte) '0');
                int sum = Integer.parseInt(text(header, 148, 7), 8);
                int actual = 0;
                for (int i = 0; i < 512; i++) {
                    actual += i >= 148 && i < 156 ? ' ' : header[i] & 255;
                }
                assertThat(actual).isEqualTo(sum);
                byte[] content = new byte[Integer.parseInt(text(header, 124, 12), 8)];
                tar.readFully(content);
                tar.readFully(new byte[(512 - content.length % 512) % 512]);
                entries.put(text(header, 0, 100), content);
            }
        }
    }

    private static String text(byte[] header, int at, int length) {
        String text = new String(header, at, length, StandardCharsets.US_ASCII);
        int end = text.indexOf('\0');
        return end < 0 ? text : text.substring(0, end);
    }

    @Test
    void whatTheServerWouldNotTakeIsRefusedAndLeavesNothing() throws IOException {
        maps.put("2008_000006", row(0, 255, 255, 1));
        Path file = folder.resolve("results.tar.gz");
        assertThatThrownBy(() -> voc(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("'2008_000006'", "2 pixels have the value 255", "0..20", "no void");
        maps.put("2008_000006", row(0, 21));
        assertThatThrownBy(() -> voc(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("1 pixel has the value 21", "expected 0..20");
        maps.put("../2008_000007", row(0));
        assertThatThrownBy(() -> voc(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("'../2008_000007'", "2008_000006");
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
        Submission voc = Submission.voc(Competition.COMP6);
        assertThatThrownBy(() -> voc.write(file, List.of("2008_000099"), maps::get))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'2008_000099' has no labels");
        assertThatThrownBy(() -> voc.write(file, List.of(), maps::get)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> voc.write(file, List.of("a", "a"), maps::get))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'a' stands twice");
    }

    @Test
    void cityscapesHasLabelIds() throws IOException {
        Submission cityscapes = Submission.cityscapes(7, 8, 11);
        maps.put("berlin/berlin_000000_000019_leftImg8bit", row(0, 1, 2, 2));
        maps.put("bad-honnef_000001_000020", row(2, 1));
        Path out = folder.resolve("out");
        cityscapes.write(out, maps.keySet(), maps::get);
        Path file = out.resolve("berlin_000000_000019_labelIds.png");
        assertThat(LabelPng.read(file)).isEqualTo(row(7, 8, 11, 11));
        assertThat(Files.readAllBytes(file)[25]).isZero(); // grey
        assertThat(out.resolve("bad-honnef_000001_000020_labelIds.png")).exists();
        cityscapes.write(folder.resolve("out.zip"), maps.keySet(), maps::get);
        assertThat(folder.resolve("out.zip")).exists();

        maps.put("berlin_000000_000019", row(0));
        assertThatThrownBy(() -> cityscapes.write(out, maps.keySet(), maps::get))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll(
                        "'berlin_000000_000019' stands twice", "berlin/berlin_000000_000019_leftImg8bit");
        maps.remove("berlin_000000_000019");
        for (int value : new int[] {3, 255}) {
            maps.put("bad-honnef_000001_000020", row(value));
            assertThatThrownBy(() -> cityscapes.write(out, maps.keySet(), maps::get))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContainingAll("the value " + value, "expected 0..2");
        }
        assertThatThrownBy(() -> cityscapes.write(out, List.of("berlin_19"), maps::get))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("'berlin_19' is no image of Cityscapes");
        assertThatThrownBy(Submission::cityscapes).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Submission.cityscapes(7, 255)).hasMessageContaining("train id 1 must be in 0..254");
    }
}
