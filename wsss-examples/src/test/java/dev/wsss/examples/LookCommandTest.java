package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code wsss look} as a user types it. */
class LookCommandTest {
    private final Path folder;
    private final Path text;

    LookCommandTest(@TempDir Path folder) {
        this.folder = folder;
        text = folder.resolve("text.jpg");
    }

    @BeforeEach
    void write() throws IOException {
        Files.writeString(text, "this is no photograph and no network either");
    }

    private CommandLineRun look(String... args) {
        List<String> all = new ArrayList<>(List.of(
                "look",
                "--out",
                folder.resolve("out").toString(),
                "--cache",
                folder.resolve("cache").toString()));
        all.addAll(List.of(args));
        CommandLineRun run = CommandLineRun.of(all.toArray(String[]::new));
        if (run.status() == 1) {
            assertThat(folder.resolve("out")).doesNotExist();
        }
        return run;
    }

    private void assertFails(CommandLineRun run, String... words) {
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).singleElement().asString().startsWith("wsss: ").contains(words);
    }

    @Test
    void unknownClassesAreRefusedBeforeAnythingIsLoaded() {
        assertFails(look(text.toString(), "--classes", "soffa,person"), "'soffa'", "sofa", "'person'");
        assertFails(look(text.toString(), "--classes", "dog,dog"), "'dog' stands twice");
    }

    @Test
    void withoutANetworkItSaysWhatIsMissingAndHowLargeItIs() {
        assertFails(look(text.toString(), "--offline"), "mobilenetv2-imagenet", "3.4 MiB", "https://", "cache");
        assertFails(look(text.toString(), "--network", "mobilenet"), "--network is 'mobilenet'", "weights list");
        assertFails(look(text.toString(), "--network", text.toString()), text.toString());
    }

    @Test
    void optionsAreChecked() {
        assertThat(look().status()).isEqualTo(2);
        assertThat(look(text.toString(), "--scales", "one").status()).isEqualTo(2);
        assertFails(look(text.toString(), "--scales", "0"), "scales", "0.0");
        assertFails(look(text.toString(), "--top", "0"), "top", "0");
        assertFails(look(text.toString(), "--background", "2"), "background", "2.0");
        assertFails(look(text.toString(), "--threads", "0"), "--threads is 0");
    }

    @Test
    void thePublishedNetworksLookAtPhotographs() throws IOException {
        String published = System.getProperty("wsss.tflite");
        assumeThat(published)
                .as("-Dwsss.tflite, a folder with the published files and pictures")
                .isNotNull();
        Path root = Path.of(published);
        String network = root.resolve("mobilenet_v2_1.0_224_quant.tflite").toString();
        String segmenter = root.resolve("deeplabv3_mnv2_pascal_quant.tflite").toString();
        String cat = root.resolve("pictures/cat.bmp").toString();
        assertFails(look(cat, "--network", segmenter), segmenter, "DeepLabV3", "expected a Classifier");
        assertFails(look(text.toString(), "--network", network), text.toString());

        CommandLineRun run = look(
                cat, text.toString(), "--network", network, "--segmenter", segmenter, "--classes", "cat,Sofa,person");
        assertThat(run.status()).isEqualTo(Wsss.SOME_FAILED);
        assertThat(run.err())
                .anyMatch(line -> line.contains(text.toString()))
                .anyMatch(line -> line.startsWith("wsss: no class of ImageNet is called 'person'"));
        assertThat(run.out())
                .contains(cat)
                .anyMatch(line -> line.matches("  cat: mapped as Egyptian cat, 0\\.\\d{3}, the likeliest of \\d+"))
                .anyMatch(line -> line.matches("  Sofa: mapped as studio couch, 0\\.\\d{3}"))
                .anyMatch(line -> line.matches("  IoU with the supervised cat: 0\\.\\d{3}, with CRF 0\\.\\d{3}"));
        assertThat(folder.resolve("out"))
                .isDirectoryContaining("glob:**/cat.bmp-map-of-Sofa.png")
                .isDirectoryContaining("glob:**/cat.bmp-labels-with-CRF.png")
                .isDirectoryContaining("glob:**/cat.bmp-supervised.png");
        assertThat(Files.readString(folder.resolve("out/look.html")))
                .contains("cat: mapped as Egyptian cat", "text.jpg", "labels with CRF", "person");
        assertThat(folder.resolve("out/look.json")).content().contains("\"tag\": \"Sofa\"");

        String table = EmbedLook.table(EmbedLook.run(
                Path.of(network),
                Path.of(segmenter),
                folder.resolve("embedded"),
                List.of(Path.of(cat), root.resolve("pictures/sunflower.bmp"), text)));
        assertThat(table)
                .containsPattern("\\| cat.bmp \\| Egyptian cat, 0\\.\\d\\d \\| cat \\| 0\\.\\d{3} \\| 0\\.\\d{3} \\|\n")
                .containsPattern("\\| sunflower.bmp \\| daisy, 0\\.\\d\\d \\| nothing \\| \\| \\|\n")
                .contains("| " + text + " | | not read: ");
    }
}
