package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.ClassCatalog;
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

class TagTableTest {
    private static final ClassCatalog CLASSES =
            ClassCatalog.withBackground(List.of("cat", "dog", "sofa, bed", "5\" disc"));

    private final Path file;

    TagTableTest(@TempDir Path folder) {
        file = folder.resolve("labels.csv");
    }

    private Map<String, List<String>> read(String text) throws IOException {
        Files.writeString(file, text);
        Map<String, List<String>> names = new LinkedHashMap<>();
        TagTable.read(file, CLASSES)
                .rows()
                .forEach((id, row) -> names.put(id, row.tags().names()));
        return names;
    }

    /** The same table in all the ways in which spreadsheets and scripts write it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "a.png,cat;dog\nb.png,\n",
                "a.png,cat;dog\nb.png,",
                "\uFEFFa.png , Cat ; DOG\r\nb.png,\r\n\r\n",
                "\"a.png\",\"cat;dog\"\n\"b.png\",\"\"\n",
                "filename,tags\n\"a.png\",\"cat,dog\"\n\"b.png\",\"\"",
                "a.png,cat,dog\nb.png,,",
                "a.png,background;cat;dog\nb.png,background\n",
                "a.png\tcat;dog\nb.png\t\n",
                "a.png,cat|dog\nb.png,\n",
                "a.png;cat;dog\nb.png;\n",
                "id,cat,dog\na.png,1,1\nb.png,0,0\n",
                "Image_ID, Cat , DOG,background\na.png,1.0,true,1\nb.png,0,False,1\n",
                ",cat,dog\na.png,1,1\nb.png,0,0\n",
                "id\tcat\tdog\na.png\t1\t1\nb.png\t0\t0\n"
            })
    void tagsAreTheSame(String text) throws IOException {
        assertThat(read(text))
                .containsExactly(Map.entry("a.png", List.of("cat", "dog")), Map.entry("b.png", List.of()));
    }

    @Test
    void quotesHoldSeparators() throws IOException {
        assertThat(read("\"a, \"\"b\"\";\nc.png\",\"Sofa, bed\"\nd.png,\"sofa, bed;cat\"\ne.png,5\" disc\n"))
                .containsExactly(
                        Map.entry("a, \"b\";\nc.png", List.of("sofa, bed")),
                        Map.entry("d.png", List.of("cat", "sofa, bed")),
                        Map.entry("e.png", List.of("5\" disc")));
    }

    @Test
    void countsTheBackground() throws IOException {
        Files.writeString(file, "a,background;cat\nb,Background\n");
        assertThat(TagTable.read(file, CLASSES).backgrounds()).isEqualTo(2);
    }

    @Test
    void namesLineAndCell() {
        assertInvalid(() -> read("a,cat\n\"b,dog\nc,cat\n"), file + ":2", "quote has no end");
        assertInvalid(() -> read("a,\"cat\"dog\n"), file + ":1", "'dog' follows a quoted cell");
        assertInvalid(() -> read("\"a\nb\",cat\nc,cow\n"), file + ":3", "'cow'", "sofa, bed");
        assertInvalid(() -> read("id,cat,dog\na,1,0\nb,1,2\n"), file + ":3", "'dog' has '2'", "expected 1");
        assertInvalid(() -> read("id,cat,dog\na,1\n"), file + ":2", "2 cells", "expected 3");
        assertInvalid(() -> read("id,cat,split\na,1,train\n"), file + ":1", "'split'", "beside classes");
        assertInvalid(() -> read("a,0,1\n"), file + ":1", "'0'");
        assertInvalid(() -> read(",cat\n"), file + ":1", "image,class;class");
        assertInvalid(() -> read("a,cat\na,dog\n"), file + ":2", file + ":1");
    }
}
