package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.RunManifest;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images and masks that turn out to be bad when they are read. */
class BadInputIT {
    private final Path tmp;

    BadInputIT(@TempDir Path tmp) {
        this.tmp = tmp;
    }

    private static CommandLineRun run(Path folder) {
        return CommandLineRun.of(
                "quickstart",
                "--quick",
                "--device=cpu",
                "--threads=1",
                "--data=folder:" + folder,
                "--out=" + folder.resolve("out"));
    }

    private static void assertFails(CommandLineRun run, String... words) {
        assertThat(run.err()).singleElement().asString().startsWith("wsss: ").contains(words);
        assertThat(run.status()).isEqualTo(1);
    }

    /** Writes a JPEG with another byte in its frame header: 1 is the marker, 4 the bits of a sample. */
    private static void jpeg(Path file, int offset, int value) throws IOException {
        ImageIO.write(new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB), "jpg", file.toFile());
        byte[] jpeg = Files.readAllBytes(file);
        int frame = 0;
        while ((jpeg[frame] & 255) != 0xFF || (jpeg[frame + 1] & 255) != 0xC0) {
            frame++;
        }
        jpeg[frame + offset] = (byte) value;
        Files.write(file, jpeg);
    }

    private static void arithmetic(Path file) throws IOException {
        jpeg(file, 1, 0xC9);
    }

    private static void twelveBits(Path file) throws IOException {
        jpeg(file, 4, 12);
    }

    private static void truncated(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
    }

    @Test
    void badImagesAmongGoodOnesAreListedAndTheRestGoesOn() throws IOException {
        Path folder = SceneFolder.write(tmp.resolve("scenes"), 12, true);
        arithmetic(SceneFolder.image(folder, 1));
        Files.delete(SceneFolder.image(folder, 2));
        twelveBits(folder.resolve("images/s2.jpg"));
        truncated(SceneFolder.image(folder, 3));
        truncated(SceneFolder.image(folder, 4)); // every fifth scene is held out for validation
        CommandLineRun run = run(folder);
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        String out = String.join("\n", run.out());
        assertThat(out)
                .contains("7 of 10 samples done")
                .containsPattern("s1 failed in read: .*s1\\.png.* arithmetic-coded .*; expected")
                .containsPattern("s2 failed in read: .*s2\\.jpg.* 12-bit JPEG; expected 8 bits")
                .containsPattern("s3 failed in read: .*s3\\.png.* truncated.*; expected")
                .containsPattern("s4 left out of the evaluation: .*s4\\.png.* truncated.*; expected");
        assertThat(RunManifest.read(folder.resolve("out")).failures())
                .extracting(RunManifest.Failure::id)
                .containsExactly("s1", "s2", "s3");
        assertThat(folder.resolve("out/report.html"))
                .content()
                .contains("arithmetic-coded", "12-bit", "s3.png", "s4.png")
                .doesNotContain("s5.png");
    }

    @Test
    void nothingButBadImages() throws IOException {
        for (String kind : List.of("arithmetic-coded", "12-bit", "truncated")) {
            Path folder = SceneFolder.write(tmp.resolve(kind), 1, false);
            Path image = SceneFolder.image(folder, 0);
            switch (kind) {
                case "arithmetic-coded" -> arithmetic(image);
                case "12-bit" -> twelveBits(image);
                default -> truncated(image);
            }
            assertFails(run(folder), image.toString(), kind, "expected");
        }
    }

    @Test
    void badMasks() throws IOException {
        for (String kind : List.of("other size", "colours", "unknown label")) {
            Path folder = SceneFolder.write(tmp.resolve("scenes " + kind), 2, true);
            Path mask = SceneFolder.mask(folder, 1);
            switch (kind) {
                case "other size" -> {
                    ImageIO.write(new BufferedImage(31, 32, BufferedImage.TYPE_BYTE_GRAY), "png", mask.toFile());
                    assertFails(run(folder), mask.toString(), "32x31", "expected 32x32");
                }
                case "colours" -> {
                    ImageIO.write(new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB), "png", mask.toFile());
                    assertFails(run(folder), mask.toString(), "RGB", "expected a palette or grey PNG");
                }
                default -> {
                    BufferedImage grey = new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_GRAY);
                    grey.getRaster().setSample(0, 0, 0, 77);
                    ImageIO.write(grey, "png", mask.toFile());
                    assertFails(run(folder), mask.toString(), "value 77", "expected labels 0..8");
                }
            }
        }
    }
}
