package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The labels of a public benchmark: names and colours, the ids that its publisher gave them, and the values that its
 * published masks hold.
 *
 * <p>Three numberings meet here. <b>Labels</b> {@code 0..n-1} are what networks predict, what is evaluated, and what a
 * {@link ClassCatalog} numbers; some publishers call them train ids. <b>Ids</b> are those of the publisher's tables and
 * JSON files, with gaps in some sets. <b>Stored values</b> are those of the pixels of published masks.
 *
 * <pre>{@code
 * LabelSet set = LabelSet.CITYSCAPES;
 * int road = set.catalog().requireTag("road"); // 0
 * int id = set.publishedId(road); // 7
 * LabelMap labels = set.toLabels(LabelPng.read(file)); // of *_gtFine_labelIds.png
 * }</pre>
 *
 * <p>Immutable.
 */
public final class LabelSet {
    /** PASCAL VOC: background and 20 classes, in the order of the names. */
    public static final LabelSet VOC = load("voc");

    /**
     * MS COCO: background and 80 classes, with supercategories; ids are those of the JSON files, 1 to 90 with gaps. Stored
     * values are the labels, as most programs convert the polygons; for masks of raw ids, as coco2voc writes them, there
     * is {@link #findId}. COCO has no colours of its own, these are VOC's.
     */
    public static final LabelSet COCO = load("coco");

    /** The same in FMA's colours, of which that of label 39 is the background's black, so they do not tell all labels. */
    public static final LabelSet COCO_FMA = load("coco-fma");

    /**
     * Cityscapes: the 19 classes that are evaluated, with their categories. Stored values are those of {@code
     * *_labelIds.png}; {@code *_labelTrainIds.png} hold labels. License plates have id -1, which no mask holds.
     */
    public static final LabelSet CITYSCAPES = load("cityscapes");

    /** Cityscapes for unsupervised segmentation: ids 7 to 33, lowered by 7. Poles and groups of them have one colour. */
    public static final LabelSet CITYSCAPES_27 = load("cityscapes27");

    /** CamVid: 11 classes in the numbering and colours of the SegNet tutorial, whose masks store 11 for void. */
    public static final LabelSet CAMVID = load("camvid");

    /**
     * WildDash 2: CARB's 25 classes, each of one id; the other ids are ignored. Whether CARB merged ids by the unified
     * policy first is not known: {@link #WILDDASH2_UNIFIED} is the other reading.
     */
    public static final LabelSet WILDDASH2 = load("wilddash2");

    /** The same 25 classes, to which the unified label policy adds further ids, such as manholes to the road. */
    public static final LabelSet WILDDASH2_UNIFIED = load("wilddash2-unified");

    /**
     * Pascal Context: 59 classes in the order of their names, which is that of the masks that are made by sorting the
     * Detail API's ids. Stored values are those of the 60 labels; 0 is ignored. Lists of names that begin as VOC's does
     * belong to masks of another coding, {@link #PASCAL_CONTEXT_59_VOC_FIRST}: names and masks of different orders fit
     * without an error.
     */
    public static final LabelSet PASCAL_CONTEXT_59 = load("context59");

    /** The same with the background, which counts. */
    public static final LabelSet PASCAL_CONTEXT_60 = load("context60");

    /** Pascal Context in the order of the official {@code 59_labels.txt}, VOC's 20 classes first; colours go by number. */
    public static final LabelSet PASCAL_CONTEXT_59_VOC_FIRST = load("context59-vocfirst");

    /** The same with the background, which counts. */
    public static final LabelSet PASCAL_CONTEXT_60_VOC_FIRST = load("context60-vocfirst");

    /** ADE20K's 150 classes of the scene parsing challenge. Stored values are higher by one, and 0 is ignored. */
    public static final LabelSet ADE20K = load("ade20k");

    /**
     * COCO-Stuff: 171 classes, 80 things and 91 stuffs, in groups of the coarse 27. Ids are the official 1 to 182, stored
     * values are lower by one, and eleven of them never occur. Nine colours are given twice, so they do not tell all
     * labels.
     */
    public static final LabelSet COCO_STUFF = load("cocostuff");

    /** The 27 coarse classes of COCO-Stuff, things first, of the same masks. */
    public static final LabelSet COCO_STUFF_27 = load("cocostuff27");

    /** The 15 of them that are stuff; things are ignored. */
    public static final LabelSet COCO_STUFF_15 = load("cocostuff15");

    /**
     * Three of them: sky, plant and ground in this order, which is that of the published values. STEGO's list of names has
     * ground, plant, sky, and names the first and last the wrong way round.
     */
    public static final LabelSet COCO_STUFF_3 = load("cocostuff3");

    private static final List<LabelSet> ALL = List.of(
            VOC,
            COCO,
            COCO_FMA,
            CITYSCAPES,
            CITYSCAPES_27,
            CAMVID,
            WILDDASH2,
            WILDDASH2_UNIFIED,
            PASCAL_CONTEXT_59,
            PASCAL_CONTEXT_60,
            PASCAL_CONTEXT_59_VOC_FIRST,
            PASCAL_CONTEXT_60_VOC_FIRST,
            ADE20K,
            COCO_STUFF,
            COCO_STUFF_27,
            COCO_STUFF_15,
            COCO_STUFF_3);

    /** Of a value that published masks do not hold. */
    private static final int UNKNOWN = -1;

    /**
     * A line of the publisher's table.
     *
     * @param label {@link LabelMap#IGNORE} where it is none
     * @param id as published, -1 or more
     * @param stored the value in published masks, or -1 where they do not hold it
     * @param group the supercategory, category, or kind; empty where the publisher has none
     * @param rgb the published colour as 0xRRGGBB; 0 where there is none
     * @param name as published, which differs from the label's where a label gathers several ids
     */
    public record Row(int label, int id, int stored, String group, int rgb, String name) {}

    private final String name;
    private final List<Row> rows;
    private final ClassCatalog catalog;
    private final int[] labelOfStored = new int[256];

    private LabelSet(String name, List<Row> rows) {
        this.name = name;
        this.rows = List.copyOf(rows);
        int count = 1
                + rows.stream()
                        .mapToInt(Row::label)
                        .filter(l -> l != LabelMap.IGNORE)
                        .max()
                        .orElseThrow();
        List<String> names = new ArrayList<>();
        int[] colours = new int[count];
        for (int label = 0; label < count; label++) {
            Row first = first(label);
            names.add(first.name);
            colours[label] = first.rgb;
        }
        boolean background = names.get(0).equals("background");
        ClassCatalog classes = background
                ? ClassCatalog.withBackground(names.subList(1, count))
                : ClassCatalog.withoutBackground(names);
        catalog = classes.withColours(colours);
        Arrays.fill(labelOfStored, UNKNOWN);
        labelOfStored[LabelMap.IGNORE] = LabelMap.IGNORE;
        for (Row row : rows) {
            if (row.stored >= 0) {
                labelOfStored[row.stored] = row.label;
            }
        }
    }

    private static LabelSet load(String name) {
        List<Row> rows = new ArrayList<>();
        String resource = "labels/" + name + ".csv";
        try (InputStream in = LabelSet.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("this library lacks its resource " + resource);
            }
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            for (String line : text.lines().skip(1).toList()) {
                String[] c = line.split(",", -1);
                rows.add(new Row(
                        number(c[0], LabelMap.IGNORE),
                        Integer.parseInt(c[1]),
                        number(c[2], UNKNOWN),
                        c[3],
                        Integer.parseInt(c[4]) << 16 | Integer.parseInt(c[5]) << 8 | Integer.parseInt(c[6]),
                        c[7]));
            }
        } catch (IOException e) {
            throw new IllegalStateException("the resource " + resource + " of this library cannot be read", e);
        }
        return new LabelSet(name, rows);
    }

    private static int number(String cell, int otherwise) {
        return cell.isEmpty() ? otherwise : Integer.parseInt(cell);
    }

    /**
     * The set of a name, in any case: {@code voc}, {@code cityscapes}, {@code context59-vocfirst} or another of {@link
     * #names}.
     *
     * @throws IllegalArgumentException if there is none; the message lists the names there are
     */
    public static LabelSet of(String name) {
        return find(name)
                .orElseThrow(() -> new IllegalArgumentException(
                        "label set '" + name + "' is not known; expected one of " + String.join(", ", names())));
    }

    /** The same, or nothing. */
    public static Optional<LabelSet> find(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return ALL.stream().filter(set -> set.name.equals(lower)).findFirst();
    }

    /** The names of all sets. */
    public static List<String> names() {
        return ALL.stream().map(LabelSet::name).toList();
    }

    /** The name, such as {@code cityscapes}. */
    public String name() {
        return name;
    }

    /** The labels with their names and colours. */
    public ClassCatalog catalog() {
        return catalog;
    }

    /** All lines of the table, those of ignored values too; the first of a label names it. */
    public List<Row> rows() {
        return rows;
    }

    /** The groups of the labels, in the order of the labels, each once; none where the publisher has none. */
    public List<String> groups() {
        return IntStream.range(0, catalog.labelCount())
                .mapToObj(this::group)
                .filter(group -> !group.isEmpty())
                .distinct()
                .toList();
    }

    /**
     * The group of a label, or an empty text.
     *
     * @throws IllegalArgumentException if there is no such label
     */
    public String group(int label) {
        return first(label).group;
    }

    /**
     * The published id of a label, the first where there are several.
     *
     * @throws IllegalArgumentException if there is no such label
     */
    public int publishedId(int label) {
        return first(label).id;
    }

    /**
     * The value that stands for a label in published masks, the first where there are several; to write results as a
     * publisher wants them.
     *
     * @throws IllegalArgumentException if there is no such label
     */
    public int storedValue(int label) {
        first(label);
        return rows.stream()
                .filter(row -> row.label == label && row.stored >= 0)
                .findFirst()
                .orElseThrow()
                .stored;
    }

    private Row first(int label) {
        return rows.stream()
                .filter(row -> row.label == label && label != LabelMap.IGNORE)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "label " + label + " is not in 0.." + (catalog.labelCount() - 1) + " of " + name));
    }

    /** The label of a published id, {@link LabelMap#IGNORE} for one that is ignored, or nothing for an unknown one. */
    public OptionalInt findId(int id) {
        return rows.stream().filter(row -> row.id == id).mapToInt(Row::label).findFirst();
    }

    /**
     * The label of a value in published masks, {@link LabelMap#IGNORE} for one that is ignored, or nothing for one that
     * such masks do not hold.
     */
    public OptionalInt findStored(int value) {
        return value < 0 || value > 255 || labelOfStored[value] == UNKNOWN
                ? OptionalInt.empty()
                : OptionalInt.of(labelOfStored[value]);
    }

    /** The values of published masks that stand for no label; 255 is always one. */
    public Set<Integer> ignoredValues() {
        return IntStream.range(0, 256)
                .filter(value -> labelOfStored[value] == LabelMap.IGNORE)
                .boxed()
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * The labels of a published mask.
     *
     * @throws InvalidDataException if the mask has values that masks of this set do not hold
     */
    public LabelMap toLabels(LabelMap stored) {
        return toLabels(stored, "mask");
    }

    /** The same of a mask of this origin. */
    LabelMap toLabels(LabelMap stored, String origin) {
        byte[] values = stored.toArray();
        int[] counts = stored.histogram();
        for (int value = 0; value < 256; value++) {
            if (counts[value] > 0 && labelOfStored[value] == UNKNOWN) {
                throw new InvalidDataException(origin + ": " + counts[value] + " pixels have value " + value
                        + "; expected values of " + name + " that are labels, " + ranges(false)
                        + ", or are ignored, " + ranges(true));
            }
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = (byte) labelOfStored[values[i] & 255];
        }
        return LabelMap.wrap(stored.height(), stored.width(), values);
    }

    /** The values that are ignored, or are labels, as {@code 0..6, 9..10}. */
    private String ranges(boolean ignored) {
        List<String> ranges = new ArrayList<>();
        int start = 0;
        for (int value = 0; value <= 256; value++) {
            if (value < 256 && isOf(value, ignored)) {
                continue;
            }
            if (value > start) {
                ranges.add(value - start == 1 ? Integer.toString(start) : start + ".." + (value - 1));
            }
            start = value + 1;
        }
        return String.join(", ", ranges);
    }

    private boolean isOf(int value, boolean ignored) {
        int label = labelOfStored[value];
        return label != UNKNOWN && ignored == (label == LabelMap.IGNORE);
    }

    @Override
    public String toString() {
        return name + "[" + catalog.labelCount() + " labels]";
    }
}
