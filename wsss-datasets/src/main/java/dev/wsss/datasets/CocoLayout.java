package dev.wsss.datasets;

import dev.wsss.api.InvalidDataException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where the images, masks, lists and annotations of a part of MS COCO lie, found by what is there.
 *
 * @param form in which programs it is laid out so
 * @param part {@code train} or {@code val}
 * @param images folder of the images, which may hold those of the other part too
 * @param year 2014 or 2017, empty where nothing says
 */
record CocoLayout(Form form, Path root, String part, String year, Path images) {
    private static final List<String> YEARS = List.of("2014", "2017");

    /** How programs lay COCO out; {@code PART} stands for train or val, {@code YEAR} for 2014 or 2017. */
    enum Form {
        OFFICIAL("as published", "PARTYEAR", List.of()),
        CLIP_ES("as CLIP-ES has it", "JPEGImages/PARTYEAR", List.of("SegmentationClass/PARTYEAR", "SegmentationClass")),
        AFA("as AFA and DuPL have it", "JPEGImages/PART", List.of("SegmentationClass/PART", "SegmentationClass")),
        FMA("as FMA has it", "images/PARTYEAR", List.of("annotations/PARTYEAR*")),
        DHR("as DHR has it", "PART/image", List.of("PART/mask")),
        CDL("as RIB and CDL have it", "JPEGImages", List.of("coco_seg_anno", "SegmentationClass"));

        private final String words;
        private final String images;
        private final List<String> masks;

        Form(String words, String images, List<String> masks) {
            this.words = words;
            this.images = images;
            this.masks = masks;
        }

        private String fill(String pattern, String part, String year) {
            String name = this == DHR && part.equals("val") ? "validation" : part;
            return pattern.replace("PART", name).replace("YEAR", year);
        }

        @Override
        public String toString() {
            return words;
        }
    }

    /**
     * The layout of a part.
     *
     * @param split {@code train} or {@code val}, with the year where a folder has two
     * @throws InvalidDataException if the folder has none or several
     */
    static CocoLayout of(Path root, String split) {
        TextLines.requireFolder(root, "MS COCO");
        List<CocoLayout> found = all(root, split);
        if (found.size() == 1) {
            return found.get(0);
        }
        if (found.isEmpty()) {
            String part = partOf(split);
            throw new InvalidDataException(root + ": has no images of COCO's " + split + "; expected a folder "
                    + Stream.of(Form.values())
                            .map(form -> form.fill(form.images, part, "2014") + " (" + form + ")")
                            .collect(Collectors.joining(", ")));
        }
        throw new InvalidDataException(root + ": has COCO's " + split + " more than once, in "
                + found.stream()
                        .map(layout -> TextLines.within(root, layout.images) + " (" + layout.form + ")")
                        .collect(Collectors.joining(" and "))
                + "; expected one of them, "
                + (found.stream()
                                        .map(CocoLayout::year)
                                        .distinct()
                                        .filter(y -> !y.isEmpty())
                                        .count()
                                == found.size()
                        ? "or the choice of a year, such as the list '" + found.get(0).part + found.get(0).year + "'"
                        : "so move or rename the other"));
    }

    /** Whether there is a folder for the images of a part. */
    static boolean exists(Path root, String split) {
        return split.matches("(train|val)(20\\d\\d)?") && !all(root, split).isEmpty();
    }

    private static String partOf(String split) {
        return split.startsWith("train") ? "train" : "val";
    }

    /** The layouts of a part whose folder of images is there. */
    static List<CocoLayout> all(Path root, String split) {
        if (!split.matches("(train|val)(2014|2017)?")) {
            throw new InvalidDataException(
                    root + ": split '" + split + "' is not known; expected train, val, train2014 or the like");
        }
        String part = partOf(split);
        String asked = split.substring(part.length());
        List<CocoLayout> found = new ArrayList<>();
        for (Form form : Form.values()) {
            boolean dated = form.images.contains("YEAR");
            for (String year : dated ? YEARS : List.of("")) {
                Path images = root.resolve(form.fill(form.images, part, year));
                boolean other = dated && !asked.isEmpty() && !asked.equals(year);
                if (!other && Files.isDirectory(images) && (form != Form.CDL || holdsImages(images))) {
                    found.add(new CocoLayout(form, root, part, dated ? year : asked, images));
                }
            }
        }
        return found;
    }

    private static boolean holdsImages(Path folder) {
        return ImageFolder.files(folder).stream()
                .anyMatch(file -> ImageFolder.isImage(file.getFileName().toString()));
    }

    /** Whether the images' folder holds those of both parts, so that something must tell them apart. */
    boolean holdsBothParts() {
        return form == Form.CDL;
    }

    /** Whether a folder of masks holds those of this part alone. */
    boolean isOfPart(Path masks) {
        return TextLines.within(root, masks).contains(form.fill("PART", part, ""));
    }

    /**
     * The folder of the masks.
     *
     * @param chosen a folder, or how its name ends as in {@code wt}; null for the only one there is
     * @return empty if there is none
     * @throws InvalidDataException if there are several and none was chosen, or the chosen one is not there
     */
    Optional<Path> masks(@Nullable String chosen) {
        List<Path> all = maskFolders();
        if (chosen != null) {
            Path named = TextLines.inside(root, chosen, "masks");
            return Optional.of(Files.isDirectory(named) ? named : ending(all, chosen));
        }
        if (all.size() > 1) {
            throw new InvalidDataException(root + ": has masks of " + part + " in " + names(all)
                    + ", which differ; expected the choice of one, such as '"
                    + TextLines.within(root, all.get(0)) + "'");
        }
        return all.stream().findFirst();
    }

    /** Whether there is something to evaluate against. */
    boolean hasTruth() {
        return !maskFolders().isEmpty() || instances().isPresent();
    }

    private List<Path> maskFolders() {
        List<Path> all = new ArrayList<>();
        for (String pattern : form.masks) {
            for (String y : year.isEmpty() ? YEARS : List.of(year)) {
                String name = form.fill(pattern, part, y);
                if (name.endsWith("*")) {
                    String start = name.substring(name.indexOf('/') + 1, name.length() - 1);
                    ImageFolder.files(root.resolve(name).resolveSibling("")).stream()
                            .filter(folder -> isFolder(folder, start))
                            .forEach(all::add);
                } else if (all.isEmpty() && Files.isDirectory(root.resolve(name))) {
                    all.add(root.resolve(name));
                }
            }
        }
        return all;
    }

    private static boolean isFolder(Path folder, String start) {
        String name = folder.getFileName().toString();
        return Files.isDirectory(folder) && (name.equals(start) || name.startsWith(start + "_"));
    }

    /** The folder of such an ending, or the one without any, which is all that some have for val. */
    private Path ending(List<Path> all, String chosen) {
        return Stream.of("_" + chosen, part + year)
                .flatMap(end -> all.stream()
                        .filter(folder -> folder.getFileName().toString().endsWith(end)))
                .findFirst()
                .orElseThrow(() -> new InvalidDataException(root + ": masks '" + chosen + "' of " + part
                        + " were chosen, but there is no such folder; expected "
                        + (all.isEmpty() ? "a folder of masks" : "one of " + names(all))));
    }

    private String names(List<Path> folders) {
        return Counts.names(
                folders.stream().map(folder -> TextLines.within(root, folder)).toList());
    }

    /** Annotations of objects, where they are. */
    Optional<Path> instances() {
        return (year.isEmpty() ? YEARS.stream() : Stream.of(year))
                .map(y -> "instances_" + part + y + ".json")
                .flatMap(name -> Stream.of(root.resolve("annotations").resolve(name), root.resolve(name)))
                .filter(Files::isRegularFile)
                .findFirst();
    }

    /** Annotations of the objects as VOC has them, which DHR keeps. */
    Optional<Path> xml() {
        return Optional.of(images.resolveSibling("xml"))
                .filter(folder -> form == Form.DHR && Files.isDirectory(folder));
    }

    /** The lists of a folder. */
    static ListChoice lists(Path root) {
        return ListChoice.ofFolders(
                root, List.of(root, root.resolve("List"), root.resolve("imagesLists"), root.resolve("ImageSets")));
    }

    /** The list of this part, if there is one of a published name. */
    Optional<Path> list() {
        return part.equals("train") ? lists(root).train() : lists(root).val();
    }
}
