package dev.wsss.datasets;

import static dev.wsss.datasets.TestFiles.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RleMask;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CocoInstancesTest {
    private static final String INFO = "\"info\": {\"year\": 2014, \"deep\": [[{\"a\": [1, null, true]}]]}";
    private static final String IMAGES =
            "\"images\": [{\"license\": 3, \"file_name\": \"COCO_val2014_000000000009.jpg\","
                    + " \"height\": 8, \"width\": 10, \"id\": 9}, {\"id\": 7, \"width\": 4, \"height\": 3, \"file_name\":"
                    + " \"Stra\u00dfe.jpg\"}]";
    private static final String CATEGORIES = "\"categories\": [{\"supercategory\": \"animal\", \"id\": 90, \"name\":"
            + " \"dog\"}, {\"id\": 1, \"name\": \"person\"}, {\"id\": 13, \"name\": \"stop sign\"}]";
    private static final String SQUARE = "[[0, 0, 3.0, 0, 3, 3, 0, 3]]";
    private static final String TRIANGLE = "[[1.2, 1.0, 8.7, 2.3, 4.5, 6.8]]";
    private static final String CROWD = "{\"counts\": [0, 16, 64], \"size\": [8, 10]}";
    private static final String TEXT = "{\"size\": [8, 10], \"counts\": \"a0262O1NO1O1O1O7\"}";

    @TempDir
    Path folder;

    private static String annotation(long id, long image, long category, int crowd, String area, String shape) {
        return "{\"segmentation\": " + shape + ", \"iscrowd\": " + crowd + ", \"image_id\": " + image
                + ", \"bbox\": [0, 0, 3, 3], \"category_id\": " + category + ", \"id\": " + id
                + (area.isEmpty() ? "" : ", \"area\": " + area) + "}";
    }

    private static String annotations(String... each) {
        return "\"annotations\": [" + String.join(", ", each) + "]";
    }

    private Path write(String... parts) throws IOException {
        return Files.writeString(folder.resolve("instances.json"), "{" + String.join(", ", parts) + "}");
    }

    private Path withAnnotations(String... each) throws IOException {
        return write(INFO, IMAGES, annotations(each), CATEGORIES);
    }

    /** The square and the triangle share pixels, and the crowd covers both. */
    private static String[] overlapping() {
        return new String[] {
            annotation(101, 9, 90, 0, "9.0", SQUARE),
            annotation(102, 9, 1, 0, "21.5", TRIANGLE),
            annotation(103, 9, 13, 1, "16", CROWD)
        };
    }

    @Test
    void readsPartsInAnyOrder() throws IOException {
        String[] parts = {INFO, IMAGES, annotations(overlapping()), CATEGORIES};
        for (int first = 0; first < parts.length; first++) {
            List<String> turned = new ArrayList<>(Arrays.asList(parts));
            Collections.rotate(turned, first);
            CocoInstances coco = CocoInstances.open(write(turned.toArray(new String[0])));
            assertThat(coco.images())
                    .containsExactly(
                            new CocoImage(9, "COCO_val2014_000000000009.jpg", 8, 10),
                            new CocoImage(7, "Stra\u00dfe.jpg", 3, 4));
            assertThat(coco.categories().labelNames()).containsExactly("background", "person", "stop sign", "dog");
            assertThat(List.of(coco.categoryId(0), coco.categoryId(1), coco.categoryId(2)))
                    .containsExactly(1L, 13L, 90L);
            assertThat(coco.annotationCount()).isEqualTo(3);
            assertThat(coco.annotations(9)).extracting(CocoAnnotation::id).containsExactly(101L, 102L, 103L);
            assertThat(coco.annotations(9)).extracting(CocoAnnotation::tag).containsExactly(2, 0, 1);
            assertThat(coco.annotations(9)).extracting(CocoAnnotation::crowd).containsExactly(false, false, true);
            assertThat(coco.annotations(9)).extracting(CocoAnnotation::area).containsExactly(9.0, 21.5, 16.0);
            assertThat(coco.annotations(7)).isEmpty();
            assertThat(coco.image(7).width()).isEqualTo(4);
        }
    }

    @Test
    void tagsWithAndWithoutCrowds() throws IOException {
        CocoInstances coco = CocoInstances.open(withAnnotations(overlapping()));
        assertThat(coco.tags(9, false).toArray()).containsExactly(0, 2);
        assertThat(coco.tags(9, true).toArray()).containsExactly(0, 1, 2);
        assertThat(coco.tags(7, true).isEmpty()).isTrue();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> coco.tags(8, true))
                .withMessageContainingAll("image 8", "instances.json");
        assertThatIllegalArgumentException().isThrownBy(() -> coco.categoryId(3));
    }

    @Test
    void masksOfEveryForm() throws IOException {
        CocoInstances coco = CocoInstances.open(withAnnotations(
                annotation(1, 9, 1, 0, "1", SQUARE),
                annotation(2, 9, 1, 0, "1", TEXT),
                annotation(3, 9, 1, 1, "1", CROWD),
                annotation(4, 9, 1, 0, "", SQUARE.replace("]]", "], ") + TRIANGLE.substring(1)),
                annotation(5, 9, 1, 0, "1", "[[1.234, 1e0, 8.75, 2.333333333333, 4.5, 6.8], [-1, 0, 3, 0, 3, 3]]")));
        List<RleMask> masks =
                coco.annotations(9).stream().map(CocoAnnotation::mask).toList();
        RleMask square = RleMask.ofPolygon(8, 10, 0, 0, 3, 0, 3, 3, 0, 3);
        RleMask triangle = RleMask.ofPolygon(8, 10, 1.2, 1.0, 8.7, 2.3, 4.5, 6.8);
        assertThat(masks.get(0)).isEqualTo(square);
        assertThat(masks.get(1)).isEqualTo(triangle);
        assertThat(masks.get(2).counts()).containsExactly(0, 16, 64);
        assertThat(masks.get(3)).isEqualTo(square.union(triangle));
        assertThat(masks.get(4))
                .isEqualTo(RleMask.ofPolygons(
                        8, 10, List.of(new double[] {1.234, 1, 8.75, 2.333333333333, 4.5, 6.8}, new double[] {
                            -1, 0, 3, 0, 3, 3
                        })));
        // where the file has no area, it is that of the mask
        assertThat(coco.annotations(9).get(3).area()).isEqualTo(28);
    }

    @ParameterizedTest
    @EnumSource
    void overlapsByRule(OverlapRule rule) throws IOException {
        CocoInstances coco = CocoInstances.open(withAnnotations(overlapping()));
        LabelMap map = coco.toLabelMap(9, rule);
        int[] labels = {3, 1, 2};
        // from the bottom to the top
        int[] order =
                switch (rule) {
                    case SMALLEST_ON_TOP -> new int[] {1, 2, 0};
                    case LAST_ON_TOP -> new int[] {0, 1, 2};
                    case FIRST_ON_TOP -> new int[] {2, 1, 0};
                };
        for (int y = 0; y < 8; y++) {
            for (int x = 0; x < 10; x++) {
                int expected = 0;
                for (int i : order) {
                    expected = coco.annotations(9).get(i).mask().contains(y, x) ? labels[i] : expected;
                }
                assertThat(map.get(y, x)).as(y + "," + x).isEqualTo(expected);
            }
        }
        assertThat(coco.toLabelMap(7, rule)).isEqualTo(LabelMap.of(3, 4, new byte[12]));
    }

    /** Of two objects of one area the first in the file is on top, as with a stable sort and the first writer. */
    @Test
    void equalAreasKeepTheFilesOrder() throws IOException {
        CocoInstances coco = CocoInstances.open(
                withAnnotations(annotation(1, 9, 1, 0, "5", SQUARE), annotation(2, 9, 90, 0, "5", SQUARE)));
        assertThat(coco.toLabelMap(9, OverlapRule.SMALLEST_ON_TOP).get(0, 0)).isEqualTo(1);
        assertThat(coco.toLabelMap(9, OverlapRule.LAST_ON_TOP).get(0, 0)).isEqualTo(3);
    }

    /** Larger than a tile, and neither side a multiple of one. */
    @Test
    void largeMapsAreTurnedRight() throws IOException {
        CocoInstances coco = CocoInstances.open(write(
                "\"images\": [{\"id\": 9, \"file_name\": \"a.jpg\", \"height\": 71, \"width\": 45}]",
                annotations(annotation(1, 9, 1, 0, "5", "[[1, 2, 43.5, 12.25, 20, 70]]")),
                CATEGORIES));
        byte[] dense = RleMask.ofPolygon(71, 45, 1, 2, 43.5, 12.25, 20, 70).toDense();
        assertThat(coco.toLabelMap(9, OverlapRule.FIRST_ON_TOP)).isEqualTo(LabelMap.of(71, 45, dense));
    }

    /** One annotation of which something is wrong, and words that must tell it. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "9  | 2  | 0 | 1   | [[0, 0, 3, 0, 3, 3]]            | has category 2; expected one of the file's, [1, 13, 90]",
                "8  | 1  | 0 | 1   | [[0, 0, 3, 0, 3, 3]]            | there is no such image",
                "9  | 1  | 0 | -1  | [[0, 0, 3, 0, 3, 3]]            | has area -1.0",
                "9  | 1  | 2 | 1   | [[0, 0, 3, 0, 3, 3]]            | has iscrowd 2; expected 0 or 1",
                "9  | 1  | 0 | 1   | []                              | has no polygon",
                "9  | 1  | 0 | 1   | [[]]                            | polygon 0 has 0 coordinates",
                "9  | 1  | 0 | 1   | [[0, 0, 3, 0, 3, 3], [1,2,3,4]] | polygon 1 has 4 coordinates",
                "9  | 1  | 0 | 1   | [[0, 0, 3, 0, 3, 3, 1]]         | polygon 0 has 7 coordinates",
                "9  | 1  | 0 | 1   | [[0, 0, NaN, 0, 3, 3]]          | polygon 0 holds 'NaN'; expected numbers",
                "9  | 1  | 0 | 1   | [[0, 0, -Infinity, 0, 3, 3]]    | polygon 0 holds '-Infinity'",
                "9  | 1  | 0 | 1   | [[0, 0, null, 0, 3, 3]]         | polygon 0 holds a NULL",
                "9  | 1  | 0 | 1   | [[0, 0, 1e999, 0, 3, 3]]        | coordinate Infinity",
                "9  | 1  | 0 | 1   | [[0, 0, 1e9, 0, 3, 3]]          | coordinate 1.0E9",
                "9  | 1  | 0 | 1   | [0, 0, 3, 0, 3, 3]              | holds a NUMBER; expected polygons",
                "9  | 1  | 0 | 1   | null                            | is a NULL; expected polygons",
                "9  | 1  | 0 | 1   | \"x\"                           | is a STRING; expected polygons",
                "9  | 1  | 1 | 1   | {\"size\": [8, 10]}             | no counts",
                "9  | 1  | 1 | 1   | {\"counts\": [80]}              | size of 0 numbers",
                "9  | 1  | 1 | 1   | {\"size\": [10, 8], \"counts\": [80]}   | of 10x8 pixels; expected those of the image, 8x10",
                "9  | 1  | 1 | 1   | {\"size\": [8, 10], \"counts\": [79]}   | have 79 pixels; expected 80",
                "9  | 1  | 1 | 1   | {\"size\": [8, 10], \"counts\": [0, 81]}| more than 80 pixels",
                "9  | 1  | 1 | 1   | {\"size\": [8, 10], \"counts\": [81, -1]}| more than 80 pixels",
                "9  | 1  | 1 | 1   | {\"size\": [8, 10], \"counts\": \"a02\"}| pixels; expected 80",
                "9  | 1  | 1 | 1   | {\"size\": [8, 10], \"counts\": \"a\"}  | cut off"
            })
    void namesWhatIsWrong(long image, long category, int crowd, String area, String shape, String words)
            throws IOException {
        Path file = withAnnotations(
                annotation(1, 9, 1, 0, "1", SQUARE),
                annotation(55, image, category, crowd, area, shape),
                annotation(2, 9, 13, 0, "1", TEXT));
        assertInvalid(() -> CocoInstances.open(file), "instances.json", "annotation 55 of image " + image, words);
        List<String> problems = new ArrayList<>();
        CocoInstances coco = CocoInstances.open(file, problems::add);
        assertThat(problems).singleElement().asString().contains("annotation 55", words);
        assertThat(coco.annotations(9)).extracting(CocoAnnotation::id).containsExactly(1L, 2L);
        assertThat(coco.tags(9, true).toArray()).containsExactly(0, 1);
    }

    @Test
    void idsStandOnce() throws IOException {
        Path annotations = withAnnotations(annotation(1, 9, 1, 0, "1", SQUARE), annotation(1, 9, 13, 0, "1", TRIANGLE));
        assertInvalid(() -> CocoInstances.open(annotations), "annotation 1 of image 9", "twice");
        List<String> problems = new ArrayList<>();
        assertThat(CocoInstances.open(annotations, problems::add).annotationCount())
                .isEqualTo(1);
        assertThat(problems).hasSize(1);

        Path images = write(
                IMAGES.replace("}]", "}, {\"id\": 9, \"file_name\": \"b.jpg\", \"height\": 1, \"width\": 1}]"),
                annotations(overlapping()),
                CATEGORIES);
        assertInvalid(() -> CocoInstances.open(images), "image 9 stands twice", "'b.jpg'");
        problems.clear();
        assertThat(CocoInstances.open(images, problems::add).image(9).height()).isEqualTo(8);
        assertThat(problems).hasSize(1);

        Path categories = write(IMAGES, annotations(), CATEGORIES.replace("13", "90"));
        assertInvalid(() -> CocoInstances.open(categories, problems::add), "category 90 stands twice");
        Path names = write(IMAGES, annotations(), CATEGORIES.replace("stop sign", "dog"));
        assertInvalid(() -> CocoInstances.open(names, problems::add), "'dog' stands twice");
        Path parts = write(IMAGES, annotations(), CATEGORIES, annotations());
        assertInvalid(() -> CocoInstances.open(parts), "'annotations' stands twice");
    }

    @Test
    void refusesWhatIsNoInstancesFile() throws IOException {
        assertInvalid(() -> CocoInstances.open(folder.resolve("none.json")), "none.json", "no such file");
        assertInvalid(() -> CocoInstances.open(folder), "is a folder");
        assertInvalid(() -> CocoInstances.open(write(IMAGES, annotations())), "has no 'categories'");
        assertInvalid(() -> CocoInstances.open(write(CATEGORIES, annotations())), "has no 'images'");
        assertInvalid(() -> CocoInstances.open(write(IMAGES, CATEGORIES)), "has no 'annotations'");
        assertInvalid(
                () -> CocoInstances.open(write(IMAGES, annotations(), CATEGORIES, "\"a\": 1}, {\"b\": 2")),
                "instances.json");
        assertInvalid(() -> CocoInstances.open(withAnnotations("{\"image_id\": 9}")), "no 'id'", "$.annotations[0]");
        assertInvalid(
                () -> CocoInstances.open(withAnnotations(annotation(1, 9, 1, 0, "NaN", SQUARE))),
                "$.annotations[0].area");
        assertInvalid(() -> CocoInstances.open(write(IMAGES.replace("\"id\": 7", "\"id\": \"x\""))), "$.images[1].id");
        assertInvalid(() -> CocoInstances.open(write(IMAGES.replace("\"id\": 7, ", ""))), "no 'id'", "$.images[1]");
        assertInvalid(
                () -> CocoInstances.open(write(
                        IMAGES.replace("\"height\": 8, \"width\": 10", "\"height\": 70000, \"width\": 70000"),
                        annotations(),
                        CATEGORIES)),
                "image 9 has 70000x70000 pixels");
        Path latin = folder.resolve("latin.json");
        Files.write(
                latin,
                ("{" + String.join(", ", IMAGES, annotations(), CATEGORIES) + "}")
                        .getBytes(StandardCharsets.ISO_8859_1));
        assertInvalid(() -> CocoInstances.open(latin), "latin.json");
        Path deep = Files.writeString(folder.resolve("deep.json"), "{\"info\": " + "[".repeat(100_000));
        assertInvalid(() -> CocoInstances.open(deep), "deep.json");
    }

    /** Wherever the file ends, it is refused by name. */
    @Test
    void refusesTruncatedFiles() throws IOException {
        byte[] whole = Files.readAllBytes(withAnnotations(overlapping()));
        Path part = folder.resolve("part.json");
        for (int length = 0; length < whole.length; length += 3 + length % 4) {
            Files.write(part, Arrays.copyOf(whole, length));
            assertInvalid(() -> CocoInstances.open(part, p -> {}), "part.json");
        }
    }

    /** Damaged text is refused by name, or read as another file that is sound. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void damagedFilesAreRefusedOrSound(long seed) throws IOException {
        Random random = new Random(seed);
        String whole = Files.readString(withAnnotations(overlapping()));
        String letters = "0123456789-.eE,:[]{}\"\\ax \n";
        Path damaged = folder.resolve("damaged.json");
        int refused = 0;
        for (int round = 0; round < 150; round++) {
            StringBuilder text = new StringBuilder(whole);
            for (int i = random.nextInt(4); i >= 0; i--) {
                text.setCharAt(random.nextInt(text.length()), letters.charAt(random.nextInt(letters.length())));
            }
            Files.writeString(damaged, text);
            try {
                CocoInstances coco =
                        CocoInstances.open(damaged, p -> assertThat(p).contains("damaged.json: "));
                for (CocoImage image : coco.images()) {
                    if ((long) image.height() * image.width() < 1_000_000) {
                        coco.toLabelMap(image.id(), OverlapRule.SMALLEST_ON_TOP)
                                .requireLabels("map", coco.categories());
                    }
                }
            } catch (InvalidDataException e) {
                assertThat(e).hasMessageContaining("damaged.json: ");
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(40);
    }

    @Test
    void hundredthsAreTheDoubleThatIsRead() {
        for (String number : List.of("0", "-0.5", "7", "640.0", "253.21", "-12.07", "0.01", "9999999.99", "1234567")) {
            int hundredths = Coordinates.hundredths(number);
            assertThat(CocoShape.Hundredths.value(hundredths)).isEqualTo(Double.parseDouble(number));
        }
        for (int i = -200_000; i < 200_000; i += 7) {
            String number = (i < 0 ? "-" : "") + Math.abs(i) / 100 + "." + Math.abs(i) % 100 / 10 + Math.abs(i) % 10;
            assertThat(Coordinates.hundredths(number)).isEqualTo(i);
            assertThat(CocoShape.Hundredths.value(i)).isEqualTo(Double.parseDouble(number));
        }
        for (String other : List.of("", "-", ".", "1.234", "1e2", "12345678901", "99999999.99", "99999999", "1.2.3")) {
            assertThat(Coordinates.hundredths(other)).as(other).isEqualTo(Integer.MIN_VALUE);
        }
    }

    /** Numbers past the first room, and the change from hundredths to doubles in the midst of a polygon. */
    @Test
    void manyCoordinates() throws IOException {
        Random random = new Random(5);
        for (int switchAt : new int[] {-1, 0, 700, 1999}) {
            double[] xy = new double[2000];
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < xy.length; i++) {
                String number = random.nextInt(9) + "." + random.nextInt(100) + (i == switchAt ? "12345" : "");
                xy[i] = Double.parseDouble(number);
                text.append(i == 0 ? "" : ",").append(number);
            }
            CocoInstances coco =
                    CocoInstances.open(withAnnotations(annotation(1, 9, 1, 0, "1", "[[" + text + "], [1,1,5,5,1,5]]")));
            assertThat(coco.annotations(9).get(0).mask())
                    .isEqualTo(RleMask.ofPolygon(8, 10, xy).union(RleMask.ofPolygon(8, 10, 1, 1, 5, 5, 1, 5)));
        }
    }
}
