package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RleMask;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The annotations of MS COCO's {@code instances_*.json}: images, classes, and the outline of each object.
 *
 * <pre>{@code
 * CocoInstances coco = CocoInstances.open(Path.of("annotations/instances_train2014.json"));
 * for (CocoImage image : coco.images()) {
 *     ImageTags tags = coco.tags(image.id(), false);
 *     LabelMap labels = coco.toLabelMap(image.id(), OverlapRule.SMALLEST_ON_TOP);
 * }
 * }</pre>
 *
 * <p>COCO's 80 class ids have gaps. Tags are their ranks, from 0; label 0 is the background, and the label of a class is its
 * rank from 1. The file is read in one pass and kept compactly, outlines as numbers; masks are drawn when asked for, as
 * pycocotools draws them. Immutable, and safe to use from several threads.
 */
public final class CocoInstances {
    private static final int TILE = 32;

    private final Path file;
    private final List<CocoImage> images;
    private final Map<Long, Integer> imageOfId;
    private final ClassCatalog categories;
    private final long[] categoryIds;

    /** By image, and for each image in the file's order; those of image i from starts[i] to starts[i + 1]. */
    private final CocoEntry[] entries;

    private final int[] starts;

    private CocoInstances(Path file, CocoJson json, Consumer<String> problems) {
        this.file = file;
        imageOfId = new HashMap<>(2 * json.images.size());
        List<CocoImage> sound = new ArrayList<>(json.images.size());
        for (CocoImage image : json.images) {
            if (image.height() < 1 || image.width() < 1 || (long) image.height() * image.width() > RleMask.MAX_PIXELS) {
                problems.accept(file + ": image " + image.id() + " has " + image.height() + "x" + image.width()
                        + " pixels; expected at least 1x1 and at most " + RleMask.MAX_PIXELS + " in all");
            } else if (imageOfId.putIfAbsent(image.id(), sound.size()) != null) {
                problems.accept(file + ": image " + image.id() + " stands twice, the second time as '"
                        + image.fileName() + "'; expected each id once");
            } else {
                sound.add(image);
            }
        }
        images = Collections.unmodifiableList(sound);
        categoryIds = json.categories.stream()
                .mapToLong(CocoJson.Category::id)
                .sorted()
                .toArray();
        categories = catalog(file, json.categories);
        starts = new int[images.size() + 1];
        entries = link(json.annotations, problems);
    }

    /**
     * Reads a file, and refuses it if anything in it is wrong.
     *
     * @throws InvalidDataException if the file cannot be read, is not whole JSON or lacks a part, an id stands twice, an
     *     annotation is of an unknown image or class, or its segmentation is none: a polygon of fewer than three points, a
     *     coordinate that is no number, run lengths of another size or another sum; the message names file and id
     */
    public static CocoInstances open(Path file) {
        return open(file, problem -> {
            throw new InvalidDataException(problem);
        });
    }

    /**
     * Reads a file, and leaves out the images and annotations of which something is wrong, each of them told.
     *
     * @param problems takes one sentence for each image and annotation left out, which names the file, its id, what was
     *     found and what was expected
     * @throws InvalidDataException if the file cannot be read, is not whole JSON or lacks a part, or its classes have one id
     *     or name twice or are more than {@link ClassCatalog#MAX_LABELS} with the background
     */
    public static CocoInstances open(Path file, Consumer<String> problems) {
        return new CocoInstances(file, CocoJson.read(file, true), problems);
    }

    /** The same without polygons, for tags; masks cannot be drawn. */
    static CocoInstances openWithoutOutlines(Path file, Consumer<String> problems) {
        return new CocoInstances(file, CocoJson.read(file, false), problems);
    }

    private static ClassCatalog catalog(Path file, List<CocoJson.Category> categories) {
        List<CocoJson.Category> sorted = categories.stream()
                .sorted(Comparator.comparingLong(CocoJson.Category::id))
                .toList();
        for (int i = 1; i < sorted.size(); i++) {
            if (sorted.get(i).id() == sorted.get(i - 1).id()) {
                throw new InvalidDataException(
                        file + ": category " + sorted.get(i).id() + " stands twice; expected each id once");
            }
        }
        try {
            return ClassCatalog.withBackground(
                    sorted.stream().map(CocoJson.Category::name).toList());
        } catch (IllegalArgumentException e) {
            throw new InvalidDataException(file + ": categories are no classes: " + e.getMessage(), e);
        }
    }

    /** Checks the annotations and sorts them by image. */
    private CocoEntry[] link(List<CocoEntry> all, Consumer<String> problems) {
        Set<Long> twice = idsThatStandTwice(all);
        Set<Long> seen = new HashSet<>();
        List<CocoEntry> sound = new ArrayList<>(all.size());
        int[] imageOf = new int[all.size()];
        for (CocoEntry entry : all) {
            int image;
            try {
                if (twice.contains(entry.id()) && !seen.add(entry.id())) {
                    throw new InvalidDataException("stands twice; expected each id once");
                }
                image = checkedImage(entry);
            } catch (InvalidDataException e) {
                problems.accept(
                        file + ": annotation " + entry.id() + " of image " + entry.imageId() + ": " + e.getMessage());
                continue;
            }
            imageOf[sound.size()] = image;
            sound.add(entry);
            starts[image + 1]++;
        }
        for (int i = 0; i < images.size(); i++) {
            starts[i + 1] += starts[i];
        }
        int[] next = starts.clone();
        CocoEntry[] byImage = new CocoEntry[sound.size()];
        for (int i = 0; i < byImage.length; i++) {
            byImage[next[imageOf[i]]++] = sound.get(i);
        }
        return byImage;
    }

    private static Set<Long> idsThatStandTwice(List<CocoEntry> all) {
        long[] ids = all.stream().mapToLong(CocoEntry::id).sorted().toArray();
        Set<Long> twice = new HashSet<>();
        for (int i = 1; i < ids.length; i++) {
            if (ids[i] == ids[i - 1]) {
                twice.add(ids[i]);
            }
        }
        return twice;
    }

    /** The place of an annotation's image, once all of the annotation has been looked at. */
    private int checkedImage(CocoEntry entry) {
        Integer image = imageOfId.get(entry.imageId());
        if (image == null) {
            throw new InvalidDataException("there is no such image; expected one of the file's " + images.size());
        }
        if (tag(entry) < 0) {
            throw new InvalidDataException("has category " + entry.categoryId() + "; expected one of the file's, "
                    + Arrays.toString(categoryIds));
        }
        if (entry.area() < 0 || Double.isInfinite(entry.area())) {
            throw new InvalidDataException("has area " + entry.area() + "; expected a number of 0 or more");
        }
        entry.shape().check(images.get(image));
        return image;
    }

    private int tag(CocoEntry entry) {
        return Arrays.binarySearch(categoryIds, entry.categoryId());
    }

    /** The images in the file's order, those without annotations too; unmodifiable. */
    public List<CocoImage> images() {
        return images;
    }

    /** The classes in the order of their ids, with a background. */
    public ClassCatalog categories() {
        return categories;
    }

    /**
     * COCO's id of a class.
     *
     * @throws IllegalArgumentException if the tag is not one of {@link #categories}
     */
    public long categoryId(int tag) {
        categories.labelOfTag(tag);
        return categoryIds[tag];
    }

    /** Number of annotations of all images. */
    public int annotationCount() {
        return entries.length;
    }

    /** Whether there is an image of an id. */
    boolean has(long imageId) {
        return imageOfId.containsKey(imageId);
    }

    /**
     * The image of an id.
     *
     * @throws IllegalArgumentException if the file has no such image
     */
    public CocoImage image(long imageId) {
        return images.get(index(imageId));
    }

    private int index(long imageId) {
        Integer index = imageOfId.get(imageId);
        if (index == null) {
            throw new IllegalArgumentException(
                    "image " + imageId + " is not in " + file + "; expected one of its " + images.size());
        }
        return index;
    }

    /**
     * The annotations of an image in the file's order.
     *
     * @throws IllegalArgumentException if the file has no such image
     */
    public List<CocoAnnotation> annotations(long imageId) {
        int image = index(imageId);
        List<CocoAnnotation> annotations = new ArrayList<>(starts[image + 1] - starts[image]);
        for (int i = starts[image]; i < starts[image + 1]; i++) {
            annotations.add(new CocoAnnotation(images.get(image), entries[i], tag(entries[i])));
        }
        return annotations;
    }

    /**
     * The classes of an image's annotations.
     *
     * @param includeCrowd whether regions of many objects count; the published lists of tags seem to leave them out
     * @throws IllegalArgumentException if the file has no such image
     */
    public ImageTags tags(long imageId, boolean includeCrowd) {
        return ImageTags.of(
                categories,
                annotations(imageId).stream()
                        .filter(a -> includeCrowd || !a.crowd())
                        .mapToInt(CocoAnnotation::tag)
                        .toArray());
    }

    /**
     * One label for each pixel of an image, 0 where no annotation is. Regions of many objects are painted too, and no pixel
     * is {@link LabelMap#IGNORE}.
     *
     * @throws IllegalArgumentException if the file has no such image
     */
    public LabelMap toLabelMap(long imageId, OverlapRule rule) {
        CocoImage image = image(imageId);
        List<CocoAnnotation> painted = new ArrayList<>(annotations(imageId));
        if (rule == OverlapRule.SMALLEST_ON_TOP) {
            painted.sort(Comparator.comparingDouble(CocoAnnotation::area));
        }
        if (rule != OverlapRule.LAST_ON_TOP) {
            Collections.reverse(painted);
        }
        byte[] columns = new byte[image.height() * image.width()];
        for (CocoAnnotation annotation : painted) {
            annotation.mask().fillColumns(columns, (byte) categories.labelOfTag(annotation.tag()));
        }
        return LabelMap.wrap(image.height(), image.width(), rows(columns, image.height(), image.width()));
    }

    /** From column-major to row-major order, by tiles that stay in the cache. */
    private static byte[] rows(byte[] columns, int height, int width) {
        byte[] rows = new byte[columns.length];
        for (int top = 0; top < height; top += TILE) {
            int bottom = Math.min(height, top + TILE);
            for (int left = 0; left < width; left += TILE) {
                int right = Math.min(width, left + TILE);
                for (int y = top; y < bottom; y++) {
                    for (int x = left; x < right; x++) {
                        rows[y * width + x] = columns[x * height + y];
                    }
                }
            }
        }
        return rows;
    }

    @Override
    public String toString() {
        return "CocoInstances[" + file + ", " + images.size() + " images, " + entries.length + " annotations]";
    }
}
