package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
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
 * that keep ids as integers write it) or a pair of paths ({@code /JPEGImages/2007_000032.jpg
 * /SegmentationClassAug/2007_000032.png}, with or without the leading slash, the mask left out in test lists). Images of
 * bare ids are {@code JPEGImages/<id>.jpg}.
 *
 * <p><b>Tags</b> come from {@link Builder#optTags}, else from {@link Builder#optTagFile}, else from {@code
 * Annotations/<id>.xml}: every object whose name is a class counts, difficult, truncated and occluded ones included.
 *
 * <p><b>Masks</b> are those of the list's paths; for bare ids {@code <folder>/<id>.png}, where the folder is {@link
 * Builder#optMaskFolder}, by default {@code SegmentationClass}, or {@code SegmentationClassAug} when the split has "aug"
 * in its name or there is no other. Without that folder, or with {@link Builder#optTruth optTruth(false)}, the dataset
 * has no truth.
 */
public final class VocLayout extends FileDataset {
    /** The 20 classes of PASCAL VOC with background, in VOC's order and colours. */
    public static final ClassCatalog VOC_CLASSES = ClassCatalog.withBackground(List.of(
            "aeroplane",
            "bicycle",
            "bird",
            "boat",
            "bottle",
            "bus",
            "car",
            "cat",
            "chair",
            "cow",
            "diningtable",
            "dog",
            "horse",
            "motorbike",
            "person",
            "pottedplant",
            "sheep",
            "sofa",
            "train",
            "tvmonitor"));

    private VocLayout(String name, ClassCatalog classes, List<Entry> entries) {
        super(name, classes, entries);
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
         * Reads the list and finds the files.
         *
         * @throws IllegalStateException if root or split were not set
         * @throws IllegalArgumentException if the tags are of other classes
         * @throws InvalidDataException if a folder, the list, a listed file or a tag is missing, an id stands twice, a
         *     path leads out of the root, or a class name is unknown; the message names the file and line
         */
        public VocLayout build() {
            if (root == null || split == null) {
                throw new IllegalStateException((root == null ? "setRoot" : "setSplit") + " is required");
            }
            TextLines.requireFolder(root, "a folder in VOC layout");
            Path list = TextLines.inside(root, "ImageSets/Segmentation/" + split + ".txt", "split");
            Path augmented = TextLines.inside(root, "ImageSets/SegmentationAug/" + split + ".txt", "split");
            if (!Files.exists(list) && Files.exists(augmented)) {
                list = augmented;
            }
            Path maskRoot = maskRoot(root, split);
            TagSource source = tagSource(root);
            List<Entry> entries = new ArrayList<>();
            for (TextLines.Line line : TextLines.read(list, "the list of split '" + split + "'")) {
                String[] tokens = line.text().split("\\s+");
                if (tokens.length > 2) {
                    throw new InvalidDataException(line.origin() + ": is '" + line.text()
                            + "'; expected an id, or the paths of an image and its mask");
                }
                boolean path = tokens[0].contains("/") || tokens[0].contains(".");
                String id = path ? TextLines.stem(tokens[0]) : bareId(root, tokens[0], line.origin());
                Path image = TextLines.resolve(
                        root, path ? relative(tokens[0]) : "JPEGImages/" + id + ".jpg", line.origin());
                Path mask = null;
                if (tokens.length == 2 && truth) {
                    mask = TextLines.resolve(root, relative(tokens[1]), line.origin());
                } else if (!path && maskRoot != null) {
                    mask = TextLines.resolve(maskRoot, id + ".png", line.origin());
                }
                entries.add(new Entry(id, image, mask, source.tagsOf(id, line.origin()), line.origin()));
            }
            Path folder = root.toAbsolutePath().normalize().getFileName();
            return new VocLayout((folder == null ? "voc" : folder) + "/" + split, classes, entries);
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
            if (!list.contains("aug") && Files.isDirectory(official)) {
                return official;
            }
            return Files.isDirectory(augmented) ? augmented : null;
        }

        private static String relative(String path) {
            return path.startsWith("/") ? path.substring(1) : path;
        }

        private static String bareId(Path root, String token, String origin) {
            if (token.matches("\\d{10}") && !Files.exists(root.resolve("JPEGImages/" + token + ".jpg"))) {
                return token.substring(0, 4) + "_" + token.substring(4);
            }
            TextLines.inside(root, token, origin);
            return token;
        }

        @FunctionalInterface
        private interface TagSource {
            Supplier<ImageTags> tagsOf(String id, String origin);
        }

        private TagSource tagSource(Path folder) {
            Map<String, ImageTags> given = tags;
            if (given != null) {
                for (Map.Entry<String, ImageTags> e : given.entrySet()) {
                    if (!e.getValue().catalog().equals(classes)) {
                        throw new IllegalArgumentException("tags of '" + e.getKey() + "' are of "
                                + e.getValue().catalog() + "; expected " + classes);
                    }
                }
                return (id, origin) -> fixed(given.get(id), id, origin, "the tags given");
            }
            Path table = tagFile;
            if (table != null) {
                Map<String, TagTable.Row> rows = TagTable.read(table, classes);
                return (id, origin) -> {
                    TagTable.Row row = rows.get(id);
                    return fixed(row == null ? null : row.tags(), id, origin, table.toString());
                };
            }
            Path annotations = folder.resolve("Annotations");
            TextLines.requireFolder(annotations, "annotations, or tags by optTags or optTagFile");
            return (id, origin) -> {
                Path xml = TextLines.resolve(annotations, id + ".xml", origin);
                return () -> VocAnnotation.tags(xml, classes);
            };
        }

        private static Supplier<ImageTags> fixed(@Nullable ImageTags tags, String id, String origin, String source) {
            if (tags == null) {
                throw new InvalidDataException(origin + ": '" + id + "' has no tags in " + source);
            }
            return () -> tags;
        }
    }
}
