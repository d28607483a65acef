package dev.wsss.core.fusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.core.pipeline.LabelFolder;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelFusionTest {
    private static final ClassCatalog CLASSES = ClassCatalog.withBackground(List.of("cat", "dog"));

    private final Path dir;
    private final Path out;

    LabelFusionTest(@TempDir Path dir) {
        this.dir = dir;
        out = dir.resolve("out");
        for (String source : List.of("a", "b", "c")) {
            for (int i = 0; i < 4; i++) {
                put(source, "i" + i, LabelFuserTest.map(0, 1, 2, source.equals("c") ? 1 : 2));
            }
        }
    }

    private void put(String source, String id, LabelMap map) {
        LabelPng.write(dir.resolve(source).resolve(id + ".png"), map, CLASSES);
    }

    private FusionSource source(String name) {
        return new FusionSource(name, dir.resolve(name), 1, Set.of());
    }

    private LabelFusion.Builder fusion() {
        return LabelFusion.builder()
                .setClasses(CLASSES)
                .addSource(source("a"))
                .addSource(source("b"))
                .addSource(source("c"));
    }

    private LabelMap labels(String id) {
        return new LabelFolder(out.resolve("labels"), CLASSES).values(id);
    }

    @Test
    void writesLabelsAgreementAndFigures() throws IOException {
        put("a", "sub/x", LabelFuserTest.map(1));
        put("b", "sub/x", LabelFuserTest.map(1));
        put("c", "sub/x", LabelFuserTest.map(1));
        FusionResult result = fusion().build().run(out);
        assertThat(result.made()).containsExactly("i0", "i1", "i2", "i3", "sub/x");
        assertThat(labels("i2")).isEqualTo(LabelFuserTest.map(0, 1, 2, 2));
        assertThat(LabelPng.read(out.resolve("agreement/i2.png"))).isEqualTo(LabelFuserTest.map(100, 100, 100, 67));
        assertThat(labels("sub/x")).isEqualTo(LabelFuserTest.map(1));
        JsonObject json = JsonParser.parseString(Files.readString(out.resolve("fusion.json")))
                .getAsJsonObject();
        assertThat(json.get("complete").getAsBoolean()).isTrue();
        assertThat(json.get("pixels").getAsLong()).isEqualTo(17);
        assertThat(json.get("unanimousPixels").getAsLong()).isEqualTo(13);
        assertThat(json.getAsJsonArray("sources")
                        .get(0)
                        .getAsJsonObject()
                        .get("accuracy")
                        .getAsDouble())
                .isGreaterThan(0.5);
        assertThat(fusion().optMethod(FusionMethod.CREDIBILITY)
                        .build()
                        .run(dir.resolve("two"))
                        .made())
                .hasSize(5);
    }

    @Test
    void imagesThatASourceLacksAreNamed() throws IOException {
        Files.delete(dir.resolve("b/i1.png"));
        assertThatThrownBy(() -> fusion().build().run(out))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("1 of 4 images", "source 'b'", "'i1'", "3 files", "at most 5 %");
        assertThat(out).doesNotExist();
        FusionResult result = fusion().optAllowLeftOut(0.25).build().run(out);
        assertThat(result.missing().get("b")).containsExactly("i1");
        assertThat(labels("i1")).as("the others tie").isEqualTo(LabelFuserTest.map(0, 1, 2, 255));
        assertThat(result.ignoredPixels()).isEqualTo(1);
    }

    @Test
    void otherSizesAreRefusedOrResized() {
        put("b", "i3", LabelMap.wrap(1, 8, new byte[] {0, 0, 1, 1, 2, 2, 1, 1}));
        assertThatThrownBy(() -> fusion().build().run(out))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("1 of 4 images", "i3.png of source 'b': labels are 1x8; expected 1x4", "'a'");
        assertThat(out).doesNotExist();
        fusion().optResize(true).build().run(out);
        assertThat(labels("i3")).isEqualTo(LabelFuserTest.map(0, 1, 2, 1));
    }

    @Test
    void otherClassesAndIgnoreRulesAreRefusedOrTranslated() {
        put("c", "i0", LabelFuserTest.map(0, 21, 21, 254));
        assertThatThrownBy(() -> fusion().build().run(out))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("i0.png of source 'c': 2 pixels have the value 21; expected labels 0..2");
        FusionResult some = fusion().optAllowLeftOut(0.5).build().run(out);
        assertThat(some.failed()).containsOnlyKeys("i0");
        assertThat(some.made()).containsExactly("i1", "i2", "i3");
        assertThat(out.resolve("labels/i0.png")).doesNotExist();
        LabelFusion.Builder translated = LabelFusion.builder()
                .setClasses(CLASSES)
                .addSource(source("a"))
                .addSource(source("c").ignoring(21, 254))
                .optOverwrite(true);
        assertThat(translated.build().run(out).made()).hasSize(4);
        assertThat(labels("i0")).isEqualTo(LabelFuserTest.map(0, 1, 2, 2));
    }

    @Test
    void damagedFilesAreNamed() throws IOException {
        byte[] bytes = Files.readAllBytes(dir.resolve("a/i0.png"));
        Files.write(dir.resolve("a/i0.png"), Arrays.copyOf(bytes, bytes.length - 20));
        assertThatThrownBy(() -> fusion().build().run(out))
                .hasMessageContaining("a/i0.png".replace('/', File.separatorChar));
        assertThat(fusion().optAllowLeftOut(0.25).build().run(out).failed()).containsOnlyKeys("i0");
    }

    @Test
    void nothingElseIsOverwritten() throws IOException {
        fusion().build().run(out);
        assertThatThrownBy(() -> fusion().build().run(out)).hasMessageContaining("or leave to overwrite");
        Files.delete(dir.resolve("a/i0.png"));
        Files.delete(dir.resolve("b/i0.png"));
        Files.delete(dir.resolve("c/i0.png"));
        fusion().optOverwrite(true).build().run(out);
        assertThat(out.resolve("labels/i0.png")).as("of the former fusion").doesNotExist();
        Path other = Files.createDirectories(dir.resolve("other"));
        Files.writeString(other.resolve("notes.txt"), "mine");
        assertThatThrownBy(() -> fusion().optOverwrite(true).build().run(other)).hasMessageContaining("is not empty");
        assertThatThrownBy(() -> fusion().optOverwrite(true).build().run(dir.resolve("a")))
                .hasMessageContaining("source 'a'");
        assertThatThrownBy(() -> fusion().optOverwrite(true).build().run(dir))
                .hasMessageContaining("lie in each other");
    }

    @Test
    void whatIsMeantMayBeListed() {
        assertThat(fusion().optIds(List.of("i3", "i1")).build().run(out).made()).containsExactly("i3", "i1");
        assertThatThrownBy(() -> fusion().optIds(List.of("i3", "none")).build().run(dir.resolve("p")))
                .hasMessageContaining("'none'");
    }

    @Test
    void settingsThatDoNotFitAreRefused() {
        assertThatThrownBy(() -> LabelFusion.builder().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setClasses is required");
        LabelFusion.Builder one = LabelFusion.builder().setClasses(CLASSES).addSource(source("a"));
        assertThatThrownBy(one::build).isInstanceOf(IllegalStateException.class).hasMessageContaining("twice");
        assertThatThrownBy(() -> one.addSource(source("a"))).hasMessageContaining("two sources called 'a'");
        assertThatThrownBy(() -> one.addSource(source("b"))
                        .optMethod(FusionMethod.CREDIBILITY)
                        .build())
                .hasMessageContaining("at least 3 sources, got 2");
        assertThatThrownBy(() -> one.addSource(source("c").withWeight(2)).build())
                .hasMessageContaining("'c' has the weight 2.0");
        assertThatThrownBy(() -> source("a").ignoring(256)).hasMessageContaining("is 256; expected 0..255");
        assertThatThrownBy(() -> LabelFusion.builder()
                        .setClasses(CLASSES)
                        .addSource(source("a"))
                        .addSource(FusionSource.of(dir.resolve("none")))
                        .build()
                        .run(out))
                .hasMessageContaining("no such folder");
    }
}
