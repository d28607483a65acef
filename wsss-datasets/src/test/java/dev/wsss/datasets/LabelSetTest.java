package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LabelSetTest {
    private static String crc(List<String> lines) {
        CRC32 crc = new CRC32();
        crc.update(String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
        return String.format(Locale.ROOT, "%08x", crc.getValue());
    }

    /** Lines of the table, labels, groups, and checksums that were computed from the publishers' tables elsewhere. */
    @ParameterizedTest
    @CsvSource({
        "voc, 22, 21, 0, 4b8257c1, 2f0be6a7",
        "coco, 81, 81, 12, 14e5e704, 6f1e8320",
        "coco-fma, 81, 81, 12, f9fda65c, 9c86bfb9",
        "cityscapes, 35, 19, 7, 46e2c9aa, 07cc5477",
        "cityscapes27, 35, 27, 7, 30a462a5, b2bc7d3c",
        "camvid, 12, 11, 0, a210e392, 5dca6214",
        "wilddash2, 81, 25, 2, d65d4599, 357f4b65",
        "wilddash2-unified, 81, 25, 2, d65d4599, 1d128726",
        "context60, 60, 60, 0, 654b6270, c71051a1",
        "context59, 60, 59, 0, 4d3595a5, b638bd70",
        "context60-vocfirst, 60, 60, 0, 7a6605e2, c56b2081",
        "context59-vocfirst, 60, 59, 0, a3f986d6, 879b06ab",
        "ade20k, 151, 150, 2, 73c23772, de900b5e",
        "cocostuff, 182, 171, 27, a2b07402, fd538c83",
        "cocostuff27, 209, 27, 2, 0daa9deb, e606c9ea",
        "cocostuff15, 197, 15, 1, 1b77d7f8, e5225038",
        "cocostuff3, 185, 3, 1, 4a424643, b74014b0"
    })
    void tablesAreThePublishers(String name, int rows, int labels, int groups, String names, String table) {
        LabelSet set = LabelSet.of(name);
        ClassCatalog catalog = set.catalog();
        assertThat(set.name()).isEqualTo(name);
        assertThat(set.rows()).hasSize(rows);
        assertThat(catalog.labelCount()).isEqualTo(labels);
        assertThat(set.groups()).hasSize(groups);
        List<String> lines = new ArrayList<>();
        for (int l = 0; l < labels; l++) {
            lines.add(String.format(
                    Locale.ROOT,
                    "%d %06x %s",
                    l,
                    catalog.colour(l),
                    catalog.labelNames().get(l)));
        }
        assertThat(crc(lines)).as("names and colours").isEqualTo(names);
        assertThat(crc(set.rows().stream()
                        .map(r -> String.format(
                                Locale.ROOT,
                                "%d %d %d %s %06x %s",
                                r.label(),
                                r.id(),
                                r.stored(),
                                r.group(),
                                r.rgb(),
                                r.name()))
                        .toList()))
                .as("the whole table")
                .isEqualTo(table);
    }

    /** Whatever the set: each label is stored as something, which is read as that label, and ids find it. */
    @Test
    void numberingsAgree() {
        assertThat(LabelSet.names()).hasSize(17).doesNotHaveDuplicates().contains("voc", "cocostuff27");
        for (String name : LabelSet.names()) {
            LabelSet set = LabelSet.of(name.toUpperCase(Locale.ROOT));
            for (int l = 0; l < set.catalog().labelCount(); l++) {
                assertThat(set.findStored(set.storedValue(l))).hasValue(l);
                assertThat(set.findId(set.publishedId(l))).hasValue(l);
            }
            assertThat(set.ignoredValues()).contains(255);
            for (int value : set.ignoredValues()) {
                assertThat(set.findStored(value)).hasValue(LabelMap.IGNORE);
            }
            int last = set.catalog().labelCount();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> set.publishedId(last))
                    .withMessageContainingAll("label " + last, name);
            assertThatIllegalArgumentException().isThrownBy(() -> set.group(255));
            assertThatIllegalArgumentException().isThrownBy(() -> set.storedValue(-1));
            assertThat(set.findStored(-1)).isEmpty();
            assertThat(set.findStored(256)).isEmpty();
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LabelSet.of("pets"))
                .withMessageContainingAll("'pets'", "voc, coco, ", "context59-vocfirst");
    }

    @ParameterizedTest
    @ValueSource(strings = {"voc", "coco", "coco-fma", "context60", "context60-vocfirst"})
    void theseHaveABackground(String name) {
        assertThat(LabelSet.of(name).catalog().hasBackground()).isTrue();
        assertThat(LabelSet.names().stream()
                        .filter(n -> LabelSet.of(n).catalog().hasBackground()))
                .hasSize(5);
    }

    private static int colours(LabelSet set) {
        Set<Integer> colours = new HashSet<>();
        for (int l = 0; l < set.catalog().labelCount(); l++) {
            colours.add(set.catalog().colour(l));
        }
        return colours.size();
    }

    @Test
    void vocAndCocoHaveThePaletteOfVoc() {
        int[] palette = ClassCatalog.vocPalette();
        for (LabelSet set : List.of(LabelSet.VOC, LabelSet.COCO, LabelSet.COCO_STUFF_27)) {
            for (int l = 0; l < set.catalog().labelCount(); l++) {
                assertThat(set.catalog().colour(l)).isEqualTo(palette[l]);
            }
        }
        assertThat(VocLayout.VOC_CLASSES).isSameAs(LabelSet.VOC.catalog());
    }

    @Test
    void idsOfCocoHaveGaps() {
        LabelSet coco = LabelSet.COCO;
        assertThat(IntStream.rangeClosed(1, 91)
                        .filter(id -> coco.findId(id).isEmpty())
                        .boxed())
                .containsExactly(12, 26, 29, 30, 45, 66, 68, 69, 71, 83, 91);
        assertThat(coco.publishedId(80)).isEqualTo(90);
        assertThat(coco.catalog().labelNames().get(80)).isEqualTo("toothbrush");
        assertThat(coco.group(25)).isEqualTo("accessory");
        assertThat(coco.groups()).startsWith("person", "vehicle", "outdoor", "animal");
        LabelSet fma = LabelSet.COCO_FMA;
        assertThat(fma.catalog()).isEqualTo(coco.catalog());
        assertThat(fma.catalog().colour(39)).isEqualTo(fma.catalog().colour(0)).isZero();
        assertThat(fma.catalog().colour(80)).isEqualTo(0x00C0C0);
        assertThat(colours(fma)).isEqualTo(80);
    }

    @Test
    void cityscapesIgnoresWhatItsEvaluationDoes() {
        LabelSet set = LabelSet.CITYSCAPES;
        assertThat(set.ignoredValues()).containsExactly(0, 1, 2, 3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 29, 30, 255);
        assertThat(set.findId(-1)).hasValue(LabelMap.IGNORE);
        assertThat(set.publishedId(18)).isEqualTo(33);
        assertThat(set.storedValue(16)).isEqualTo(31);
        assertThat(set.groups()).containsExactly("flat", "construction", "object", "nature", "sky", "human", "vehicle");
        assertThat(set.catalog().colour(18)).isEqualTo(0x770B20);
        assertThat(set.toLabels(LabelMap.of(1, 4, new byte[] {7, 33, 0, (byte) 255})))
                .isEqualTo(LabelMap.of(1, 4, new byte[] {0, 18, (byte) 255, (byte) 255}));
        assertInvalid(
                () -> set.toLabels(LabelMap.of(1, 3, new byte[] {7, 34, 34})),
                "2 pixels have value 34",
                "cityscapes",
                "7..8, 11..13, 17, 19..28, 31..33",
                "0..6, 9..10, 14..16, 18, 29..30, 255");
        for (int id = 7; id <= 33; id++) {
            assertThat(LabelSet.CITYSCAPES_27.findId(id)).hasValue(id - 7);
        }
        assertThat(LabelSet.CITYSCAPES_27.findId(6)).hasValue(LabelMap.IGNORE);
    }

    @Test
    void wildDashMergesByThePolicyOnly() {
        assertThat(LabelSet.WILDDASH2.catalog()).isEqualTo(LabelSet.WILDDASH2_UNIFIED.catalog());
        assertThat(LabelSet.WILDDASH2.findId(41)).hasValue(LabelMap.IGNORE);
        assertThat(LabelSet.WILDDASH2_UNIFIED.findId(41)).hasValue(1);
        assertThat(LabelSet.WILDDASH2.findId(38)).hasValue(24);
        for (LabelSet set : List.of(LabelSet.WILDDASH2, LabelSet.WILDDASH2_UNIFIED)) {
            assertThat(set.findId(31)).as("on rails").hasValue(LabelMap.IGNORE);
            assertThat(set.findStored(81)).isEmpty();
        }
    }

    @Test
    void contextHasTwoOrders() {
        List<String> byName = LabelSet.PASCAL_CONTEXT_59.catalog().labelNames();
        List<String> vocFirst = LabelSet.PASCAL_CONTEXT_59_VOC_FIRST.catalog().labelNames();
        assertThat(byName).isSorted().containsExactlyInAnyOrderElementsOf(vocFirst);
        assertThat(vocFirst.subList(0, 20))
                .containsExactlyElementsOf(LabelSet.VOC.catalog().tagNames().stream()
                        .map(n -> n.equals("diningtable") ? "table" : n)
                        .toList());
        for (int l = 0; l < 59; l++) {
            assertThat(LabelSet.PASCAL_CONTEXT_59.storedValue(l)).isEqualTo(l + 1);
            assertThat(LabelSet.PASCAL_CONTEXT_60.catalog().labelNames().get(l + 1))
                    .isEqualTo(byName.get(l));
            assertThat(LabelSet.PASCAL_CONTEXT_60_VOC_FIRST.catalog().colour(l + 1))
                    .isEqualTo(LabelSet.PASCAL_CONTEXT_59.catalog().colour(l));
            int id = LabelSet.PASCAL_CONTEXT_59.publishedId(l);
            assertThat(LabelSet.PASCAL_CONTEXT_59_VOC_FIRST.findId(id)).hasValue(vocFirst.indexOf(byName.get(l)));
        }
        assertThat(LabelSet.PASCAL_CONTEXT_59.ignoredValues()).containsExactly(0, 255);
        assertThat(LabelSet.PASCAL_CONTEXT_60.ignoredValues()).containsExactly(255);
        // the palette is the beginning of ADE20K's
        for (int l = 0; l < 59; l++) {
            assertThat(LabelSet.PASCAL_CONTEXT_60.catalog().colour(l))
                    .isEqualTo(LabelSet.ADE20K.catalog().colour(l));
        }
    }

    @Test
    void adeHas35Stuffs() {
        LabelSet ade = LabelSet.ADE20K;
        assertThat(IntStream.range(0, 150).filter(l -> ade.group(l).equals("stuff")))
                .hasSize(35);
        assertThat(ade.findStored(0)).hasValue(LabelMap.IGNORE);
        assertThat(ade.findStored(150)).hasValue(149);
        assertThat(ade.findStored(151)).isEmpty();
        assertThat(ade.catalog().labelNames())
                .startsWith("wall", "building", "sky")
                .endsWith("clock", "flag");
        assertThat(colours(ade)).isEqualTo(149);
    }

    @Test
    void cocoStuffHasNineColoursTwice() {
        LabelSet all = LabelSet.COCO_STUFF;
        assertThat(colours(all)).isEqualTo(171 - 9);
        assertThat(all.ignoredValues()).containsExactly(11, 25, 28, 29, 44, 65, 67, 68, 70, 82, 90, 255);
        assertThat(all.publishedId(170)).isEqualTo(182);
        assertThat(all.findStored(181)).hasValue(170);
        assertThat(all.findStored(182)).isEmpty();
        assertThat(all.catalog().tagNames().subList(0, 80))
                .as("things are COCO's")
                .isEqualTo(LabelSet.COCO.catalog().tagNames());
        for (int value = 0; value < 182; value++) {
            int label = all.findStored(value).orElseThrow();
            int coarse = LabelSet.COCO_STUFF_27.findStored(value).orElseThrow();
            if (label != LabelMap.IGNORE) {
                assertThat(all.group(label))
                        .isEqualTo(LabelSet.COCO_STUFF_27.catalog().labelNames().get(coarse));
            }
            assertThat(LabelSet.COCO_STUFF_15.findStored(value)).hasValue(coarse >= 12 ? coarse - 12 : LabelMap.IGNORE);
            int three = List.of(23, 22, 21).indexOf(coarse);
            assertThat(LabelSet.COCO_STUFF_3.findStored(value)).hasValue(three < 0 ? LabelMap.IGNORE : three);
        }
        assertThat(LabelSet.COCO_STUFF_3.catalog().labelNames()).containsExactly("sky", "plant", "ground");
        assertThat(LabelSet.COCO_STUFF_27.rows().stream()
                        .filter(r -> r.stored() >= 0)
                        .map(LabelSet.Row::name)
                        .collect(Collectors.toSet()))
                .hasSize(182);
    }
}
