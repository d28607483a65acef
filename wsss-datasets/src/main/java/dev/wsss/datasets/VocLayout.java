package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder laid out as {@code VOCdevkit/VOC2012}: PASCAL VOC 2012 itself, with or without the SBD additions, or another
 * dataset in its form.
 *
 * <pre>{@code
 * Dataset train = VocLayout.builder().setRoot(Path.of("VOCdevkit/VOC2012")).setSplit("train_aug").build();
 * }</pre>
 *
 * <p><b>Samples</b> come from the list {@code ImageSets/Segmentation/<split>.txt}, or else {@code
 * ImageSets/SegmentationAug/<split>.txt}. A line is a bare id ({@code 2007_000032}; also {@code 2007000032}, as codes
 * that keep ids as integers write it, and ids with dots) or a pair of paths ({@code /JPEGImages/2007_000032.jpg
 * /SegmentationClassAug/2007_000032.png}, with or without the leading slash, the mask left out in test lists; absolute
 * paths where they lie inside the folder). Images of bare ids are {@code JPEGImages/<id>.jpg}, or of another kind that is
 * read.
 *
 * <p><b>Tags</b> come from {@link Builder#optTags}, else from {@link Builder#optTagFile}, else from {@code
 * Annotations/<id>.xml}: every object whose name is a class counts, difficult, truncated and occluded ones included, and
 * case does not matter. Annotations are read when the dataset is opened; objects of no class are told in {@link #notes}.
 *
 * <p><b>Masks</b> are those of the list's paths; for bare ids {@code <folder>/<id>.png}, where the folder is {@link
 * Builder#optMaskFolder}, by default {@code SegmentationClass}, or {@code SegmentationClassAug} when the split has "aug"
 * in its name or there is no other. Without that folder, or with {@link Builder#optTruth optTruth(false)}, the dataset
 * has no truth; images without a mask have none.
 */
public final class VocLayout extends FileDataset {
    /** The 20 classes of PASCAL VOC with background, in VOC's order and colours. */
    public static final ClassCatalog VOC_CLASSES = LabelSet.VOC.catalog();

    private VocLayout(String name, ClassCatalog classes, List<Entry> entries, Source source) {
        super(name, classes, entries, source);
    }

    /** A new builder. */
    public static Builder builder() {
        return new Builder();
    }

    /** Says where a VOC folder is and which part of it is wanted; root and split are required. */
    public static final class Builder {
        private @Nullable Path root;
        private @Nullable String split;
        private ClassCatalog classes = VOC_CLASSES;
        private @Nullable Map<String, ImageTags> tags;
        private @Nullable Path tagFile;
        private @Nullable String maskFolder;
        private boolean truth = true;
        private @Nullable ClassFile classFile;
        private @Nullable Path list;
        private boolean evaluation;
        private boolean gaps;

        private Builder() {}

        /** The folder that holds {@code JPEGImages} and {@code ImageSets}. */
        public Builder setRoot(Path root) {
            this.root = root;
            return this;
        }

        /** The list's name without extension, such as {@code train}, {@code train_aug} or {@code val}. */
        public Builder setSplit(String split) {
            this.split = split;
            return this;
        }

        /** Other classes than VOC's. */
        public Builder optClasses(ClassCatalog classes) {
            this.classes = classes;
            this.classFile = null;
            return this;
        }

        /** Other classes than VOC's, and how masks show them. */
        Builder optClassFile(ClassFile file) {
            this.classes = file.classes();
            this.classFile = file;
            return this;
        }

        ClassCatalog classes() {
            return classes;
        }

        /** A list of the split that lies elsewhere, or has another name. */
        Builder optListFile(Path list) {
            this.list = list;
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

        /** Tags by id, for instance from a {@code cls_labels.npy}; every listed id needs an entry. */
        public Builder optTags(Map<String, ImageTags> tags) {
            this.tags = Map.copyOf(tags);
            return this;
        }

        /** A text file of tags, one line {@code id,class;class} for each image, with or without a header line. */
        public Builder optTagFile(Path tagFile) {
            this.tagFile = tagFile;
            return this;
        }

        /** The folder of the masks of bare ids, relative to the root. */
        public Builder optMaskFolder(String maskFolder) {
            this.maskFolder = maskFolder;
            return this;
        }

        /**
         * Whether to look for masks; default true. With false the dataset has no truth and the list's masks need not
         * exist, which is all that training from tags asks for.
         */
        public Builder optTruth(boolean truth) {
            this.truth = truth;
            return this;
        }

        /**
         * Reads the list, finds the files, reads the annotations and looks at some of the masks.
         *
         * @throws IllegalStateException if root or split were not set
         * @throws IllegalArgumentException if the tags are of other classes
         * @throws InvalidDataException if a folder, the list, a listed image or a tag is missing, an id stands twice, a
         *     path leads out of the root, no image has a tag, or no mask is one of these images and classes; the message
         *     names the file and line
         */
        public VocLayout build() {
            if (root == null || split == null) {
                throw new IllegalStateException((root == null ? "setRoot" : "setSplit") + " is required");
            }
            TextLines.requireFolder(root, "a folder in VOC layout");
            Path file = list == null ? listOf(root, split) : list;
            ImageFolder images = ImageFolder.list(root.resolve("JPEGImages"));
            Gaps missing = new Gaps(gaps);
            List<Line> lines = TextLines.read(file, "the list of split '" + split + "'").stream()
                    .map(line -> line(root, images, line, missing))
                    .toList();
            List<String> ids = lines.stream().map(Line::id).toList();
            Path maskRoot = maskRoot(root, split);
            MaskFolder masks = maskRoot == null ? null : MaskFolder.list(maskRoot, ids);
            List<String> notes = new ArrayList<>();
            if (classFile != null) {
                notes.addAll(classFile.notes());
            }
            VocTags source = tags(root, lines, missing, notes);
            List<Entry> entries = new ArrayList<>();
            Set<String> maskFolders = new TreeSet<>();
            Set<String> gone = new TreeSet<>();
            for (Line line : lines) {
                Path mask = null;
                if (line.mask != null && truth) {
                    mask = Files.isRegularFile(line.mask) ? line.mask : null;
                    if (mask == null) {
                        gone.add(TextLines.within(root, line.mask));
                    }
                } else if (!line.path && masks != null) {
                    mask = masks.find(line.id);
                }
                if (mask != null) {
                    maskFolders.add(TextLines.within(root, mask.resolveSibling("")));
                }
                entries.add(new Entry(line.id, line.image, mask, source.of(line), line.origin));
            }
            if (!gone.isEmpty()) {
                notes.add(Counts.of(gone.size(), "mask") + " of the list " + (gone.size() == 1 ? "is" : "are")
                        + " not there: " + Counts.names(gone));
            }
            if (masks != null) {
                notes.addAll(masks.notes());
            }
            if (maskFolder == null && truth) {
                Stream.of("SegmentationClass", "SegmentationClassAug")
                        .filter(name -> Files.isDirectory(root.resolve(name)) && !maskFolders.contains(name))
                        .filter(name -> !maskFolders.isEmpty())
                        .forEach(name -> notes.add("masks in " + name + " are there too, and not used"));
            }
            return new VocLayout(
                    TextLines.folderName(root, "voc") + "/" + split,
                    classes,
                    entries,
                    new Source(
                            TextLines.within(root, file),
                            String.join(", ", maskFolders),
                            classFile == null ? MaskReader.of(classes) : MaskReader.of(classFile),
                            evaluation,
                            missing,
                            notes));
        }

        private static Path listOf(Path root, String split) {
            Path list = TextLines.inside(root, "ImageSets/Segmentation/" + split + ".txt", "split");
            Path augmented = TextLines.inside(root, "ImageSets/SegmentationAug/" + split + ".txt", "split");
            return !Files.exists(list) && Files.exists(augmented) ? augmented : list;
        }

        /** The folder of the masks of bare ids, or null. */
        private @Nullable Path maskRoot(Path folder, String list) {
            if (!truth) {
                return null;
            }
            if (maskFolder != null) {
                Path named = TextLines.inside(folder, maskFolder, "maskFolder");
                TextLines.requireFolder(named, "the masks named by maskFolder");
                return named;
            }
            Path official = folder.resolve("SegmentationClass");
            Path augmented = folder.resolve("SegmentationClassAug");
            boolean aug = list.contains("aug") && Files.isDirectory(augmented);
            if (!aug && Files.isDirectory(official)) {
                return official;
            }
            return Files.isDirectory(augmented) ? augmented : null;
        }

        /**
         * What a line of a list names.
         *
         * @param path whether it names the image's file and not an id
         * @param mask the mask that it names, which need not exist
         */
        private record Line(String id, Path image, boolean path, @Nullable Path mask, String origin) {}

        /** An id goes before a path, and an id with white space before a pair. */
        private static Line line(Path root, ImageFolder images, TextLines.Line line, Gaps gaps) {
            String origin = line.origin();
            Path whole = images.byId(line.text(), origin);
            if (whole != null) {
                return new Line(line.text(), whole, false, null, origin);
            }
            String[] tokens = line.text().split("\\s+");
            if (tokens.length > 2) {
                throw new InvalidDataException(
                        origin + ": is '" + line.text() + "'; expected an id, or the paths of an image and its mask");
            }
            if (tokens.length == 2 && tokens[1].matches("-1|0|1")) {
                throw new InvalidDataException(origin + ": is '" + line.text()
                        + "', of a list that says which images show one class; expected a list of images");
            }
            Path mask = tokens.length < 2 ? null : ofPath(root, tokens[1], origin);
            Path image = images.byId(tokens[0], origin);
            if (image != null) {
                return new Line(tokens[0], image, false, mask, origin);
            }
            String id = tokens[0];
            if (id.matches("\\d{10}")) {
                id = id.substring(0, 4) + "_" + id.substring(4);
                image = images.byId(id, origin);
                if (image != null) {
                    return new Line(id, image, false, mask, origin);
                }
            }
            boolean path = tokens[0].contains("/");
            image = path ? ofPath(root, tokens[0], origin) : images.find(tokens[0], origin);
            if (image == null) {
                TextLines.inside(root, tokens[0], origin);
                id = ImageFolder.isImage(id) ? TextLines.stem(id) : id;
                gaps.image(id, images.missing(tokens[0], origin));
                return new Line(id, TextLines.inside(root, "JPEGImages/" + id + ".jpg", origin), false, mask, origin);
            }
            id = TextLines.stem(image.getFileName().toString());
            if (!Files.isRegularFile(image)) {
                gaps.image(
                        id,
                        new InvalidDataException(origin + ": names '" + tokens[0] + "', but there is no file " + image
                                + (tokens[0].startsWith("/") ? ", and it is no absolute path inside " + root : "")));
            }
            return new Line(id, image, path, mask, origin);
        }

        /** A path that may begin with a slash although it starts from the root of the dataset. */
        private static Path ofPath(Path root, String path, String origin) {
            if (path.startsWith("/")) {
                Path relative = TextLines.inside(root, path.substring(1), origin);
                return Files.exists(relative) || !Files.exists(Path.of(path))
                        ? relative
                        : TextLines.inside(root, path, origin);
            }
            return TextLines.inside(root, path, origin);
        }

        @FunctionalInterface
        private interface VocTags {
            Supplier<ImageTags> of(Line line);
        }

        private VocTags tags(Path folder, List<Line> lines, Gaps gaps, List<String> notes) {
            Map<String, ImageTags> given = tags;
            if (given != null) {
                requireClasses(given, classes);
                noteUnused(given.keySet(), lines, notes);
                return line -> fixed(given.get(line.id), line, "the tags given", gaps);
            }
            Path table = tagFile;
            if (table != null) {
                TagTable rows = TagTable.read(table, classes);
                noteUnused(rows.rows().keySet(), lines, notes);
                return line -> {
                    TagTable.Row row = rows.rows().get(line.id);
                    return fixed(row == null ? null : row.tags(), line, table.toString(), gaps);
                };
            }
            Path annotations = folder.resolve("Annotations");
            TextLines.requireFolder(annotations, "the annotations that tell the tags, unless tags are given");
            VocAnnotations read = VocAnnotations.read(
                    annotations,
                    classes,
                    lines.stream().map(Line::id).toList(),
                    lines.stream().map(Line::origin).toList(),
                    gaps);
            notes.addAll(read.notes(classFile == null ? "VOC" : classFile.file().toString(), evaluation));
            return line -> read.tags(line.id);
        }

        private static void noteUnused(Set<String> ids, List<Line> lines, List<String> notes) {
            Set<String> unused = new TreeSet<>(ids);
            lines.forEach(line -> unused.remove(line.id));
            if (!unused.isEmpty()) {
                notes.add("tags of " + Counts.of(unused.size(), "image") + " that the list does not have: "
                        + Counts.names(unused));
            }
        }

        private static Supplier<ImageTags> fixed(@Nullable ImageTags tags, Line line, String source, Gaps gaps) {
            return tags != null
                    ? () -> tags
                    : gaps.tags(new InvalidDataException(line.origin + ": '" + line.id + "' has no tags in " + source));
        }
    }

    /** Refuses tags of other classes. */
    static void requireClasses(Map<String, ImageTags> tags, ClassCatalog classes) {
        tags.forEach((id, given) -> {
            if (!given.catalog().equals(classes)) {
                throw new IllegalArgumentException(
                        "tags of '" + id + "' are of " + given.catalog() + "; expected " + classes);
            }
        });
    }
}
