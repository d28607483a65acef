package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tags as files, where they come from, and how they differ. */
class TagFileTest {
    private static final ClassCatalog PLAIN = ClassCatalog.withBackground(List.of("cat", "potted plant", "dog"));

    @TempDir
    Path folder;

    private static Map<String, ImageTags> tags(ClassCatalog classes, String... ids) {
        Map<String, ImageTags> tags = new LinkedHashMap<>();
        for (int i = 0; i < ids.length; i++) {
            tags.put(ids[i], i == 0 ? ImageTags.of(classes) : ImageTags.of(classes, i % 3, (i + 1) % 3));
        }
        return tags;
    }

    @ParameterizedTest
    @ValueSource(strings = {"tags.csv", "tags.json", "tags"})
    void whatIsWrittenIsRead(String name) {
        String[] ids = {
            "b", "2007_000032", "a,b", "say \"x\"", "Stra\u00dfe \u96ea", "id", "x;y", "city/a_1", "#1", "a.b"
        };
        for (ClassCatalog classes : List.of(
                PLAIN,
                ClassCatalog.withoutBackground(List.of("a;b", "classes", "x, \"y\"")),
                ClassCatalog.withoutBackground(List.of("classes", "sky|cloud", "x, y")))) {
            Map<String, ImageTags> tags = tags(classes, ids);
            Path file = folder.resolve(name);
            TagFile.write(file, classes, tags);
            assertThat(TagFile.read(file, classes)).containsExactlyEntriesOf(tags);
        }
    }

    @Test
    void theTableIsWhatDatasetsRead() throws IOException {
        for (String id : List.of("a", "b")) {
            TestFiles.image(folder.resolve("images/" + id + ".png"), 3, 3, 1);
        }
        TestFiles.text(folder.resolve("classes.txt"), "cat", "potted plant", "dog");
        Map<String, ImageTags> tags = tags(PLAIN, "b", "a");
        TagFile.write(folder.resolve("labels.csv"), PLAIN, tags);
        assertThat(folder.resolve("labels.csv")).content().isEqualTo("id,classes\nb,\na,potted plant;dog\n");
        Dataset data = FolderDataset.builder().setRoot(folder).build();
        assertThat(TagSource.of(data)).containsExactlyEntriesOf(tags);
    }

    @Test
    void badFilesAndIdsAreNamed() throws IOException {
        Path json = folder.resolve("t.json");
        for (String text : List.of(
                "{\"tags\": {\"a\": [", "[]", "{}", "{\"tags\": {\"a\": \"cat\"}}", "{\"tags\": {\"a\": [{}]}}")) {
            Files.writeString(json, text);
            assertInvalid(() -> TagFile.read(json, PLAIN), "t.json: holds no tags", "expected tags as");
        }
        Files.writeString(json, "{\"tags\": {\"a\": [\"cow\"]}}");
        assertInvalid(() -> TagFile.read(json, PLAIN), "t.json: 'a': unknown class name 'cow'");
        Files.writeString(json, "{\"tags\": {\"a\": [], \"a\": [\"cat\"]}}");
        assertInvalid(() -> TagFile.read(json, PLAIN), "t.json: 'a' stands twice");
        for (String id : List.of("", " a", "a\n")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> TagFile.write(json, PLAIN, tags(PLAIN, "b", id)))
                    .withMessageContaining("'" + id + "'");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TagFile.write(json, PLAIN, tags(LabelSet.VOC.catalog(), "a")))
                .withMessageContaining("other classes");
    }

    @Test
    void masksShowWhatHasEnoughPixels() throws IOException {
        TestFiles.text(folder.resolve("classes.txt"), "cat", "dog");
        TestFiles.text(folder.resolve("labels.csv"), "a,cat", "b,cat;dog", "c,dog");
        for (String id : List.of("a", "b", "c")) {
            TestFiles.image(folder.resolve("images/" + id + ".png"), 2, 4, 1);
        }
        TestFiles.mask(folder.resolve("masks/a.png"), 2, 4, 1, 0, 2, 1, 0, 0, 255, 0);
        TestFiles.mask(folder.resolve("masks/b.png"), 2, 4, 1, 2);
        Dataset data = FolderDataset.builder().setRoot(folder).build();
        ClassCatalog classes = data.classes();
        assertThat(TagSource.ofMasks(data, 1, 2, null))
                .containsOnly(Map.entry("a", ImageTags.of(classes, 0, 1)), Map.entry("b", ImageTags.of(classes, 0, 1)));
        assertThat(TagSource.ofMasks(data, 2, 1, null).get("a")).isEqualTo(ImageTags.of(classes, 0));
        assertThat(TagSource.ofMasks(data, 5, 1, null)).containsEntry("b", ImageTags.of(classes));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TagSource.ofMasks(data, 0, 1, null))
                .withMessageContaining("minPixels");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TagSource.ofMasks(data.tagsOnly(), 1, 1, null))
                .withMessageContaining("has no masks");
    }

    @Test
    void instancesWithAndWithoutCrowds() throws IOException {
        Path json = Files.writeString(
                folder.resolve("i.json"),
                "{\"images\": [{\"id\": 9, \"file_name\": \"v/a.jpg\", \"height\": 8, \"width\": 10}, {\"id\": 7,"
                        + " \"file_name\": \"b.jpg\", \"height\": 2, \"width\": 2}], \"categories\": [{\"id\": 1, \"name\":"
                        + " \"person\"}, {\"id\": 13, \"name\": \"dog\"}], \"annotations\": [{\"id\": 1, \"image_id\": 9,"
                        + " \"category_id\": 13, \"iscrowd\": 0, \"segmentation\": [[0, 0, 3, 0, 3, 3]]}, {\"id\": 2,"
                        + " \"image_id\": 9, \"category_id\": 1, \"iscrowd\": 1, \"segmentation\": {\"size\": [8, 10],"
                        + " \"counts\": [0, 80]}}]}");
        CocoInstances coco = CocoInstances.open(json);
        ClassCatalog classes = coco.categories();
        Map<String, ImageTags> tags = TagSource.ofInstances(coco, null, false, CocoNames.STEM);
        assertThat(tags)
                .containsEntry("v/a", ImageTags.of(classes, 1))
                .containsEntry("b", ImageTags.of(classes))
                .hasSize(2);
        Map<String, ImageTags> crowds = TagSource.ofInstances(coco, null, true, CocoNames.DIGITS);
        assertThat(crowds).containsEntry("000000000009", ImageTags.of(classes, 0, 1));
        Path list = TestFiles.text(folder.resolve("list.txt"), "9");
        assertThat(TagSource.ofInstances(coco, list, true, CocoNames.ID)).containsOnlyKeys("9");
    }

    @Test
    void differencesAreCountedByClass() {
        Map<String, ImageTags> here = new LinkedHashMap<>();
        here.put("a", ImageTags.of(PLAIN, 0));
        here.put("b", ImageTags.of(PLAIN, 0, 1));
        here.put("c", ImageTags.of(PLAIN, 2));
        here.put("gone", ImageTags.of(PLAIN));
        Map<String, ImageTags> there = Map.of(
                "city/a", ImageTags.of(PLAIN, 0, 2),
                "b.jpg", ImageTags.of(PLAIN, 1),
                "c", ImageTags.of(PLAIN, 2),
                "new", ImageTags.of(PLAIN));
        TagComparison differences = TagComparison.of(PLAIN, here, there);
        assertThat(differences.images()).isEqualTo(3);
        assertThat(differences.isSame()).isFalse();
        assertThat(differences.differing()).containsExactly("a", "b");
        assertThat(differences.onlyFirst()).containsExactly("gone");
        assertThat(differences.onlySecond()).containsExactly("new");
        assertThat(differences.classes())
                .containsExactly(
                        new TagComparison.ClassCount("cat", 2, 1, 0, 1),
                        new TagComparison.ClassCount("potted plant", 1, 1, 0, 0),
                        new TagComparison.ClassCount("dog", 1, 2, 1, 0));
        assertThat(TagComparison.of(PLAIN, here, here).isSame()).isTrue();
        assertInvalid(
                () -> TagComparison.of(PLAIN, here, Map.of("a", ImageTags.of(PLAIN), "x/a", ImageTags.of(PLAIN))),
                "'a' has tags under two names");
    }
}
