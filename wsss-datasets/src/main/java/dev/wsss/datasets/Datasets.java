package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Opens datasets by a short text, as a command line gives it.
 *
 * <pre>{@code
 * DatasetSplits data = Datasets.builder()
 *         .setSpec("folder:pets")
 *         .optHoldOut(5)
 *         .open();
 * data.notes().forEach(System.out::println); // which list, how many images, tags and masks; what is not used
 * }</pre>
 */
public final class Datasets {
    private static final String STREET = "street";

    private static final String EXPECTED = "expected camvid:DIR, voc:DIR, coco:DIR, folder:DIR, one of "
            + String.join(", ", TreeDataset.kinds()) + " with :DIR, or shapes[:street,train=N,val=N,size=N,seed=N]";

    private static final String TAGS = "voc:DIR, coco:DIR, folder:DIR and benchmarks such as ade20k:DIR";
    private static final String ALL_BUT_SHAPES =
            "voc:DIR, coco:DIR, folder:DIR, camvid:DIR and benchmarks such as ade20k:DIR";
    private static final String MASKS = "voc:DIR, coco:DIR and benchmarks such as cityscapes:DIR";

    private Datasets() {}

    /**
     * Opens the training and validation parts of a dataset.
     *
     * <ul>
     *   <li>{@code camvid:DIR} - {@link CamVid}, lists train and, where there is one, val; a folder {@code img/train} without
     *       lists is read as CARB's, by {@link TreeDataset}
     *   <li>{@code voc:DIR} - {@link VocLayout}: to train, the list train_aug, trainaug or the like where there is one,
     *       else train; and val where that list and masks are there. Classes are those of a file {@code classes.txt}, {@code
     *       class_names.txt}, {@code labelmap.txt} or {@code labels.txt} in the folder, else VOC's
     *   <li>{@code coco:DIR} - {@link CocoDataset}, in whichever of its layouts the folder is, with a list of each part where
     *       there is one; and val where its images and either masks or annotations are there. A list may also be a part of
     *       these with its year, such as train2017
     *   <li>{@code folder:DIR} - {@link FolderDataset}, with lists {@code train.txt} and {@code val.txt} where the folder
     *       has them; without {@code train.txt} all images are trained on, and without {@code val.txt} there is no
     *       validation part
     *   <li>{@code cityscapes:DIR}, {@code ade20k:DIR}, {@code cocostuff:DIR}, {@code cocostuff27:DIR}, {@code
     *       wilddash2:DIR}, {@code context59:DIR} or another of {@link TreeDataset#kinds}, and voc as DHR packs it - {@link
     *       TreeDataset}, the split to train on and, where its folder and masks are there, the one to validate on. A list may
     *       also be another split of these, such as Cityscapes' train_extra
     *   <li>{@code shapes} - {@link ShapesDataset}, by default 400 and 100 scenes of 96 pixels from seed 0, as in {@code
     *       shapes:train=1000,size=128}; {@code shapes:street} for streets, where the size is their height
     * </ul>
     *
     * <p>What was chosen is the first of the parts' {@linkplain Dataset#notes notes}; {@link #builder} chooses otherwise.
     *
     * @throws IllegalArgumentException if the text is not one of these
     * @throws InvalidDataException if the folder is not what the kind says
     */
    public static DatasetSplits open(String spec) {
        return builder().setSpec(spec).open();
    }

    /**
     * The text for {@link #open} that the layout of a folder asks for, such as {@code voc:VOCdevkit/VOC2012}.
     *
     * <pre>{@code
     * DatasetSplits data = Datasets.open(Datasets.guess(Path.of("VOCdevkit/VOC2012")));
     * }</pre>
     *
     * @throws InvalidDataException if it is no folder, or its layout is none that is known, or that of several kinds, which
     *     the message names
     */
    public static String guess(Path folder) {
        List<String> kinds = LayoutGuess.kinds(folder);
        if (kinds.size() == 1) {
            return kinds.get(0) + ":" + folder;
        }
        throw new InvalidDataException(
                kinds.isEmpty()
                        ? folder + ": its layout is none of those known; expected its kind before it, such as voc:"
                                + folder + " or folder:" + folder
                        : folder + ": its layout is that of " + String.join(" and of ", kinds)
                                + "; expected the one that is meant before it, such as "
                                + String.join(
                                        " or ",
                                        kinds.stream()
                                                .map(kind -> kind + ":" + folder)
                                                .toList()));
    }

    /**
     * As {@code voc:DIR} of {@link #open}, with tags from elsewhere, such as the original programs' {@code cls_labels.npy},
     * in place of annotations.
     *
     * @param tags by id; each image of the lists needs an entry
     * @throws InvalidDataException if the folder is not VOC's, or an image has no tags
     */
    public static DatasetSplits voc(Path root, Map<String, ImageTags> tags) {
        return builder().setSpec("voc:" + root).optTags(tags).open();
    }

    /**
     * Reads a list of classes as {@link Builder#optClasses} does: one name a line, the background first or left out, numbered
     * or not, or CVAT's label map.
     *
     * @param background whether label 0 is a background
     * @throws InvalidDataException naming file and line, if there is no such file, a name stands twice, the background stands
     *     elsewhere than first or is not wanted, or there are no or too many names
     */
    public static ClassCatalog classes(Path file, boolean background) {
        return ClassFile.read(file, background).classes();
    }

    /** A new builder. */
    public static Builder builder() {
        return new Builder();
    }

    /** Says what to open, and what to choose otherwise than {@link Datasets#open} does; the text is required. */
    public static final class Builder {
        private @Nullable String spec;
        private @Nullable Path classes;
        private @Nullable String trainList;
        private @Nullable String valList;
        private @Nullable Function<ClassCatalog, Map<String, ImageTags>> tags;
        private @Nullable String masks;
        private int holdOut;
        private boolean gaps;

        private Builder() {}

        /** The text of {@link Datasets#open}. */
        public Builder setSpec(String spec) {
            this.spec = spec;
            return this;
        }

        /**
         * A file with the names of the classes, one a line in the order of their mask values, the background first or left
         * out; for voc and folder.
         */
        public Builder optClasses(Path file) {
            this.classes = file;
            return this;
        }

        /**
         * The list to train on: its name, or its file within the folder, with or without {@code .txt}; or a file elsewhere
         * by its absolute path. For all kinds but shapes.
         */
        public Builder optTrainList(String list) {
            this.trainList = list;
            return this;
        }

        /** The list to evaluate on, likewise. */
        public Builder optValList(String list) {
            this.valList = list;
            return this;
        }

        /** Tags by id in place of annotations, {@code labels.csv} or masks; for all kinds but shapes and camvid. */
        public Builder optTags(Map<String, ImageTags> tags) {
            return optTags(classes -> tags);
        }

        /** The same, from a function that is told the classes. */
        public Builder optTags(Function<ClassCatalog, Map<String, ImageTags>> tags) {
            this.tags = tags;
            return this;
        }

        /**
         * The folder of the masks, relative to the dataset's, where it has several for the same images: {@code
         * SegmentationClassAug} of VOC, {@code gtCoarse} of Cityscapes, {@code annotations/train2014_wt} of COCO as FMA has it
         * or in short {@code wt}, which does for both parts. For voc, coco and benchmarks such as cityscapes.
         */
        public Builder optMasks(String folder) {
            this.masks = folder;
            return this;
        }

        /**
         * Holds every {@code n}-th training image out to evaluate on, in place of a validation list; for all kinds but
         * shapes.
         *
         * @param everyNth at least 2
         */
        public Builder optHoldOut(int everyNth) {
            if (everyNth < 2) {
                throw new IllegalArgumentException(
                        "hold-out is every image of " + everyNth + "; expected every image of 2 or more");
            }
            this.holdOut = everyNth;
            return this;
        }

        /** Whether images and tags that are not there are kept for a check to tell of, and not refused; default false. */
        Builder optGaps(boolean kept) {
            this.gaps = kept;
            return this;
        }

        /**
         * Opens the parts.
         *
         * @throws IllegalStateException if the text was not set
         * @throws IllegalArgumentException if the text is not one of {@link Datasets#open}, or something was chosen that
         *     its kind does not read
         * @throws InvalidDataException if the folder is not what the kind says, or what was chosen is not there
         */
        public DatasetSplits open() {
            String text = spec;
            if (text == null) {
                throw new IllegalStateException("setSpec is required");
            }
            if (holdOut > 0 && valList != null) {
                throw new IllegalArgumentException("both a validation list ('" + valList + "') and a hold-out of every "
                        + holdOut + "th image were chosen; expected one of them");
            }
            int colon = text.indexOf(':');
            String kind = colon < 0 ? text : text.substring(0, colon);
            String rest = colon < 0 ? "" : text.substring(colon + 1);
            if (kind.equals("shapes")) {
                refuse(kind, "a list of classes", classes, "voc:DIR and folder:DIR");
                refuse(kind, "tags from elsewhere", tags, TAGS);
                refuse(kind, "a list to train on", trainList, ALL_BUT_SHAPES);
                refuse(kind, "a list to evaluate on", valList, ALL_BUT_SHAPES);
                refuse(kind, "a hold-out", holdOut > 0 ? holdOut : null, ALL_BUT_SHAPES);
                refuse(kind, "a choice of masks", masks, MASKS);
                return shapes(text, rest);
            }
            if (Set.of("camvid", "folder").contains(kind)) {
                refuse(kind, "a choice of masks", masks, MASKS);
            }
            boolean tree = TreeDataset.kinds().contains(kind);
            if (!(tree || Set.of("camvid", "voc", "coco", "folder").contains(kind)) || rest.isEmpty()) {
                throw new IllegalArgumentException("dataset '" + text + "' is not known; " + EXPECTED);
            }
            Path root;
            try {
                root = Path.of(rest);
            } catch (InvalidPathException e) {
                throw new IllegalArgumentException(
                        "dataset '" + text + "' names no folder: '" + rest + "' " + TextLines.noFileName(rest) + "; "
                                + EXPECTED,
                        e);
            }
            DatasetSplits splits =
                    switch (kind) {
                        case "camvid" -> isCarbs(root) ? tree(LabelSet.CAMVID, root) : camvid(root);
                        case "voc" -> isDhrs(root) ? tree(LabelSet.VOC, root) : voc(root);
                        case "coco" -> coco(root);
                        case "folder" -> folder(root);
                        default -> tree(LabelSet.of(kind), root);
                    };
            noteOverlap(splits);
            return splits;
        }

        private static void refuse(String kind, String what, @Nullable Object chosen, String kinds) {
            if (chosen != null) {
                throw new IllegalArgumentException(what + " is not read of " + kind + "; it is for " + kinds);
            }
        }

        private @Nullable Path valList(ListChoice lists) {
            if (valList != null) {
                return lists.named(valList);
            }
            return holdOut > 0 ? null : lists.val().orElse(null);
        }

        /** Whether a folder has CARB's layout of CamVid, and not the SegNet tutorial's. */
        private static boolean isCarbs(Path root) {
            return Files.isDirectory(root.resolve("img/train"))
                    && ListChoice.ofFolder(root).train().isEmpty();
        }

        private DatasetSplits camvid(Path root) {
            refuse("camvid", "a list of classes", classes, "voc:DIR and folder:DIR");
            refuse("camvid", "tags from elsewhere", tags, TAGS);
            TextLines.requireFolder(root, CamVid.EXPECTED);
            ListChoice lists = ListChoice.ofFolder(root);
            Path list = trainList == null ? lists.train().orElseThrow(lists::missing) : lists.named(trainList);
            Path valFile = valList(lists);
            CamVid train = CamVid.open(root, stem(list), list, gaps);
            CamVid val = valFile == null ? null : CamVid.open(root, stem(valFile), valFile, gaps);
            notePassedOver(train, lists, list, valFile);
            return parts(train, val);
        }

        /** Whether a folder has VOC as DHR packs it, and not as published. */
        private boolean isDhrs(Path root) {
            if (!TreeLayout.DHR.isAt(root)) {
                return false;
            }
            if (Files.isDirectory(root.resolve("JPEGImages"))) {
                throw new InvalidDataException(
                        root + ": has VOC both as published, in JPEGImages, and as DHR packs it; expected"
                                + " a folder with one of them");
            }
            refuse("voc as DHR packs it", "a list of classes", classes, "voc:DIR as published and folder:DIR");
            return true;
        }

        private DatasetSplits voc(Path root) {
            TextLines.requireFolder(root, "a folder in VOC layout");
            ListChoice lists = ListChoice.ofVoc(root);
            Path list = trainList == null ? lists.train().orElseThrow(lists::missing) : lists.named(trainList);
            boolean masks = this.masks != null
                    || Files.isDirectory(root.resolve("SegmentationClass"))
                    || Files.isDirectory(root.resolve("SegmentationClassAug"));
            Path valFile = masks || valList != null ? valList(lists) : null;
            VocLayout.Builder builder =
                    VocLayout.builder().setRoot(root).optTruth(masks).optGaps(gaps);
            classFile(root).ifPresent(builder::optClassFile);
            if (this.masks != null) {
                builder.optMaskFolder(this.masks).optTruth(true);
            }
            if (tags != null) {
                builder.optTags(tags.apply(builder.classes()));
            }
            VocLayout train = builder.setSplit(stem(list)).optListFile(list).build();
            VocLayout val = valFile == null
                    ? null
                    : builder.setSplit(stem(valFile))
                            .optListFile(valFile)
                            .optEvaluation(true)
                            .build();
            requireMasks(val, valFile, root.resolve("SegmentationClass"));
            notePassedOver(train, lists, list, valFile);
            noteClasses(train, root);
            return parts(train, val);
        }

        private DatasetSplits coco(Path root) {
            refuse("coco", "a list of classes", classes, "voc:DIR and folder:DIR");
            CocoDataset train = coco(root, "train", trainList).build();
            boolean evaluated = valList != null
                    || (holdOut == 0
                            && CocoLayout.exists(root, "val")
                            && CocoLayout.of(root, "val").hasTruth());
            CocoDataset val =
                    evaluated ? coco(root, "val", valList).optEvaluation(true).build() : null;
            if (val != null && !val.hasTruth()) {
                throw new InvalidDataException(val.name() + ": lists '" + val.id(0)
                        + "' for validation, but has neither a mask nor annotations of it; expected one of these");
            }
            notePassedOver(train, CocoLayout.lists(root), train.list(), val == null ? null : val.list());
            return parts(train, val);
        }

        /** The builder of a part: as the folder has it, of another year, or of a list. */
        private CocoDataset.Builder coco(Path root, String part, @Nullable String choice) {
            CocoDataset.Builder builder =
                    CocoDataset.builder().setRoot(root).setSplit(part).optGaps(gaps);
            if (choice != null && CocoLayout.exists(root, choice)) {
                builder.setSplit(choice);
            } else if (choice != null) {
                Path file = CocoLayout.lists(root).named(choice);
                builder.optList(file).optPart(stem(file));
            }
            if (tags != null) {
                builder.optTags(tags.apply(LabelSet.COCO.catalog()));
            }
            if (masks != null) {
                builder.optMasks(masks);
            }
            return builder;
        }

        private DatasetSplits folder(Path root) {
            TextLines.requireFolder(root, "a folder with images, classes.txt and labels.csv");
            ListChoice lists = ListChoice.ofFolder(root);
            Path list = trainList == null ? lists.train().orElse(null) : lists.named(trainList);
            Path valFile = valList(lists);
            FolderDataset.Builder builder =
                    FolderDataset.builder().setRoot(root).optGaps(gaps);
            Optional<ClassFile> file = classFile(root);
            file.ifPresent(builder::optClassFile);
            if (tags != null) {
                ClassFile known = file.orElseGet(() -> ClassFile.read(root.resolve("classes.txt"), true));
                builder.optTags(tags.apply(known.classes()));
            }
            if (list == null && valFile != null) {
                throw new InvalidDataException(root.resolve("train.txt") + ": no such file, but " + valFile
                        + " names images for validation; expected a list of those to train on too");
            }
            FolderDataset train = (list == null ? builder : builder.optListFile(list)).build();
            FolderDataset val = valFile == null
                    ? null
                    : builder.optListFile(valFile).optEvaluation(true).build();
            requireMasks(val, valFile, root.resolve("masks"));
            notePassedOver(train, lists, list, valFile);
            noteClasses(train, root);
            return parts(train, val);
        }

        private DatasetSplits tree(LabelSet set, Path root) {
            refuse(set.name(), "a list of classes", classes, "voc:DIR and folder:DIR");
            TextLines.requireFolder(root, set.name() + " in its published layout");
            TreeLayout layout = TreeLayout.of(set, root);
            TreeDataset train =
                    tree(layout, set, root, trainList, layout.train(root)).build();
            TreeDataset.Builder builder =
                    tree(layout, set, root, valList, layout.val()).optEvaluation(true);
            if (valList == null && (holdOut > 0 || !layout.hasSplits(root) || !builder.exists())) {
                return parts(train, null);
            }
            TreeDataset val = builder.build();
            if (val.hasTruth()) {
                return parts(train, val);
            }
            if (valList != null) {
                throw new InvalidDataException(val.name() + ": lists '" + val.id(0)
                        + "' for validation, but has no mask of any image; expected a split with masks");
            }
            return parts(train, null);
        }

        /** The builder of a part: of a split, or of a list of a split's images. */
        private TreeDataset.Builder tree(
                TreeLayout layout, LabelSet set, Path root, @Nullable String chosen, String split) {
            TreeDataset.Builder builder = TreeDataset.of(set, root, chosen == null ? split : chosen);
            if (chosen == null || (layout.hasSplits(root) && builder.exists())) {
                return choose(builder, set);
            }
            Path file = ListChoice.ofFolders(root, layout.lists(root, split)).named(chosen);
            return choose(TreeDataset.of(set, root, split).optList(file).optPart(stem(file)), set);
        }

        private TreeDataset.Builder choose(TreeDataset.Builder builder, LabelSet set) {
            builder.optGaps(gaps);
            if (tags != null) {
                builder.optTags(tags.apply(set.catalog()));
            }
            if (masks != null) {
                builder.optMaskFolder(masks);
            }
            return builder;
        }

        private static String stem(Path file) {
            return TextLines.stem(file.getFileName().toString());
        }

        private Optional<ClassFile> classFile(Path root) {
            return classes == null ? ClassFile.find(root, true) : Optional.of(ClassFile.read(classes, true));
        }

        private static void requireMasks(@Nullable Dataset val, @Nullable Path list, Path masks) {
            if (val != null && !val.hasTruth()) {
                throw new InvalidDataException(list + ": lists '" + val.id(0)
                        + "' for validation, but there is no " + masks + "/" + val.id(0)
                        + ".png, nor a mask of another of its images; expected a mask for each of its lines");
            }
        }

        private static void notePassedOver(
                FileDataset train, ListChoice lists, @Nullable Path trainList, @Nullable Path valList) {
            String others = lists.passedOver(Arrays.asList(trainList, valList));
            if (!others.isEmpty()) {
                train.note(others);
            }
        }

        private void noteClasses(FileDataset train, Path root) {
            Path own = root.resolve(ClassFile.NAMES.get(0));
            if (classes != null && Files.isRegularFile(own) && !own.equals(classes)) {
                train.note(own + " is not used, for the classes are those of " + classes);
            }
        }

        /** The parts, the second held out of the first if that was chosen. */
        private DatasetSplits parts(FileDataset train, @Nullable FileDataset val) {
            if (holdOut == 0) {
                if (val == null) {
                    train.note("no list to evaluate on, so no image is held out: all of " + train.name()
                            + " is trained on");
                }
                return new DatasetSplits(train, Optional.ofNullable(val));
            }
            if (train.size() < holdOut) {
                throw new InvalidDataException(train.name() + ": has " + Counts.of(train.size(), "image")
                        + ", of which every " + holdOut + "th was to be held out; expected at least " + holdOut);
            }
            int[] kept = IntStream.range(0, train.size())
                    .filter(i -> i % holdOut != holdOut - 1)
                    .toArray();
            int[] heldOut = IntStream.range(0, train.size())
                    .filter(i -> i % holdOut == holdOut - 1)
                    .toArray();
            if (IntStream.of(heldOut).noneMatch(train::hasTruth)) {
                throw new InvalidDataException(train.name() + ": every " + holdOut
                        + "th image was to be held out to evaluate on, but none of them has a mask; expected masks");
            }
            train.note("one image of " + holdOut + " is held out to evaluate on: "
                    + Counts.names(IntStream.of(heldOut).mapToObj(train::id).toList()));
            return new DatasetSplits(
                    train.subset(train.name() + "/train", kept),
                    Optional.of(train.subset(train.name() + "/val", heldOut)));
        }

        /** Tells of images that would be evaluated on as if they had not been trained on. */
        private static void noteOverlap(DatasetSplits splits) {
            if (!(splits.val().orElse(null) instanceof FileDataset val)) {
                return;
            }
            Set<String> trained = new HashSet<>();
            for (int i = 0; i < splits.train().size(); i++) {
                trained.add(splits.train().id(i));
            }
            List<String> both = IntStream.range(0, val.size())
                    .mapToObj(val::id)
                    .filter(trained::contains)
                    .toList();
            if (!both.isEmpty()) {
                val.note(val.name() + ": " + both.size() + " of " + Counts.of(val.size(), "image")
                        + " are also trained on, in " + splits.train().name() + ": " + Counts.names(both));
            }
        }
    }

    private static DatasetSplits shapes(String spec, String options) {
        Map<String, Integer> values = new HashMap<>(Map.of("train", 400, "val", 100, "size", 0, "seed", 0));
        ShapesDataset.Scenery scenery = ShapesDataset.Scenery.GROUND;
        for (String option : options.isEmpty() ? new String[0] : options.split(",", -1)) {
            if (option.equals(STREET)) {
                scenery = ShapesDataset.Scenery.STREET;
                continue;
            }
            String[] pair = option.split("=", 2);
            if (pair.length != 2 || !values.containsKey(pair[0]) || !pair[1].matches("\\d{1,9}")) {
                throw new IllegalArgumentException(
                        "option '" + option + "' of dataset '" + spec + "' is not known; " + EXPECTED);
            }
            values.put(pair[0], Integer.parseInt(pair[1]));
        }
        int seed = values.getOrDefault("seed", 0);
        ShapesDataset.Builder shapes = ShapesDataset.builder().optScenery(scenery);
        int size = values.getOrDefault("size", 0);
        if (options.contains("size=")) {
            shapes.optSize(size, scenery == ShapesDataset.Scenery.STREET ? 2 * size : size);
        }
        Dataset train = shapes.setCount(values.getOrDefault("train", 400))
                .setSeed(seed)
                .optName("shapes/train")
                .build();
        Dataset val = shapes.setCount(values.getOrDefault("val", 100))
                .setSeed(~(long) seed) // no training seed is negative, so no two parts share scenes
                .optName("shapes/val")
                .build();
        return new DatasetSplits(train, Optional.of(val));
    }
}
