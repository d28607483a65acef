package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Your own images: a plain folder.
 *
 * <pre>
 * images/      cat1.jpg, park.png ...    of any kind that is read
 * classes.txt  one class name a line, the background first or left out
 * labels.csv   cat1.jpg,cat;sofa         file name or id (the name without extension), classes split by semicolons
 * masks/       cat1.png ...              optional, for evaluation: 8-bit palette or grey, the values are labels
 * train.txt    cat1                      optional lists of ids, see {@link Builder#optList}
 * </pre>
 *
 * <p>The samples are the lines of {@code labels.csv}, in order; a first line that begins with {@code file}, {@code
 * image}, {@code filename}, {@code id} or the like is a header. Nothing after the comma means that the image shows none
 * of the classes. Cells may stand in quotes, as RFC 4180 has it, and further cells are further classes; a header {@code
 * id,cat,dog} of classes stands over lines of 0 and 1. Semicolons cannot be part of names; their case does not matter.
 * Images without a line are left out, which {@link #notes} tell.
 *
 * <p>With a background (the default) mask value 0 is the background and class {@code k} of {@code classes.txt}, counted
 * from 1 without the background, has value {@code k}; without one the first class has value 0. Value 255 is ignored.
 * Masks may all be named with one ending, such as {@code cat1_mask.png}. Images without a mask take no part in an
 * evaluation. {@code classes.txt} may also be {@code class_names.txt}, {@code labels.txt} or CVAT's {@code labelmap.txt},
 * whose colours masks may have.
 */
public final class FolderDataset extends FileDataset {
    private FolderDataset(String name, ClassCatalog classes, List<Entry> entries, Source source) {
        super(name, classes, entries, source);
    }

    /** A new builder. */
    public static Builder builder() {
        return new Builder();
    }

    /** Says where a folder is and how to read it; the root is required. */
    public static final class Builder {
        private @Nullable Path root;
        private boolean background = true;
        private @Nullable String list;
        private @Nullable Path listFile;
        private @Nullable ClassFile classFile;
        private @Nullable Map<String, ImageTags> tags;
        private boolean evaluation;
        private boolean gaps;

        private Builder() {}

        /** The folder that holds {@code images} and {@code labels.csv}. */
        public Builder setRoot(Path root) {
            this.root = root;
            return this;
        }

        /** Whether there is a background besides the classes; default true. */
        public Builder optBackground(boolean background) {
            this.background = background;
            return this;
        }

        /** A file in the folder with one id or file name a line: only these samples, in this order. */
        public Builder optList(String list) {
            this.list = list;
            return this;
        }

        /**
         * Tags by id in place of {@code labels.csv}. Samples are the images that have an entry, by name, or those of the
         * list.
         */
        public Builder optTags(Map<String, ImageTags> tags) {
            this.tags = Map.copyOf(tags);
            return this;
        }

        /** A list that may lie elsewhere, in place of {@link #optList}. */
        Builder optListFile(Path file) {
            this.listFile = file;
            return this;
        }

        /** The classes in place of the folder's list of them. */
        Builder optClassFile(ClassFile file) {
            this.classFile = file;
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

        /**
         * Reads the text files, finds images and masks, and looks at some of the masks.
         *
         * @throws IllegalStateException if the root was not set
         * @throws IllegalArgumentException if the tags are of other classes
         * @throws InvalidDataException if a folder or file is missing, a class name is unknown, an image is listed twice,
         *     no image has a tag, or no mask is one of these images and classes; the message names the file and line
         */
        public FolderDataset build() {
            if (root == null) {
                throw new IllegalStateException("setRoot is required");
            }
            TextLines.requireFolder(root, "a folder with images, classes.txt and labels.csv");
            Path folder = root.resolve("images");
            TextLines.requireFolder(folder, "the folder of images");
            ClassFile classes = classes(root);
            ImageFolder images = ImageFolder.list(folder);
            List<String> notes = new ArrayList<>(classes.notes());
            Map<String, Entry> byId = new HashMap<>();
            Gaps missing = new Gaps(gaps);
            List<Entry> entries = tags == null
                    ? ofTable(root, classes, images, missing, notes)
                    : ofTags(tags, classes, images, notes);
            entries.forEach(entry -> byId.putIfAbsent(entry.id(), entry));
            MaskFolder masks = MaskFolder.list(
                    root.resolve("masks"),
                    images.all().stream().map(Builder::idOf).toList());
            notes.addAll(masks.notes(images.all().stream().map(Builder::idOf).toList()));
            String named = "labels.csv";
            String name = TextLines.folderName(root, "folder");
            Path file = listFile != null ? listFile : list == null ? null : TextLines.inside(root, list, "list");
            if (file != null) {
                entries = chosen(root, file, byId, images, missing);
                named = TextLines.within(root, file);
                name += "/" + TextLines.stem(file.getFileName().toString());
            } else if (tags != null) {
                named = "images with tags";
            }
            List<Entry> masked = entries.stream()
                    .map(e -> new Entry(e.id(), e.image(), masks.find(e.id()), e.tags(), e.origin()))
                    .toList();
            return new FolderDataset(
                    name,
                    classes.classes(),
                    masked,
                    new Source(named, "masks", MaskReader.of(classes), evaluation, missing, notes));
        }

        private static String idOf(Path image) {
            return TextLines.stem(image.getFileName().toString());
        }

        private ClassFile classes(Path folder) {
            if (classFile != null) {
                return classFile;
            }
            return ClassFile.find(folder, background)
                    .orElseGet(() -> ClassFile.read(folder.resolve("classes.txt"), background));
        }

        private static List<Entry> ofTable(
                Path root, ClassFile classes, ImageFolder images, Gaps gaps, List<String> notes) {
            TagTable table = TagTable.read(root.resolve("labels.csv"), classes.classes());
            if (table.backgrounds() > 0) {
                notes.add("labels.csv names the background " + Counts.of(table.backgrounds(), "time")
                        + ", which is no tag and not used");
            }
            List<Entry> entries = new ArrayList<>();
            Set<Path> listed = new HashSet<>();
            table.rows().forEach((name, row) -> {
                Path image = images.find(name, row.origin());
                if (image == null) {
                    image = missing(root, name, row.origin(), images, gaps);
                }
                listed.add(image);
                entries.add(new Entry(idOf(image), image, null, row::tags, row.origin()));
            });
            List<String> otherwise = table.rows().keySet().stream()
                    .filter(name -> !name.contains("/") && ImageFolder.isImage(name) && !images.isNamed(name))
                    .toList();
            if (!otherwise.isEmpty()) {
                notes.add(Counts.of(otherwise.size(), "image")
                        + " found by id, for labels.csv has another extension or case: " + Counts.names(otherwise));
            }
            noteUnlisted(images, listed, "line in labels.csv", notes);
            return entries;
        }

        private static List<Entry> ofTags(
                Map<String, ImageTags> tags, ClassFile classes, ImageFolder images, List<String> notes) {
            VocLayout.requireClasses(tags, classes.classes());
            List<Entry> entries = new ArrayList<>();
            Set<Path> listed = new HashSet<>();
            Set<String> unused = new TreeSet<>(tags.keySet());
            for (Path image : images.all()) {
                ImageTags given = tags.get(idOf(image));
                if (given != null) {
                    listed.add(image);
                    unused.remove(idOf(image));
                    entries.add(new Entry(idOf(image), image, null, () -> given, image.toString()));
                }
            }
            noteUnlisted(images, listed, "entry in the tags given", notes);
            if (!unused.isEmpty()) {
                notes.add("tags of " + Counts.of(unused.size(), "image") + " that the folder does not have: "
                        + Counts.names(unused));
            }
            return entries;
        }

        private static void noteUnlisted(ImageFolder images, Set<Path> listed, String what, List<String> notes) {
            List<String> unlisted = images.all().stream()
                    .filter(image -> !listed.contains(image))
                    .map(image -> image.getFileName().toString())
                    .toList();
            if (!unlisted.isEmpty()) {
                notes.add(Counts.of(unlisted.size(), "image") + " not used, without a " + what + ": "
                        + Counts.names(unlisted));
            }
        }

        /** The place of an image that is not there. */
        private static Path missing(Path root, String name, String origin, ImageFolder images, Gaps gaps) {
            String id = ImageFolder.isImage(name) || name.contains("/") ? TextLines.stem(name) : name;
            gaps.image(id, images.missing(name, origin));
            return TextLines.inside(root.resolve("images"), id + ".jpg", origin);
        }

        private static List<Entry> chosen(
                Path root, Path file, Map<String, Entry> byId, ImageFolder images, Gaps gaps) {
            List<Entry> chosen = new ArrayList<>();
            for (TextLines.Line line : TextLines.read(file, "a list of ids")) {
                Path image = images.find(line.text(), line.origin());
                if (image == null) {
                    image = missing(root, line.text(), line.origin(), images, gaps);
                }
                Entry entry = byId.get(idOf(image));
                Supplier<ImageTags> tags = entry != null
                        ? entry.tags()
                        : gaps.tags(new InvalidDataException(
                                line.origin() + ": '" + line.text() + "' has no line in labels.csv, and no tags"));
                chosen.add(new Entry(idOf(image), image, null, tags, line.origin()));
            }
            return chosen;
        }
    }
}
