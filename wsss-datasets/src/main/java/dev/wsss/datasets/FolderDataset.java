package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Your own images: a plain folder.
 *
 * <pre>
 * images/      cat1.jpg, park.png ...    .jpg, .jpeg or .png
 * classes.txt  one class name a line
 * labels.csv   cat1.jpg,cat;sofa         file name or id (the name without extension), classes split by semicolons
 * masks/       cat1.png ...              optional, for evaluation: 8-bit palette or grey, the values are labels
 * train.txt    cat1                      optional lists of ids, see {@link Builder#optList}
 * </pre>
 *
 * <p>The samples are the lines of {@code labels.csv}, in order; a first line that begins with {@code file}, {@code
 * image}, {@code filename} or {@code id} is a header. Nothing after the comma means that the image shows none of the
 * classes. Commas and semicolons cannot be part of names. Images without a line are left out, with a log message.
 *
 * <p>With a background (the default) mask value 0 is the background and class {@code k} of {@code classes.txt},
 * counted from 1, has value {@code k}; without one the first class has value 0. Value 255 is ignored. There must be a
 * mask for every sample or for none.
 */
public final class FolderDataset extends FileDataset {
    private static final Logger LOG = LoggerFactory.getLogger(FolderDataset.class);

    private FolderDataset(String name, ClassCatalog classes, List<Entry> entries) {
        super(name, classes, entries);
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
         * Reads the text files and finds images and masks.
         *
         * @throws IllegalStateException if the root was not set
         * @throws InvalidDataException if a folder or file is missing, a class name is unknown, an image is listed twice
         *     or only some samples have a mask; the message names the file and line
         */
        public FolderDataset build() {
            if (root == null) {
                throw new IllegalStateException("setRoot is required");
            }
            TextLines.requireFolder(root, "a folder with images, classes.txt and labels.csv");
            Path folder = root.resolve("images");
            TextLines.requireFolder(folder, "the folder of images");
            ClassCatalog classes = classes(root.resolve("classes.txt"));
            Map<String, Path> images = imagesByName(folder);

            List<Entry> entries = new ArrayList<>();
            Map<String, Entry> byName = new HashMap<>();
            Path masks = root.resolve("masks");
            TagTable.read(root.resolve("labels.csv"), classes).forEach((name, row) -> {
                Path image = images.get(name);
                if (image == null) {
                    throw new InvalidDataException(row.origin() + ": there is no image '" + name + "' in " + folder);
                }
                String file = image.getFileName().toString();
                String id = TextLines.stem(file);
                Path mask = masks.resolve(id + ".png");
                Entry entry = new Entry(id, image, Files.isRegularFile(mask) ? mask : null, row::tags, row.origin());
                entries.add(entry);
                byName.put(id, entry);
                byName.put(file, entry);
            });
            long unlisted = new HashSet<>(images.values()).size() - entries.size();
            if (unlisted > 0) {
                LOG.info("{}: {} images have no line in labels.csv and are left out", root, unlisted);
            }
            Path end = root.toAbsolutePath().normalize().getFileName();
            String name = end == null ? "folder" : end.toString();
            if (list == null) {
                return new FolderDataset(name, classes, entries);
            }
            List<Entry> chosen = new ArrayList<>();
            Path file = TextLines.inside(root, list, "list");
            for (TextLines.Line line : TextLines.read(file, "a list of ids")) {
                Entry entry = byName.get(line.text());
                if (entry == null) {
                    throw new InvalidDataException(line.origin() + ": '" + line.text() + "' has no line in labels.csv");
                }
                chosen.add(new Entry(entry.id(), entry.image(), entry.mask(), entry.tags(), line.origin()));
            }
            return new FolderDataset(name + "/" + TextLines.stem(list), classes, chosen);
        }

        private ClassCatalog classes(Path file) {
            List<String> names = new ArrayList<>();
            Set<String> seen = new HashSet<>();
            for (TextLines.Line line : TextLines.read(file, "one class name a line")) {
                if (!seen.add(line.text()) || line.text().contains(";")) {
                    throw new InvalidDataException(line.origin() + ": class name '" + line.text()
                            + "' stands twice or has a semicolon; expected distinct names without");
                }
                names.add(line.text());
            }
            int most = ClassCatalog.MAX_LABELS - (background ? 1 : 0);
            if (names.isEmpty() || names.size() > most) {
                throw new InvalidDataException(file + ": has " + names.size() + " classes; expected 1 to " + most);
            }
            return background ? ClassCatalog.withBackground(names) : ClassCatalog.withoutBackground(names);
        }

        /** The images of a folder by file name, and by id. */
        private static Map<String, Path> imagesByName(Path folder) {
            Map<String, Path> images = new HashMap<>();
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.sorted().toList()) {
                    String name = file.getFileName().toString();
                    if (!name.toLowerCase(Locale.ROOT).matches(".+\\.(jpe?g|png)")) {
                        continue;
                    }
                    images.put(name, file);
                    Path twin = images.put(TextLines.stem(name), file);
                    if (twin != null) {
                        throw new InvalidDataException(
                                folder + ": " + twin.getFileName() + " and " + name + " have the same id");
                    }
                }
            } catch (IOException e) {
                throw new InvalidDataException(folder + ": cannot be listed (" + e + ")", e);
            }
            return images;
        }
    }
}
