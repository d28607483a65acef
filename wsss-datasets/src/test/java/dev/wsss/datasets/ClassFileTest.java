package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lists of classes as programs write them. */
class ClassFileTest {
    private final Path root;
    private final Path file;

    ClassFileTest(@TempDir Path folder) {
        root = folder;
        file = folder.resolve("classes.txt");
    }

    private ClassCatalog read(String text) throws IOException {
        TestFiles.text(file, text.split("\\|"));
        return ClassFile.read(file, true).classes();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "disc|sofa bed",
                "background|disc|sofa bed",
                "Background |disc|sofa bed",
                "__ignore__|_background_|disc|sofa bed",
                "_background_|disc|sofa bed",
                "__background__|disc|sofa bed",
                "0 background|1 disc|2 sofa bed",
                "0: background|1: disc|2: sofa bed",
                "0,background|1,disc|2,sofa bed|255,void",
                "1 disc|2 sofa bed",
                "# what there is|disc||sofa bed ",
                "# label:color_rgb:parts:actions|background:0,0,0::|disc:220,40,40::|sofa bed:40,60,220::",
                "background:0,0,0::|disc:220,40,40::|void:224,224,192::|sofa bed:40,60,220:arm:"
            })
    void namesAreTheSame(String text) throws IOException {
        assertThat(read(text)).isEqualTo(ClassCatalog.withBackground(List.of("disc", "sofa bed")));
    }

    @Test
    void saysThatTheBackgroundIsNoClass() throws IOException {
        TestFiles.text(file, "BACKGROUND", "disc");
        assertThat(ClassFile.read(file, true).notes())
                .singleElement()
                .asString()
                .contains("classes.txt", "'BACKGROUND'", "mask value 0");
    }

    @Test
    void refusesListsWhoseMaskValuesAreOpen() {
        assertInvalid(
                () -> read("disc|background|box"), file + ":2", "'background'", "after 1 class", "expected it first");
        assertInvalid(() -> read("disc|box|_background_"), file + ":3", "'_background_'");
        assertInvalid(() -> read("0 disc|1 box"), file + ":1", "'disc' has number 0");
        assertInvalid(() -> read("1 background|2 box"), file + ":1", "'background' has number 1");
        assertInvalid(() -> read("background"), "0 classes");
        assertInvalid(() -> read("disc,box"), file + ":1", "'disc,box'", "one class name a line");
        assertInvalid(() -> read("background:0,0,0::|a:1,2,3::|b:1,2,3::"), file + ":3", "colour of 'b'");
        assertInvalid(() -> read("background:0,0,0::|a:1,2,300::"), file + ":2", "300");
        assertInvalid(
                () -> {
                    TestFiles.text(file, "background", "disc");
                    ClassFile.read(file, false);
                },
                file + ":1",
                "without one");
    }

    @Test
    void masksMayHaveTheColoursOfTheList() throws IOException {
        TestFiles.image(root.resolve("images/a.png"), 2, 2, 90);
        TestFiles.text(root.resolve("labels.csv"), "a,disc");
        TestFiles.text(root.resolve("labelmap.txt"), "background:0,0,0::", "disc:220,40,40::", "box:40,60,220::");
        BufferedImage mask = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
        mask.setRGB(0, 1, 0xDC2828);
        mask.setRGB(1, 1, 0xE0E0C0);
        Files.createDirectories(root.resolve("masks"));
        ImageIO.write(mask, "png", root.resolve("masks/a.png").toFile());
        Dataset data = FolderDataset.builder().setRoot(root).build();
        assertThat(data.truth(0).toArray()).containsExactly(0, 0, 1, 255);
        assertThat(data.classes().colour(1)).isEqualTo(0xDC2828);

        mask.setRGB(0, 0, 0x010203);
        ImageIO.write(mask, "png", root.resolve("masks/a.png").toFile());
        assertInvalid(() -> data.truth(0), "a.png", "1 pixels have the colour 1,2,3");
        Files.delete(root.resolve("labelmap.txt"));
        TestFiles.text(file, "disc", "box");
        assertInvalid(() -> FolderDataset.builder().setRoot(root).build(), "a.png", "RGB");
    }
}
