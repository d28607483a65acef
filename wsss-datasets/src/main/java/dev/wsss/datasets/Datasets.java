package dev.wsss.datasets;

import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Opens datasets by a short text, as a command line gives it. */
public final class Datasets {
    private static final String EXPECTED =
            "expected camvid:DIR, voc:DIR, folder:DIR or shapes[:train=N,val=N,size=N,seed=N]";

    private Datasets() {}

    /**
     * Opens the training and validation parts of a dataset.
     *
     * <ul>
     *   <li>{@code camvid:DIR} - {@link CamVid}, lists train and val
     *   <li>{@code voc:DIR} - {@link VocLayout}, list train_aug where there is one, else train; and val where that list
     *       and masks are there
     *   <li>{@code folder:DIR} - {@link FolderDataset}, with lists {@code train.txt} and {@code val.txt} where the folder
     *       has the latter; without, every fifth sample is held out if there are masks and at least five samples, and
     *       otherwise there is no validation part
     *   <li>{@code shapes} - {@link ShapesDataset}, by default 400 and 100 scenes of 96 pixels from seed 0, as in {@code
     *       shapes:train=1000,size=128}
     * </ul>
     *
     * @throws IllegalArgumentException if the text is not one of these
     * @throws InvalidDataException if the folder is not what the kind says
     */
    public static DatasetSplits open(String spec) {
        int colon = spec.indexOf(':');
        String kind = colon < 0 ? spec : spec.substring(0, colon);
        String rest = colon < 0 ? "" : spec.substring(colon + 1);
        if (kind.equals("shapes")) {
            return shapes(spec, rest);
        }
        if (rest.isEmpty()) {
            throw new IllegalArgumentException("dataset '" + spec + "' is not known; " + EXPECTED);
        }
        Path root;
        try {
            root = Path.of(rest);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("dataset '" + spec + "' names no folder; " + EXPECTED, e);
        }
        return switch (kind) {
            case "camvid" -> new DatasetSplits(CamVid.open(root, "train"), Optional.of(CamVid.open(root, "val")));
            case "voc" -> voc(root, VocLayout.builder());
            case "folder" -> folder(root);
            default -> throw new IllegalArgumentException("dataset '" + spec + "' is not known; " + EXPECTED);
        };
    }

    /**
     * As {@code voc:DIR} of {@link #open}, with tags from elsewhere, such as the original programs' {@code cls_labels.npy},
     * in place of annotations.
     *
     * @param tags by id; each image of the lists needs an entry
     * @throws InvalidDataException if the folder is not VOC's, or an image has no tags
     */
    public static DatasetSplits voc(Path root, Map<String, ImageTags> tags) {
        return voc(root, VocLayout.builder().optTags(tags));
    }

    private static DatasetSplits voc(Path root, VocLayout.Builder builder) {
        boolean masks = Files.isDirectory(root.resolve("SegmentationClass"))
                || Files.isDirectory(root.resolve("SegmentationClassAug"));
        builder.setRoot(root).optTruth(masks);
        Dataset train = builder.setSplit(hasList(root, "train_aug") ? "train_aug" : "train")
                .build();
        return new DatasetSplits(
                train,
                masks && hasList(root, "val")
                        ? Optional.of(builder.setSplit("val").build())
                        : Optional.empty());
    }

    private static boolean hasList(Path root, String split) {
        return Files.exists(root.resolve("ImageSets/Segmentation/" + split + ".txt"))
                || Files.exists(root.resolve("ImageSets/SegmentationAug/" + split + ".txt"));
    }

    private static DatasetSplits folder(Path root) {
        if (Files.exists(root.resolve("val.txt"))) {
            FolderDataset.Builder builder = FolderDataset.builder().setRoot(root);
            Dataset val = builder.optList("val.txt").build();
            if (!val.hasTruth()) {
                throw new InvalidDataException(root.resolve("val.txt") + ": lists '" + val.id(0)
                        + "' for validation, but there is no " + root.resolve("masks") + "/" + val.id(0)
                        + ".png; expected a mask for each of its lines");
            }
            return new DatasetSplits(builder.optList("train.txt").build(), Optional.of(val));
        }
        Dataset all = FolderDataset.builder().setRoot(root).build();
        if (!all.hasTruth() || all.size() < 5) {
            return new DatasetSplits(all, Optional.empty());
        }
        int[] kept = IntStream.range(0, all.size()).filter(i -> i % 5 != 4).toArray();
        int[] heldOut = IntStream.range(0, all.size()).filter(i -> i % 5 == 4).toArray();
        return new DatasetSplits(
                all.subset(all.name() + "/train", kept), Optional.of(all.subset(all.name() + "/val", heldOut)));
    }

    private static DatasetSplits shapes(String spec, String options) {
        Map<String, Integer> values = new HashMap<>(Map.of("train", 400, "val", 100, "size", 96, "seed", 0));
        for (String option : options.isEmpty() ? new String[0] : options.split(",", -1)) {
            String[] pair = option.split("=", 2);
            if (pair.length != 2 || !values.containsKey(pair[0]) || !pair[1].matches("\\d{1,9}")) {
                throw new IllegalArgumentException(
                        "option '" + option + "' of dataset '" + spec + "' is not known; " + EXPECTED);
            }
            values.put(pair[0], Integer.parseInt(pair[1]));
        }
        int seed = values.getOrDefault("seed", 0);
        int size = values.getOrDefault("size", 96);
        Dataset train = ShapesDataset.builder()
                .setCount(values.getOrDefault("train", 400))
                .setSeed(seed)
                .optSize(size, size)
                .optName("shapes/train")
                .build();
        Dataset val = ShapesDataset.builder()
                .setCount(values.getOrDefault("val", 100))
                .setSeed(~(long) seed) // no training seed is negative, so no two parts share scenes
                .optSize(size, size)
                .optName("shapes/val")
                .build();
        return new DatasetSplits(train, Optional.of(val));
    }
}
