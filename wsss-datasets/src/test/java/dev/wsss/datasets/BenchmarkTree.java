package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.RgbImage;
import dev.wsss.api.RleMask;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.Array;
import us.hebi.matlab.mat.types.MatlabType;
import us.hebi.matlab.mat.types.Matrix;
import us.hebi.matlab.mat.types.Struct;

/**
 * A tiny copy of each dataset layout that is read, true in folders, names, lists, formats and values.
 *
 * <pre>{@code
 * BenchmarkTree.COCO_AFA.write(folder);
 * DatasetSplits data = BenchmarkTree.COCO_AFA.builder(folder).open();
 * data.train().truth(0); // BenchmarkTree.COCO_AFA.train().get(0).truth()
 * }</pre>
 *
 * <p>All images are {@value #HEIGHT}x{@value #WIDTH} and show three stripes, the last of them the background or, in sets
 * without one, what is ignored.
 */
public enum BenchmarkTree {
    /** As published, with bare ids, and both families of masks. */
    VOC("voc", Values.VOC, ids("2007_000032", "2007_000039", "2008_000008"), ids("2007_000033", "2007_000042")) {
        @Override
        void write(Writer to) throws IOException {
            vocFiles(to);
            to.lines("ImageSets/Segmentation/train.txt", train(), Picture::id);
            to.lines("ImageSets/Segmentation/val.txt", val(), Picture::id);
        }
    },

    /** With SBD's images, in lists of pairs of paths as wseg, CDL and deeplab-pytorch have them. */
    VOC_AUG("voc", Values.VOC, ids("2007_000032", "2007_000039", "2008_000008"), ids("2007_000033", "2007_000042")) {
        @Override
        void write(Writer to) throws IOException {
            vocFiles(to);
            Function<Picture, String> pair =
                    p -> "/JPEGImages/" + p.id() + ".jpg /SegmentationClassAug/" + p.id() + ".png";
            to.lines("ImageSets/SegmentationAug/train_aug.txt", train(), pair);
            to.lines("ImageSets/SegmentationAug/val.txt", val(), pair.andThen(line -> line.substring(1)));
            to.lines("ImageSets/SegmentationAug/test.txt", val(), p -> "/JPEGImages/" + p.id() + ".jpg");
        }
    },

    /** With ids as IRN and RIB keep them, as whole numbers. */
    VOC_INT32("voc", Values.VOC, ids("2007_000032", "2007_000039"), ids("2007_000033")) {
        @Override
        void write(Writer to) throws IOException {
            vocFiles(to);
            to.lines("ImageSets/Segmentation/train.txt", train(), p -> p.id().replace("_", ""));
            to.lines("ImageSets/Segmentation/val.txt", val(), p -> p.id().replace("_", ""));
        }
    },

    /** As DHR packs it. */
    VOC_DHR("voc", Values.VOC, ids("2007_000032", "2007_000039"), ids("2007_000033")) {
        @Override
        void write(Writer to) throws IOException {
            dhr(to, "train_aug");
        }
    },

    /** As published: annotations as JSON only. */
    COCO_OFFICIAL("coco", Values.COCO, coco("train2014", 9, 25, 30), coco("val2014", 42, 73)) {
        @Override
        void write(Writer to) throws IOException {
            to.images("train2014", ".jpg", train());
            to.images("val2014", ".jpg", val());
            to.instances("annotations/instances_train2014.json", train());
            to.instances("annotations/instances_val2014.json", val());
        }
    },

    /** The release of 2017: bare numbers. */
    COCO_2017("coco", Values.COCO, numbers(9, 25, 30), numbers(42, 73)) {
        @Override
        void write(Writer to) throws IOException {
            to.images("train2017", ".jpg", train());
            to.images("val2017", ".jpg", val());
            to.instances("annotations/instances_train2017.json", train());
            to.instances("annotations/instances_val2017.json", val());
        }
    },

    /** RIB and CDL: both parts in one folder, told apart by lists of bare numbers. */
    COCO_CDL("coco", Values.COCO, numbers(30, 9, 25), numbers(73, 42)) {
        @Override
        void write(Writer to) throws IOException {
            for (List<Picture> part : List.of(train(), val())) {
                to.images("JPEGImages", ".jpg", part);
                to.palette("coco_seg_anno", ".png", part);
            }
            to.lines("List/train_2014.txt", train(), Picture::id);
            to.lines("List/val_2014.txt", val(), Picture::id);
        }
    },

    /** CLIP-ES: the lines of its lists have the classes of the image, from 0. */
    COCO_CLIP_ES("coco", Values.COCO, coco("train2014", 9, 25, 30), coco("val2014", 42, 73)) {
        @Override
        void write(Writer to) throws IOException {
            to.images("JPEGImages/train2014", ".jpg", train());
            to.images("JPEGImages/val2014", ".jpg", val());
            to.palette("SegmentationClass", ".png", train());
            to.palette("SegmentationClass", ".png", val());
            Function<Picture, String> line = p -> p.id() + " "
                    + p.labels().stream()
                            .filter(label -> label > 0)
                            .map(label -> Integer.toString(label - 1))
                            .collect(Collectors.joining(" "));
            to.lines("train.txt", train(), line);
            to.lines("val.txt", val(), line);
        }
    },

    /** AFA and DuPL. */
    COCO_AFA("coco", Values.COCO, coco("train2014", 9, 25, 30), coco("val2014", 42, 73)) {
        @Override
        void write(Writer to) throws IOException {
            to.images("JPEGImages/train", ".jpg", train());
            to.images("JPEGImages/val", ".jpg", val());
            to.palette("SegmentationClass/train", ".png", train());
            to.palette("SegmentationClass/val", ".png", val());
            to.lines("train.txt", train(), Picture::id);
            to.lines("val.txt", val(), Picture::id);
        }
    },

    /** FMA: two sets of masks of the training part, of which one is to be chosen. */
    COCO_FMA("coco", Values.COCO, coco("train2014", 9, 25, 30), coco("val2014", 42, 73)) {
        @Override
        void write(Writer to) throws IOException {
            to.images("images/train2014", ".jpg", train());
            to.images("images/val2014", ".jpg", val());
            to.palette("annotations/train2014_ur", ".png", train());
            for (Picture p : train()) { // the other set of masks has a background only, so that it can be told apart
                to.mask("annotations/train2014_wt/" + p.id() + ".png", List.of(0, 0, 0));
            }
            to.palette("annotations/val2014_ur", ".png", val());
            to.lines("imagesLists/train.txt", train(), Picture::id);
            to.lines("imagesLists/val.txt", val(), Picture::id);
        }

        @Override
        public Datasets.Builder builder(Path root) {
            return super.builder(root).optMasks("ur");
        }
    },

    /** As DHR packs it. */
    COCO_DHR("coco", Values.COCO, coco("train2014", 9, 25, 30), coco("val2014", 42, 73)) {
        @Override
        void write(Writer to) throws IOException {
            dhr(to, "train");
        }
    },

    /** Fine and coarse masks, a test part whose masks are dummies, and the part that has coarse masks only. */
    CITYSCAPES(
            "cityscapes",
            Values.CITYSCAPES,
            ids("aachen_000000_000019", "aachen_000001_000019", "zurich_000000_000019"),
            ids("lindau_000000_000019")) {
        @Override
        void write(Writer to) throws IOException {
            street(to, "train", List.of("gtFine", "gtCoarse"), train());
            street(to, "val", List.of("gtFine", "gtCoarse"), val());
            street(to, "train_extra", List.of("gtCoarse"), List.of(picture("bamberg_000000_000019", 3)));
            to.images("leftImg8bit/test/bonn", "_leftImg8bit.png", List.of(picture("bonn_000000_000019", 0)));
            to.grey("gtFine/test/bonn/bonn_000000_000019_gtFine_labelIds.png", List.of(0, 0, 0));
        }
    },

    /** The SegNet tutorial's copy. */
    CAMVID("camvid", Values.CAMVID, ids("0001TP_006690", "0006R0_f00930"), ids("0016E5_07959")) {
        @Override
        void write(Writer to) throws IOException {
            part(to, "train", train());
            part(to, "val", val());
        }

        private void part(Writer to, String split, List<Picture> pictures) throws IOException {
            to.images(split, ".png", pictures);
            to.grey(split + "annot", ".png", pictures);
            to.lines(
                    split + ".txt",
                    pictures,
                    p -> "/SegNet/CamVid/" + split + "/" + p.id() + ".png /SegNet/CamVid/" + split + "annot/" + p.id()
                            + ".png");
        }
    },

    /** CARB's folders of CamVid. */
    CAMVID_CARB(
            "camvid", new int[] {3, 8, 0, 255}, new int[] {3, 8, 0, 255}, ids("0001TP_006690"), ids("0016E5_07959")) {
        @Override
        void write(Writer to) throws IOException {
            for (boolean train : new boolean[] {true, false}) {
                String split = train ? "train" : "val";
                to.images("img/" + split, ".png", train ? train() : val());
                to.grey("mask/" + split, ".png", train ? train() : val());
            }
        }
    },

    /** As published: panoptic masks, and no parts but those of lists. */
    WILDDASH2("wilddash2", Values.WILDDASH2, ids("at0001_100000", "be0002_100000"), List.of()) {
        @Override
        void write(Writer to) throws IOException {
            to.images("images", ".jpg", train());
            List<String> annotations = new ArrayList<>();
            for (Picture p : train()) {
                int[] segments = new int[3];
                List<String> infos = new ArrayList<>();
                for (int i = 0; i < 3; i++) { // ids that need more than one channel, and 0 for no segment
                    segments[i] = p.values().get(i) == 0 ? 0 : 1000 * p.values().get(i) + i;
                    if (segments[i] > 0) {
                        infos.add("{\"id\":" + segments[i] + ",\"category_id\":"
                                + p.values().get(i) + ",\"isthing\":0}");
                    }
                }
                to.segments("panoptic/" + p.id() + ".png", segments);
                annotations.add("{\"image_id\":\"" + p.id() + "\",\"file_name\":\"" + p.id()
                        + ".png\",\"segments_info\":[" + String.join(",", infos) + "]}");
            }
            to.text("panoptic.json", "{\"annotations\":[" + String.join(",\n", annotations) + "],\"categories\":[]}");
        }
    },

    /** CARB's folders of WildDash 2, with train ids. */
    WILDDASH2_CARB(
            "wilddash2",
            new int[] {1, 6, 24, 255},
            new int[] {1, 6, 24, 255},
            ids("at0001_100000", "be0002_100000"),
            ids("de0003_100000")) {
        @Override
        void write(Writer to) throws IOException {
            for (boolean train : new boolean[] {true, false}) {
                String split = train ? "train" : "val";
                to.images("img/" + split, ".jpg", train ? train() : val());
                to.grey("mask/" + split, "_labelTrainIds.png", train ? train() : val());
            }
        }
    },

    /** Masks made from the Detail API's ids in their order. */
    CONTEXT("context59", Values.CONTEXT, ids("2008_000002", "2008_000003"), ids("2008_000007")) {
        @Override
        void write(Writer to) throws IOException {
            contextFiles(to);
            to.palette("SegmentationClassContext", ".png", train());
            to.palette("SegmentationClassContext", ".png", val());
        }
    },

    /** The original release: MAT files of 459 classes, with their names. */
    CONTEXT_ORIGINAL(
            "context59-vocfirst",
            new int[] {2, 416, 23, 0},
            new int[] {0, 18, 1, 255},
            ids("2008_000002", "2008_000003"),
            ids("2008_000007")) {
        @Override
        void write(Writer to) throws IOException {
            contextFiles(to);
            to.mat("trainval", "LabelMap", MatlabType.UInt16, train());
            to.mat("trainval", "LabelMap", MatlabType.UInt16, val());
            List<String> names = IntStream.rangeClosed(1, 459)
                    .mapToObj(i -> "thing" + i)
                    .collect(Collectors.toCollection(ArrayList::new));
            for (LabelSet.Row row : LabelSet.PASCAL_CONTEXT_59.rows()) {
                if (row.id() > 0) {
                    names.set(row.id() - 1, row.name());
                }
            }
            to.text(
                    "labels.txt",
                    IntStream.rangeClosed(1, 459)
                            .mapToObj(i -> i + ": " + names.get(i - 1))
                            .collect(Collectors.joining("\n")));
        }
    },

    /** As DHR packs it. */
    CONTEXT_DHR(
            "context59-vocfirst",
            new int[] {0, 18, 58, 255},
            new int[] {0, 18, 58, 255},
            ids("2008_000002", "2008_000003"),
            ids("2008_000007")) {
        @Override
        void write(Writer to) throws IOException {
            dhr(to, "train");
        }
    },

    /** As published. */
    ADE20K(
            "ade20k",
            new int[] {1, 150, 13, 0},
            new int[] {0, 149, 12, 255},
            ids("ADE_train_00000001", "ADE_train_00000002"),
            ids("ADE_val_00000001")) {
        @Override
        void write(Writer to) throws IOException {
            to.images("images/training", ".jpg", train());
            to.images("images/validation", ".jpg", val());
            to.grey("annotations/training", ".png", train());
            to.grey("annotations/validation", ".png", val());
        }
    },

    /** As DHR packs it. */
    ADE20K_DHR(
            "ade20k",
            new int[] {0, 149, 12, 255},
            new int[] {0, 149, 12, 255},
            ids("ADE_train_00000001"),
            ids("ADE_val_00000001")) {
        @Override
        void write(Writer to) throws IOException {
            dhr(to, "train");
        }
    },

    /** The 164k images. */
    COCO_STUFF(
            "cocostuff",
            new int[] {0, 181, 12, 255},
            new int[] {0, 170, 11, 255},
            numbers(9, 25, 30),
            numbers(139, 285)) {
        @Override
        void write(Writer to) throws IOException {
            to.images("images/train2017", ".jpg", train());
            to.images("images/val2017", ".jpg", val());
            to.grey("annotations/train2017", ".png", train());
            to.grey("annotations/val2017", ".png", val());
        }
    },

    /** The 10k images: MAT files, with the official ids. */
    COCO_STUFF_10K(
            "cocostuff",
            new int[] {1, 182, 13, 0},
            new int[] {0, 170, 11, 255},
            coco("train2014", 9, 25),
            coco("train2014", 30)) {
        @Override
        void write(Writer to) throws IOException {
            for (List<Picture> part : List.of(train(), val())) {
                to.images("images", ".jpg", part);
                to.mat("annotations", "S", MatlabType.UInt8, part);
            }
            to.lines("imageLists/train.txt", train(), Picture::id);
            to.lines("imageLists/test.txt", val(), Picture::id);
            List<Picture> all = new ArrayList<>(train());
            all.addAll(val());
            to.lines("imageLists/all.txt", all, Picture::id);
        }
    },

    /** As DHR packs it. */
    COCO_STUFF_DHR(
            "cocostuff", new int[] {0, 170, 11, 255}, new int[] {0, 170, 11, 255}, numbers(9, 25), numbers(139)) {
        @Override
        void write(Writer to) throws IOException {
            dhr(to, "train");
        }
    };

    /** Rows of each image. */
    public static final int HEIGHT = 12;

    /** Columns of each image. */
    public static final int WIDTH = 18;

    private static final int STRIPE = WIDTH / 3;

    private final String kind;
    private final int[] values;
    private final int[] labels;
    private final List<Picture> train = new ArrayList<>();
    private final List<Picture> val = new ArrayList<>();

    /**
     * An image and what it shows.
     *
     * @param id of the sample
     * @param values of its three stripes, as the masks of the layout hold them
     * @param labels of its three stripes, 255 where they are ignored
     */
    public record Picture(String id, List<Integer> values, List<Integer> labels) {
        /** The labels of all pixels. */
        public LabelMap truth() {
            return stripes(labels);
        }

        /** The names of its tags in the order of the classes. */
        public List<String> tags(ClassCatalog classes) {
            return labels.stream()
                    .filter(label -> label != LabelMap.IGNORE && !(classes.hasBackground() && label == 0))
                    .sorted()
                    .map(classes.labelNames()::get)
                    .toList();
        }
    }

    /** The values that masks hold, and the labels that they stand for; the last is the background or ignored. */
    private record Values(int[] stored, int[] labels) {
        static final Values VOC = new Values(new int[] {1, 15, 20, 0}, new int[] {1, 15, 20, 0});
        static final Values COCO = new Values(new int[] {1, 12, 80, 0}, new int[] {1, 12, 80, 0});
        static final Values CITYSCAPES = new Values(new int[] {7, 23, 33, 1}, new int[] {0, 10, 18, 255});
        static final Values CAMVID = new Values(new int[] {3, 8, 0, 11}, new int[] {3, 8, 0, 255});
        static final Values WILDDASH2 = new Values(new int[] {7, 14, 38, 0}, new int[] {1, 6, 24, 255});
        static final Values CONTEXT = new Values(new int[] {1, 59, 17, 0}, new int[] {0, 58, 16, 255});
    }

    BenchmarkTree(String kind, Values values, List<String> train, List<String> val) {
        this(kind, values.stored, values.labels, train, val);
    }

    BenchmarkTree(String kind, int[] values, int[] labels, List<String> train, List<String> val) {
        this.kind = kind;
        this.values = values;
        this.labels = labels;
        for (String id : train) {
            this.train.add(picture(id, this.train.size()));
        }
        for (String id : val) {
            this.val.add(picture(id, this.train.size() + this.val.size()));
        }
    }

    /** The part of a text for {@link Datasets#open} before the colon. */
    public String kind() {
        return kind;
    }

    /** The training images in the dataset's order. */
    public List<Picture> train() {
        return List.copyOf(train);
    }

    /** The images to validate on; none where the layout has no such part. */
    public List<Picture> val() {
        return List.copyOf(val);
    }

    /** Writes the files into a folder that need not exist, and gives that folder. */
    public Path write(Path root) throws IOException {
        write(new Writer(root));
        return root;
    }

    /** What opens the files; where a layout asks for a choice, it is made. */
    public Datasets.Builder builder(Path root) {
        return Datasets.builder().setSpec(kind + ":" + root);
    }

    abstract void write(Writer to) throws IOException;

    final Picture picture(String id, int number) {
        int last = values.length - 1;
        int[] shown = {number % last, (number + 1) % last, last};
        return new Picture(
                id,
                Arrays.stream(shown).mapToObj(i -> values[i]).toList(),
                Arrays.stream(shown).mapToObj(i -> labels[i]).toList());
    }

    private static List<String> ids(String... ids) {
        return List.of(ids);
    }

    private static List<String> numbers(int... ids) {
        return Arrays.stream(ids).mapToObj(id -> String.format("%012d", id)).toList();
    }

    private static List<String> coco(String split, int... ids) {
        return numbers(ids).stream().map(id -> "COCO_" + split + "_" + id).toList();
    }

    private static LabelMap stripes(List<Integer> labels) {
        byte[] data = new byte[HEIGHT * WIDTH];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (int) labels.get(i % WIDTH / STRIPE);
        }
        return LabelMap.wrap(HEIGHT, WIDTH, data);
    }

    final void vocFiles(Writer to) throws IOException {
        for (List<Picture> part : List.of(train, val)) {
            to.images("JPEGImages", ".jpg", part);
            to.annotations("Annotations", LabelSet.VOC, part);
            to.palette("SegmentationClass", ".png", part);
            to.palette("SegmentationClassAug", ".png", part);
            to.palette("SegmentationObject", ".png", part);
        }
    }

    final void contextFiles(Writer to) throws IOException {
        to.images("JPEGImages", ".jpg", train);
        to.images("JPEGImages", ".jpg", val);
        to.lines("ImageSets/SegmentationContext/train.txt", train, Picture::id);
        to.lines("ImageSets/SegmentationContext/val.txt", val, Picture::id);
    }

    final void dhr(Writer to, String split) throws IOException {
        for (boolean training : new boolean[] {true, false}) {
            String folder = training ? split : "validation";
            to.images(folder + "/image", ".jpg", training ? train : val);
            to.palette(folder + "/mask", ".png", training ? train : val);
            to.annotations(folder + "/xml", LabelSet.of(kind), training ? train : val);
        }
    }

    final void street(Writer to, String split, List<String> kinds, List<Picture> pictures) throws IOException {
        for (Picture p : pictures) {
            String city = split + "/" + p.id().substring(0, p.id().indexOf('_'));
            to.images("leftImg8bit/" + city, "_leftImg8bit.png", List.of(p));
            for (String of : kinds) {
                String stem = of + "/" + city + "/" + p.id() + "_" + of;
                to.grey(stem + "_labelIds.png", p.values());
                to.grey(stem + "_instanceIds.png", List.of(1, 1, 1));
                to.grey(stem + "_labelTrainIds.png", p.labels());
                to.text(stem + "_polygons.json", "{\"imgHeight\":" + HEIGHT + ",\"imgWidth\":" + WIDTH + "}");
            }
        }
    }

    /** Writes the kinds of files that datasets are made of. */
    static final class Writer {
        private final Path root;
        /** Each image is of a level of its own, so that no two have the same bytes. */
        private final Map<String, Integer> levels = new HashMap<>();

        Writer(Path root) {
            this.root = root;
        }

        /** The place of a file, whose folder is made. */
        private Path file(String name) throws IOException {
            Path file = root.resolve(name);
            Files.createDirectories(file.getParent());
            return file;
        }

        void text(String name, String text) throws IOException {
            Files.writeString(file(name), text + "\n");
        }

        void lines(String name, List<Picture> pictures, Function<Picture, String> line) throws IOException {
            text(name, pictures.stream().map(line).collect(Collectors.joining("\n")));
        }

        void images(String folder, String ending, List<Picture> pictures) throws IOException {
            for (Picture p : pictures) {
                int level = levels.computeIfAbsent(p.id(), id -> 40 + 20 * levels.size());
                TestFiles.image(file(folder + "/" + p.id() + ending), HEIGHT, WIDTH, level);
            }
        }

        void palette(String folder, String ending, List<Picture> pictures) throws IOException {
            for (Picture p : pictures) {
                mask(folder + "/" + p.id() + ending, p.values());
            }
        }

        void mask(String name, List<Integer> values) throws IOException {
            LabelPng.write(file(name), stripes(values), ClassCatalog.vocPalette());
        }

        void grey(String folder, String ending, List<Picture> pictures) throws IOException {
            for (Picture p : pictures) {
                grey(folder + "/" + p.id() + ending, p.values());
            }
        }

        void grey(String name, List<Integer> values) throws IOException {
            BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_BYTE_GRAY);
            image.getRaster()
                    .setDataElements(0, 0, WIDTH, HEIGHT, stripes(values).toArray());
            ImageIO.write(image, "png", file(name).toFile());
        }

        void segments(String name, int... ids) throws IOException {
            byte[] rgb = new byte[HEIGHT * WIDTH * 3];
            for (int i = 0; i < rgb.length; i++) {
                rgb[i] = (byte) (ids[i / 3 % WIDTH / STRIPE] >> 8 * (i % 3));
            }
            ImageIO.write(
                    new RgbImage(HEIGHT, WIDTH, rgb).toBufferedImage(),
                    "png",
                    file(name).toFile());
        }

        /** VOC's annotations: objects that are difficult or have parts, and fractions of pixels. */
        void annotations(String folder, LabelSet set, List<Picture> pictures) throws IOException {
            for (Picture p : pictures) {
                StringBuilder xml = new StringBuilder("<annotation>\n<filename>" + p.id() + ".jpg</filename>\n");
                int difficult = 0;
                for (String name : p.tags(set.catalog())) {
                    xml.append("<object><name>")
                            .append(name)
                            .append("</name><pose>Left</pose><truncated>1</truncated>");
                    xml.append("<difficult>").append(difficult++ % 2).append("</difficult>");
                    xml.append("<bndbox><xmin>1.5</xmin><ymin>1</ymin><xmax>6</xmax><ymax>12</ymax></bndbox>");
                    xml.append("<part><name>head</name></part></object>\n");
                }
                text(folder + "/" + p.id() + ".xml", xml + "</annotation>");
            }
        }

        /** A MAT file of one variable, as MATLAB keeps it, column by column. */
        void mat(String folder, String variable, MatlabType type, List<Picture> pictures) throws IOException {
            for (Picture p : pictures) {
                mat(folder + "/" + p.id() + ".mat", variable, matrix(p.values(), type));
            }
        }

        /** One of SBD's annotations: a structure with the segmentation and more. */
        void sbd(String name, List<Integer> values) throws IOException {
            Struct cls = Mat5.newStruct();
            cls.set("Boundaries", Mat5.newCell(20, 1));
            cls.set("Segmentation", matrix(values, MatlabType.UInt8));
            cls.set("CategoriesPresent", Mat5.newScalar(values.get(0)));
            mat(name, "GTcls", cls);
        }

        void mat(String name, String variable, Array value) throws IOException {
            Mat5.writeToFile(
                    Mat5.newMatFile().addArray(variable, value), file(name).toFile());
        }

        private static Matrix matrix(List<Integer> values, MatlabType type) {
            Matrix matrix = Mat5.newMatrix(HEIGHT, WIDTH, type);
            for (int i = 0; i < HEIGHT * WIDTH; i++) {
                matrix.setInt(i % HEIGHT, i / HEIGHT, values.get(i / HEIGHT / STRIPE));
            }
            return matrix;
        }

        /**
         * COCO's instances: the first stripe as a polygon, the second as run lengths in one text, and a region of many
         * objects as run lengths in numbers, which covers the second once more.
         */
        void instances(String name, List<Picture> pictures) throws IOException {
            List<String> images = new ArrayList<>();
            List<String> annotations = new ArrayList<>();
            int[] counts = {HEIGHT * STRIPE, HEIGHT * STRIPE, HEIGHT * STRIPE};
            String size = "\"size\":[" + HEIGHT + "," + WIDTH + "],\"counts\":";
            String text = RleMask.ofCounts(HEIGHT, WIDTH, counts).toCoco();
            String polygon = "[[0,0," + STRIPE + ",0," + STRIPE + "," + HEIGHT + ".0,0," + HEIGHT + "]]";
            for (Picture p : pictures) {
                long id = Long.parseLong(p.id().substring(p.id().length() - 12));
                images.add("{\"id\":" + id + ",\"file_name\":\"" + p.id() + ".jpg\",\"height\":" + HEIGHT
                        + ",\"width\":" + WIDTH + "}");
                List<String> shapes = List.of(
                        polygon,
                        "{" + size + "\"" + text.replace("\\", "\\\\") + "\"}",
                        "{" + size + Arrays.toString(counts) + "}");
                for (int i = 0; i < 3; i++) {
                    int label = p.labels().get(Math.min(i, 1));
                    annotations.add("{\"id\":" + (10 * id + i) + ",\"image_id\":" + id + ",\"category_id\":"
                            + LabelSet.COCO.publishedId(label) + ",\"iscrowd\":" + i / 2 + ",\"area\":"
                            + HEIGHT * STRIPE + ",\"bbox\":[0,0,6,12],\"segmentation\":" + shapes.get(i) + "}");
                }
            }
            String categories = LabelSet.COCO.rows().stream()
                    .filter(row -> row.id() > 0)
                    .map(row -> "{\"supercategory\":\"" + row.group() + "\",\"id\":" + row.id() + ",\"name\":\""
                            + row.name() + "\"}")
                    .collect(Collectors.joining(","));
            text(
                    name,
                    "{\"info\":{\"year\":2014},\"images\":[" + String.join(",", images) + "],\"annotations\":["
                            + String.join(",\n", annotations) + "],\"categories\":[" + categories + "]}");
        }
    }
}
