package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A benchmark whose images lie in one tree of folders and whose masks in another, named after them: Cityscapes, ADE20K,
 * COCO-Stuff, WildDash 2, Pascal Context, CARB's CamVid, and what is laid out alike.
 *
 * <pre>{@code
 * Dataset val = TreeDataset.of(LabelSet.CITYSCAPES, Path.of("cityscapes"), "val").build();
 * }</pre>
 *
 * <table>
 * <caption>Layouts that {@link #of} knows</caption>
 * <tr><th>set</th><th>splits</th><th>images</th><th>masks, the first kind that is there</th></tr>
 * <tr><td>Cityscapes</td><td>train, val, train_extra; test has no masks</td>
 *     <td>{@code leftImg8bit/SPLIT/CITY/ID_leftImg8bit.png}</td>
 *     <td>{@code gtFine/SPLIT/CITY/ID_gtFine_labelIds.png}, {@code ..._gtFine_labelTrainIds.png}, the same of {@code
 *     gtCoarse}</td></tr>
 * <tr><td>ADE20K</td><td>training, validation</td><td>{@code images/SPLIT/ID.jpg}</td>
 *     <td>{@code annotations/SPLIT/ID.png}</td></tr>
 * <tr><td>COCO-Stuff</td><td>train2017, val2017</td><td>{@code images/SPLIT/ID.jpg}</td>
 *     <td>{@code annotations/SPLIT/ID.png}, for the 171 classes {@code ..._labelTrainIds.png}</td></tr>
 * <tr><td>COCO-Stuff, the first 10,000</td><td>{@code imageLists/SPLIT.txt}: train, test, all</td>
 *     <td>{@code images/ID.jpg}</td><td>{@code annotations/ID.mat}, its variable {@code S}</td></tr>
 * <tr><td>WildDash 2, as published</td><td>none but lists</td><td>{@code images/ID.jpg}</td>
 *     <td>{@code panoptic/ID.png} with {@code panoptic.json}</td></tr>
 * <tr><td>WildDash 2, as CARB has it</td><td>train, val</td><td>{@code img/SPLIT/ID.jpg}</td>
 *     <td>{@code mask/SPLIT/ID_labelIds.png}, {@code ..._labelTrainIds.png}</td></tr>
 * <tr><td>CamVid, as CARB has it</td><td>train, val</td><td>{@code img/SPLIT/ID.png}</td>
 *     <td>{@code mask/SPLIT/ID.png}; 255 is void, and so is SegNet's 11, which CARB's evaluation would count</td></tr>
 * <tr><td>Pascal Context</td><td>{@code ImageSets/SegmentationContext/SPLIT.txt}</td><td>{@code JPEGImages/ID.jpg}</td>
 *     <td>{@code SegmentationClassContext/ID.png}; {@code trainval/ID.mat} of the original release, its variable {@code
 *     LabelMap}, whose 459 values {@code labels.txt} names</td></tr>
 * <tr><td>VOC, Pascal Context (VOC's classes first), ADE20K and COCO-Stuff as DHR packs them</td>
 *     <td>train (VOC: train_aug), validation, test</td><td>{@code SPLIT/image/ID.jpg}</td>
 *     <td>{@code SPLIT/mask/ID.png}, which hold labels; tags are those of {@code SPLIT/xml/ID.xml}</td></tr>
 * </table>
 *
 * <p>Masks that are named for label ids, and those without a word for it, hold the {@linkplain LabelSet stored values} of
 * the set; those of train ids hold labels. Images may lie in the folder or in folders in it, one deep. The id of a sample
 * is its name without folder and ending, as in {@code aachen_000000_000019}.
 *
 * <p><b>Tags</b> are those of {@link Builder#optTags} or {@link Builder#optTagFile}. Without them they are derived from
 * the masks once, when the dataset is opened, by the any-pixel rule: a class is present when one pixel carries it. That
 * reads all masks, on all processors. CARB's {@code labels.npy} follow the same rule, of masks of its own making. After
 * that, masks are reached only through {@link #truth}.
 */
public final class TreeDataset extends FileDataset {
    private TreeDataset(String name, ClassCatalog classes, List<Entry> entries, Source source) {
        super(name, classes, entries, source);
    }

    /** A new builder, for a layout of your own. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * A builder for a split of a benchmark in its published layout, to which tags or a list may be added.
     *
     * @param labels {@link LabelSet#CITYSCAPES}, {@link LabelSet#ADE20K}, {@link LabelSet#COCO_STUFF}, {@link
     *     LabelSet#WILDDASH2}, {@link LabelSet#PASCAL_CONTEXT_59} or a form of these
     * @param split as the table above has it
     * @throws IllegalArgumentException if the set has no such layout
     * @throws InvalidDataException if the split's name leads out of the root
     */
    public static Builder of(LabelSet labels, Path root, String split) {
        return TreeLayout.of(labels, root).builder(labels, root, split);
    }

    /** The names of the label sets whose layout is known; CamVid, which has two, is not among them. */
    public static List<String> kinds() {
        return TreeLayout.kinds();
    }

    /**
     * Masks of one kind.
     *
     * @param folder relative to the root
     * @param ending what follows the id in the name of a mask
     * @param reader made once it is known that there are such masks
     */
    private record Masks(String folder, String ending, Supplier<MaskReader> reader) {}

    /** Says where images and masks lie; root, labels and images are required. */
    public static final class Builder {
        private @Nullable Path root;
        private @Nullable LabelSet labels;
        private @Nullable String images;
        private String imageEnding = "";
        private final List<Masks> kinds = new ArrayList<>();
        private @Nullable Path list;
        private @Nullable String part;
        private @Nullable Map<String, ImageTags> tags;
        private @Nullable Path tagFile;
        private @Nullable String annotations;
        private @Nullable String maskFolder;
        private boolean evaluation;
        private boolean gaps;

        private Builder() {}

        /** The folder that holds all. */
        public Builder setRoot(Path root) {
            this.root = root;
            return this;
        }

        /** The labels, and the values that stand for them in masks. */
        public Builder setLabels(LabelSet labels) {
            this.labels = labels;
            return this;
        }

        /** The folder of the images, relative to the root. */
        public Builder setImages(String folder) {
            this.images = folder;
            return this;
        }

        /**
         * How the names of the images end after the id, such as {@code _leftImg8bit.png}; other files are left out. By
         * default all images are taken, and the id is the name without extension.
         */
        public Builder optImageEnding(String ending) {
            this.imageEnding = ending;
            return this;
        }

        /**
         * Adds a kind of masks: the first kind that has a mask of one of the images is read.
         *
         * @param folder relative to the root; within it a mask lies as its image does within the images
         * @param ending what follows the id, such as {@code _gtFine_labelIds.png}
         * @param stored whether they hold the stored values of the label set, else its labels
         */
        public Builder optMasks(String folder, String ending, boolean stored) {
            return optMasks(
                    folder,
                    ending,
                    () -> stored
                            ? MaskReader.ofStored(requireLabels())
                            : MaskReader.of(requireLabels().catalog()));
        }

        /** The same, of masks in a form of their own. */
        Builder optMasks(String folder, String ending, Supplier<MaskReader> reader) {
            kinds.add(new Masks(folder, ending, reader));
            return this;
        }

        private LabelSet requireLabels() {
            return Objects.requireNonNull(labels);
        }

        /**
         * Adds a kind of masks in COCO's panoptic form: colour PNGs whose pixels are segments, and a JSON file that has their
         * categories, which are ids of the label set.
         *
         * @param folder relative to the root, with {@code ID.png} for each image
         * @param json relative to the root
         */
        public Builder optPanopticMasks(String folder, String json) {
            return optMasks(folder, ".png", () -> {
                Path file = TextLines.inside(Objects.requireNonNull(root), json, "panoptic masks");
                return MaskReader.ofSegments(requireLabels(), PanopticSegments.read(file));
            });
        }

        /** Leaves out all kinds of masks added so far: to name others, or to train from tags alone. */
        public Builder optNoMasks() {
            kinds.clear();
            return this;
        }

        /**
         * Leaves out all kinds of masks but those in a folder or the folders in it, such as {@code gtCoarse} of Cityscapes; by
         * default the first kind that is there is read.
         *
         * @param folder relative to the root
         */
        public Builder optMaskFolder(String folder) {
            this.maskFolder = folder;
            return this;
        }

        /**
         * A folder of annotations as VOC has them, {@code ID.xml}, whose objects are the tags where none are given; names
         * are the classes'.
         *
         * @param folder relative to the root
         */
        public Builder optAnnotations(String folder) {
            this.annotations = folder;
            return this;
        }

        /** A file of one id a line, or paths that end in one: only these samples, in this order. */
        public Builder optList(Path file) {
            this.list = file;
            return this;
        }

        /** Tags by id, or by folder and id as in {@code aachen/aachen_000000_000019}; every image needs an entry. */
        public Builder optTags(Map<String, ImageTags> tags) {
            this.tags = Map.copyOf(tags);
            return this;
        }

        /** A text file of tags, one line {@code id,class;class} for each image, likewise. */
        public Builder optTagFile(Path file) {
            this.tagFile = file;
            return this;
        }

        /** What the notes call this part; default is the name of the images' folder, or of the list. */
        Builder optPart(String part) {
            this.part = part;
            return this;
        }

        /** Whether this is to evaluate on only, so that no tag is needed; default false. */
        Builder optEvaluation(boolean evaluation) {
            this.evaluation = evaluation;
            return this;
        }

        /** Whether images and tags that are not there are kept for a check to tell of, and not refused; default false. */
        Builder optGaps(boolean kept) {
            this.gaps = kept;
            return this;
        }

        /** Whether the images' folder, and the list where one is set, are there. */
        boolean exists() {
            return root != null
                    && images != null
                    && Files.isDirectory(root.resolve(images))
                    && (list == null || Files.isRegularFile(list));
        }

        /**
         * Lists the folders, derives tags from the masks if need be, and looks at some of the masks.
         *
         * @throws IllegalStateException if root, labels or images were not set
         * @throws IllegalArgumentException if the tags are of other classes
         * @throws InvalidDataException if a folder or file is missing or leads out of the root, an id stands twice, there
         *     is no image, or no tag, or no mask is one of these images and classes; the message names the file
         */
        public TreeDataset build() {
            if (root == null || labels == null || images == null) {
                throw new IllegalStateException(
                        (root == null ? "setRoot" : labels == null ? "setLabels" : "setImages") + " is required");
            }
            String layout = labels.name() + " in its layout";
            TextLines.requireFolder(root, layout);
            Path folder = TextLines.inside(root, images, "images");
            TextLines.requireFolder(folder, "the images of " + layout);
            List<String> notes = new ArrayList<>();
            Map<String, Path> byId = byId(folder, notes);
            Gaps missing = new Gaps(gaps);
            List<Item> items = list == null
                    ? byId.entrySet().stream()
                            .map(e -> new Item(
                                    e.getKey(), e.getValue(), e.getValue().toString()))
                            .collect(Collectors.toCollection(ArrayList::new))
                    : listed(list, folder, byId, missing);
            if (items.isEmpty()) {
                throw new InvalidDataException(
                        folder + ": has no image" + (imageEnding.isEmpty() ? "" : " called <id>" + imageEnding)
                                + "; expected images of " + layout);
            }
            List<Masks> kinds = chosenKinds(root);
            Masks kind = kind(root, folder, kinds, items);
            if (kind == null && maskFolder != null) {
                throw new InvalidDataException(root.resolve(maskFolder) + ": has no mask of "
                        + Counts.of(items.size(), "image") + " of " + images + "; expected <id>"
                        + kinds.get(0).ending);
            }
            if (kind != null) {
                List<Path> unused = unused(root, folder, kinds, kind, byId);
                if (!unused.isEmpty()) {
                    notes.add(Counts.of(unused.size(), "mask") + " in " + kind.folder + " not used, of no image: "
                            + Counts.names(unused.stream()
                                    .map(file -> file.getFileName().toString())
                                    .toList()));
                }
                if (list == null && gaps) {
                    for (Path mask : unused) {
                        items.add(ofMask(root, folder, kind, mask, missing));
                    }
                }
            }
            ClassCatalog classes = labels.catalog();
            MaskReader reader = kind == null ? MaskReader.ofStored(labels) : kind.reader.get();
            List<@Nullable Path> masks = new ArrayList<>();
            for (Item item : items) {
                masks.add(kind == null ? null : mask(root, folder, kind, item));
            }
            boolean given = tags != null || tagFile != null || annotations != null;
            List<Supplier<ImageTags>> source = tags != null || tagFile != null
                    ? given(classes, items, missing, notes)
                    : annotations != null
                            ? annotated(
                                    TextLines.inside(root, annotations, "annotations"), classes, items, missing, notes)
                            : derived(classes, reader, kind == null ? folder : root.resolve(kind.folder), items, masks);
            List<Entry> entries = new ArrayList<>();
            for (int i = 0; i < items.size(); i++) {
                Item item = items.get(i);
                entries.add(new Entry(item.id, item.image, masks.get(i), source.get(i), item.origin));
            }
            String named = list == null ? images : TextLines.within(root, list);
            String last = part != null ? part : TextLines.stem(named);
            return new TreeDataset(
                    labels.name() + "/" + last,
                    classes,
                    entries,
                    new Source(
                            named,
                            kind == null
                                    ? ""
                                    : kind.folder + "/*" + kind.ending + (given ? "" : ", from which the tags come"),
                            reader,
                            evaluation,
                            missing,
                            notes));
        }

        private record Item(String id, Path image, String origin) {}

        /** Images by id, in the order of their ids. */
        private Map<String, Path> byId(Path folder, List<String> notes) {
            Map<String, Path> byId = new TreeMap<>();
            List<String> others = new ArrayList<>();
            for (Path file : files(folder)) {
                String name = file.getFileName().toString();
                boolean image = ImageFolder.isImage(name) && name.endsWith(imageEnding);
                if (!image) {
                    others.add(TextLines.within(folder, file));
                    continue;
                }
                Path before = byId.put(idOf(name), file);
                if (before != null) {
                    throw new InvalidDataException(file + ": has the id '" + idOf(name) + "' that " + before
                            + " has already; expected each id once");
                }
            }
            if (!others.isEmpty()) {
                notes.add(Counts.of(others.size(), "file") + " in " + images + " not used, as no image"
                        + (imageEnding.isEmpty() ? "" : " called <id>" + imageEnding) + ": " + Counts.names(others));
            }
            return byId;
        }

        private String idOf(String name) {
            return imageEnding.isEmpty()
                    ? TextLines.stem(name)
                    : name.substring(0, name.length() - imageEnding.length());
        }

        /** The files of a folder and of those in it, no deeper, so that links in a circle have an end. */
        private static List<Path> files(Path folder) {
            List<Path> files = new ArrayList<>();
            for (Path file : ImageFolder.files(folder)) {
                if (Files.isDirectory(file)) {
                    ImageFolder.files(file).stream()
                            .filter(Files::isRegularFile)
                            .forEach(files::add);
                } else {
                    files.add(file);
                }
            }
            return files;
        }

        private List<Item> listed(Path file, Path folder, Map<String, Path> byId, Gaps gaps) {
            List<Item> items = new ArrayList<>();
            for (TextLines.Line line : TextLines.read(file, "a list of ids")) {
                String name = line.text().substring(line.text().lastIndexOf('/') + 1);
                String id = line.text();
                if (!byId.containsKey(id)) {
                    id = byId.containsKey(name) ? name : name.endsWith(imageEnding) ? idOf(name) : name;
                }
                Path image = byId.get(id);
                if (image == null) {
                    gaps.image(
                            id,
                            new InvalidDataException(
                                    line.origin() + ": there is no image '" + line.text() + "' in " + folder));
                    image = TextLines.inside(
                            folder, id + (imageEnding.isEmpty() ? ".jpg" : imageEnding), line.origin());
                }
                items.add(new Item(id, image, line.origin()));
            }
            return items;
        }

        /** The kinds of masks that lie in the chosen folder, or all. */
        private List<Masks> chosenKinds(Path root) {
            if (maskFolder == null) {
                return kinds;
            }
            Path chosen = TextLines.inside(root, maskFolder, "mask folder").normalize();
            List<Masks> inside = kinds.stream()
                    .filter(kind -> root.resolve(kind.folder).normalize().startsWith(chosen))
                    .toList();
            if (inside.isEmpty() || !Files.isDirectory(chosen)) {
                throw new InvalidDataException(root + ": masks of '" + maskFolder
                        + "' were chosen, but there are none; expected a folder that is there and is or holds one of "
                        + Counts.names(
                                kinds.stream().map(Masks::folder).distinct().toList()));
            }
            return inside;
        }

        /** The first kind of which there is a mask, or null. */
        private static @Nullable Masks kind(Path root, Path folder, List<Masks> kinds, List<Item> items) {
            for (Masks kind : kinds) {
                TextLines.inside(root, kind.folder, "masks");
                for (Item item : items) {
                    if (mask(root, folder, kind, item) != null) {
                        return kind;
                    }
                }
            }
            return null;
        }

        private static @Nullable Path mask(Path root, Path folder, Masks kind, Item item) {
            Path sibling = folder.relativize(item.image).resolveSibling(item.id + kind.ending);
            Path mask = root.resolve(kind.folder).resolve(sibling);
            return Files.isRegularFile(mask) ? mask : null;
        }

        /** An image that is not there, as its mask says. */
        private Item ofMask(Path root, Path folder, Masks kind, Path mask, Gaps gaps) {
            String name = mask.getFileName().toString();
            String id = name.substring(0, name.length() - kind.ending.length());
            Path inside = root.resolve(kind.folder).relativize(mask);
            gaps.image(id, new InvalidDataException(mask + ": there is no image of this mask in " + folder));
            return new Item(
                    id,
                    folder.resolve(inside.resolveSibling(id + (imageEnding.isEmpty() ? ".jpg" : imageEnding))),
                    mask.toString());
        }

        /** Masks whose image is not there. */
        private static List<Path> unused(
                Path root, Path folder, List<Masks> kinds, Masks kind, Map<String, Path> byId) {
            Set<Path> used = new HashSet<>();
            byId.forEach((id, image) -> {
                Path mask = mask(root, folder, kind, new Item(id, image, ""));
                if (mask != null) {
                    used.add(mask);
                }
            });
            return files(root.resolve(kind.folder)).stream()
                    .filter(file -> file.toString().endsWith(kind.ending) && !used.contains(file))
                    .filter(file -> kinds.stream()
                            .noneMatch(other -> other.ending.length() > kind.ending.length()
                                    && file.toString().endsWith(other.ending)))
                    .toList();
        }

        private List<Supplier<ImageTags>> given(ClassCatalog classes, List<Item> items, Gaps gaps, List<String> notes) {
            Map<String, ImageTags> known;
            String from;
            if (tags != null) {
                VocLayout.requireClasses(tags, classes);
                known = tags;
                from = "the tags given";
            } else {
                Path table = Objects.requireNonNull(tagFile);
                known = TagTable.read(table, classes).rows().entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey, e -> e.getValue().tags()));
                from = table.toString();
            }
            Set<String> unused = new TreeSet<>(known.keySet());
            List<Supplier<ImageTags>> source = new ArrayList<>();
            for (Item item : items) {
                String inFolder = TextLines.folderName(item.image.resolveSibling(""), "") + "/" + item.id;
                String key = known.containsKey(item.id) ? item.id : inFolder;
                ImageTags found = known.get(key);
                unused.remove(key);
                source.add(
                        found != null
                                ? () -> found
                                : gaps.tags(new InvalidDataException(
                                        item.origin + ": '" + item.id + "' has no tags in " + from)));
            }
            if (!unused.isEmpty()) {
                notes.add("tags of " + Counts.of(unused.size(), "image") + " that " + images + " does not have: "
                        + Counts.names(unused));
            }
            return source;
        }

        private List<Supplier<ImageTags>> annotated(
                Path folder, ClassCatalog classes, List<Item> items, Gaps gaps, List<String> notes) {
            VocAnnotations read = VocAnnotations.read(
                    folder,
                    classes,
                    items.stream().map(Item::id).toList(),
                    items.stream().map(Item::origin).toList(),
                    gaps);
            notes.add("tags are the objects of " + annotations + "/<id>.xml");
            notes.addAll(read.notes(requireLabels().name(), evaluation));
            return items.stream().map(item -> read.tags(item.id)).toList();
        }

        /** Tags of the masks; of images without one none are known, which serves an evaluation only. */
        private List<Supplier<ImageTags>> derived(
                ClassCatalog classes, MaskReader reader, Path folder, List<Item> items, List<@Nullable Path> masks) {
            if (!evaluation && masks.stream().allMatch(mask -> mask == null)) {
                throw new InvalidDataException(folder + ": there are no masks of "
                        + Counts.of(items.size(), "image") + " from which tags could come ("
                        + (kinds.isEmpty()
                                ? "none are published"
                                : kinds.stream()
                                        .map(kind -> kind.folder + "/.../<id>" + kind.ending)
                                        .collect(Collectors.joining(", ")))
                        + "); expected masks, or tags");
            }
            List<Integer> order = new ArrayList<>();
            for (int i = 0; i < items.size(); i++) {
                order.add(i);
            }
            return order.parallelStream()
                    .map(i -> MaskTags.of(
                            classes, reader, masks.get(i), items.get(i).id, items.get(i).origin, evaluation))
                    .toList();
        }
    }
}
