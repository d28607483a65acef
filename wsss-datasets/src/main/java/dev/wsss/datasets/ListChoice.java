package dev.wsss.datasets;

import dev.wsss.api.InvalidDataException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which list of a folder names the samples of a part. */
final class ListChoice {
    /** Names of lists to train on as programs publish them, the larger sets first. */
    private static final List<String> TRAIN = List.of(
            "train_aug",
            "trainaug",
            "train_aug_id",
            "trainaug_id",
            "train_augmented",
            "train-aug",
            "train",
            "train_id",
            "training",
            "train14",
            "train2014",
            "train_2014",
            "train2017");

    /** Lists of all images in VOC layout, where there is none to train on; CVAT calls it default. */
    private static final List<String> WHOLE = List.of("default", "trainval");

    private static final List<String> VAL =
            List.of("val", "val_id", "validation", "valid", "val14", "val2014", "val_2014", "val2017");

    private final Path root;
    /** Where lists lie, by precedence. */
    private final List<Path> folders;

    private final boolean voc;

    private ListChoice(Path root, List<Path> folders, boolean voc) {
        this.root = root;
        this.folders = folders;
        this.voc = voc;
    }

    /** Of a folder in VOC layout. */
    static ListChoice ofVoc(Path root) {
        return new ListChoice(
                root, List.of(root.resolve("ImageSets/Segmentation"), root.resolve("ImageSets/SegmentationAug")), true);
    }

    /** Of a folder whose lists lie in itself. */
    static ListChoice ofFolder(Path root) {
        return new ListChoice(root, List.of(root), false);
    }

    /** Of a folder whose lists lie in these folders of it. */
    static ListChoice ofFolders(Path root, List<Path> folders) {
        return new ListChoice(root, folders, false);
    }

    /** The list to train on, if there is one of a published name. */
    Optional<Path> train() {
        Optional<Path> train = first(TRAIN);
        return train.isEmpty() && voc ? first(WHOLE) : train;
    }

    /** The list to evaluate on, likewise. */
    Optional<Path> val() {
        return first(VAL);
    }

    private Optional<Path> first(List<String> names) {
        for (String name : names) {
            for (Path folder : folders) {
                List<Path> files = ImageFolder.files(folder).stream()
                        .filter(file -> isList(file)
                                && TextLines.stem(file.getFileName().toString()).equalsIgnoreCase(name))
                        .toList();
                for (Path file : files) {
                    if (files.size() == 1 || file.getFileName().toString().equals(name + ".txt")) {
                        return Optional.of(file);
                    }
                }
                if (files.size() > 1) {
                    throw new InvalidDataException(
                            folder + ": has " + files.get(0).getFileName() + " and "
                                    + files.get(1).getFileName() + "; expected one of them, or the choice of one");
                }
            }
        }
        return Optional.empty();
    }

    /**
     * The list that a user names: a file of the folder, or a list by its name, with or without {@code .txt}.
     *
     * @throws InvalidDataException if there is no such list; the message names those that are there
     */
    Path named(String name) {
        List<Path> candidates = new ArrayList<>();
        try {
            Path path = Path.of(name);
            for (String ending : new String[] {"", ".txt"}) {
                if (path.isAbsolute()) {
                    candidates.add(Path.of(name + ending));
                    continue;
                }
                for (Path folder : folders) {
                    candidates.add(
                            TextLines.inside(root, TextLines.within(root, folder.resolve(name + ending)), "list"));
                }
                candidates.add(TextLines.inside(root, name + ending, "list"));
                candidates.add(TextLines.inside(root, "ImageSets/" + name + ending, "list"));
            }
        } catch (InvalidPathException e) {
            throw new InvalidDataException("list '" + name + "' " + TextLines.noFileName(name), e);
        }
        return candidates.stream()
                .filter(Files::isRegularFile)
                .findFirst()
                .orElseThrow(() -> new InvalidDataException(root + ": there is no list '" + name
                        + "' in this folder (no such file); expected " + names(all())));
    }

    /** The refusal of a folder without a list to train on. */
    InvalidDataException missing() {
        return new InvalidDataException(folders.get(0).resolve("train.txt")
                + ": no such file; expected a list to train on, by this or another name in use (" + TRAIN
                + "), or the choice of "
                + names(all()));
    }

    /** Lists that are there and not among those chosen, with their lengths; empty if there are none. */
    String passedOver(List<@Nullable Path> chosen) {
        List<String> others = new ArrayList<>();
        for (Path folder : folders) {
            for (Path file : ImageFolder.files(folder)) {
                String name = file.getFileName().toString();
                if (isList(file) && !chosen.contains(file) && (voc || name.matches("(?i)(train|val|test|aug).*"))) {
                    others.add(TextLines.within(root, file) + " (" + length(file) + ")");
                }
            }
        }
        return others.isEmpty() ? "" : "lists that are not used: " + String.join(", ", others);
    }

    private static String length(Path file) {
        try {
            return Counts.of(TextLines.read(file, "a list").size(), "line");
        } catch (InvalidDataException e) {
            return "unreadable";
        }
    }

    /** All lists, those for other tasks too. */
    private List<Path> all() {
        List<Path> all = new ArrayList<>();
        for (Path folder : folders) {
            all.addAll(ImageFolder.files(folder));
        }
        all.addAll(ImageFolder.files(root.resolve("ImageSets/Main")));
        return all.stream().filter(ListChoice::isList).toList();
    }

    private String names(List<Path> files) {
        return files.isEmpty()
                ? "a list, but there is none in " + folders.get(0)
                : "one of "
                        + Counts.names(files.stream()
                                .map(f -> TextLines.within(root, f))
                                .toList());
    }

    private static boolean isList(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(".txt") && !ClassFile.NAMES.contains(name) && Files.isRegularFile(file);
    }
}
