package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.RunManifest;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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

    private static CommandLineRun run(Path folder, String... more) {
        List<String> args = new ArrayList<>(List.of(
                "quickstart",
                "--quick",
                "--device=cpu",
                "--threads=1",
                "--data=folder:" + folder,
                "--out=" + folder.resolve("out")));
        args.addAll(List.of(more));
        return CommandLineRun.of(args.toArray(String[]::new));
    }

    private static void assertFails(CommandLineRun run, String... words) {
        assertThat(run.err()).singleElement().asString().startsWith("wsss: ").contains(words);
        assertThat(run.status()).isEqualTo(1);
    }

    private static void text(Path file) throws IOException {
        Files.writeString(file, "<html>not found</html>");
    }

    private static void frame(Path file) throws IOException {
        ImageIO.write(new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB), "jpg", file.toFile());
        byte[] jpeg = Files.readAllBytes(file);
        int frame = 0;
        while ((jpeg[frame] & 255) != 0xFF || (jpeg[frame + 1] & 255) != 0xC0) {
            frame++;
        }
        jpeg[frame + 9] = 4; // the number of components in the frame's header
        Files.write(file, jpeg);
    }

    private static void truncated(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
    }

    @Test
    void badImagesAmongGoodOnesAreListedAndTheRestGoesOn() throws IOException {
        Path folder = SceneFolder.write(tmp.resolve("scenes"), 12, true);
        text(SceneFolder.image(folder, 1));
        Files.delete(SceneFolder.image(folder, 2));
        frame(folder.resolve("images/s2.jpg"));
        truncated(SceneFolder.image(folder, 3));
        truncated(SceneFolder.image(folder, 4));
        CommandLineRun refused = run(folder, "--hold-out=5");
        assertFails(
                refused,
                "classifier: 3 images of 10 cannot be used, more than 5 %: ",
                "s1.png",
                "--allow-left-out SHARE goes on without them");
        assertThat(refused.out()).noneMatch(line -> line.startsWith("classifier: "));
        CommandLineRun run = run(folder, "--hold-out=5", "--allow-left-out=30%");
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isEqualTo(Wsss.SOME_FAILED);
        assertThat(run(folder, "--hold-out=5", "--allow-left-out=0.3", "--allow-failures=4")
                        .status())
                .isZero();
        String out = String.join("\n", run.out());
        assertThat(out)
                .contains("7 of 10 samples done")
                .contains("classifier: 3 left out of training:")
                .containsPattern("cam +7 made +0 reused +0 failed +3 left out")
                .containsPattern("s1 failed in read: .*s1\\.png.* 3c 68 74 6d; expected")
                .containsPattern("s2 failed in read: .*s2\\.jpg: frame header of 17 bytes; expected")
                .containsPattern("s3 failed in read: .*s3\\.png.* truncated.*; expected")
                .containsPattern("s4 left out of the evaluation: .*s4\\.png.* truncated.*; expected");
        assertThat(RunManifest.read(folder.resolve("out")).failures())
                .extracting(RunManifest.Failure::id)
                .containsExactly("s1", "s2", "s3");
        assertThat(folder.resolve("out/report.html"))
                .content()
                .contains("s1.png", "s2.jpg", "s3.png", "s4.png")
                .doesNotContain("s5.png");
    }

    @Test
    void nothingButBadImages() throws IOException {
        for (String kind : List.of("3c 68 74 6d", "frame header", "truncated")) {
            Path folder = SceneFolder.write(tmp.resolve(kind), 1, false);
            Path image = SceneFolder.image(folder, 0);
            switch (kind) {
                case "3c 68 74 6d" -> text(image);
                case "frame header" -> frame(image);
                default -> truncated(image);
            }
            assertFails(run(folder), image.toString(), kind, "expected");
        }
    }

    /** One bad mask of many costs its own image; masks that are all wrong are no masks of these images. */
    @Test
    void badMasks() throws IOException {
        for (String kind : List.of("other size", "colours", "unknown label")) {
            Path some = SceneFolder.write(tmp.resolve("some " + kind), 6, true);
            spoil(kind, SceneFolder.mask(some, 1));
            CommandLineRun run = run(some);
            assertThat(run.err()).isEmpty();
            assertThat(run.status()).as(kind).isEqualTo(Wsss.SOME_FAILED);
            assertThat(run.out())
                    .anyMatch(line -> line.contains(SceneFolder.mask(some, 1).toString()))
                    .anyMatch(line -> line.matches("raw CAM +some .* 5 .*%"));

            Path all = SceneFolder.write(tmp.resolve("all " + kind), 4, true);
            for (int i = 0; i < 4; i++) {
                spoil(kind, SceneFolder.mask(all, i));
            }
            assertFails(run(all), SceneFolder.mask(all, 0).toString(), "expected");
        }
    }

    private static void spoil(String kind, Path mask) throws IOException {
        BufferedImage image = kind.equals("colours")
                ? new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB)
                : new BufferedImage(kind.equals("other size") ? 31 : 32, 32, BufferedImage.TYPE_BYTE_GRAY);
        if (kind.equals("unknown label")) {
            image.getRaster().setSample(0, 0, 0, 77);
        }
        ImageIO.write(image, "png", mask.toFile());
    }
}
