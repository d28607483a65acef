package dev.wsss.datasets;

import ai.djl.util.Progress;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Where the tags of a dataset can come from. Papers take them from different sources, which do not say the same of every
 * image; {@link TagComparison} counts how two of them differ, and {@link TagFile} keeps them.
 *
 * <pre>{@code
 * CocoInstances coco = CocoInstances.open(Path.of("annotations/instances_train2014.json"));
 * Map<String, ImageTags> tags = TagSource.ofInstances(coco, null, false, CocoNames.STEM);
 * TagFile.write(Path.of("tags.csv"), coco.categories(), tags);
 * }</pre>
 *
 * <table>
 * <caption>What the tags of published systems are</caption>
 * <tr><th>benchmark</th><th>source</th><th>what to know</th></tr>
 * <tr><td>VOC</td><td>objects of {@code Annotations/*.xml}</td>
 *     <td>difficult, truncated and occluded objects count. {@code cls_labels.npy} holds the same for the 12031 images of
 *     train_aug and val; RIB keys it by integers, AFA calls it {@code cls_labels_onehot.npy}. Mean tags of an image: 1.483
 *     in train, 1.555 in train_aug, 1.482 in val; no image is without. A mask need not show each
 *     object: a border of 255 may cover a small one</td></tr>
 * <tr><td>COCO 2014</td><td>categories of the instances file</td>
 *     <td>with crowd regions or without. The lists of CLIP-ES have person on 45061 and 21585 images of train and val, a
 *     little less than an index of all annotations has, so they seem to leave crowds out. Their lists have the 82081 and
 *     40137 images with an object, RIB's all 82783 and 40504. Of objects that others cover, masks show nothing</td></tr>
 * <tr><td>Cityscapes</td><td>masks, any pixel</td>
 *     <td>CARB's {@code labels.npy}, keyed by {@code city/id}: 11.7 tags an image in the mean</td></tr>
 * <tr><td>CamVid</td><td>masks, any pixel</td>
 *     <td>CARB's {@code labels.npy} has 15 car and 3 pedestrian tags more than the SegNet tutorial's masks, of a wider
 *     grouping of the 32 classes, and lacks none; objects of 4 pixels are tagged</td></tr>
 * <tr><td>WildDash 2</td><td>masks, any pixel</td>
 *     <td>CARB's {@code labels.npy} has an image without tags, {@code xy0002_100000}</td></tr>
 * <tr><td>ADE20K, COCO-Stuff, Pascal Context</td><td>masks, any pixel</td>
 *     <td>no list is published</td></tr>
 * </table>
 */
public final class TagSource {
    private TagSource() {}

    /**
     * The tags that a dataset has: of annotations, a table, a list given to it, or its masks.
     *
     * @return tags by id, in the dataset's order
     * @throws InvalidDataException if tags cannot be read
     */
    public static Map<String, ImageTags> of(Dataset data) {
        Map<String, ImageTags> tags = new LinkedHashMap<>();
        for (int i = 0; i < data.size(); i++) {
            tags.put(data.id(i), data.tags(i));
        }
        return tags;
    }

    /**
     * What the masks of a dataset show: a class is a tag where at least {@code minPixels} pixels carry its label; with 1, the
     * any-pixel rule.
     *
     * @param minPixels at least 1
     * @param threads how many masks are read at a time, at least 1
     * @param progress is told of the masks read; may be null
     * @return tags by id, in the dataset's order; images without a mask are left out
     * @throws IllegalArgumentException if there is no mask at all, or a number is too small
     * @throws InvalidDataException if a mask cannot be read
     */
    public static Map<String, ImageTags> ofMasks(
            Dataset data, int minPixels, int threads, @Nullable Progress progress) {
        if (minPixels < 1) {
            throw new IllegalArgumentException("minPixels must be 1 or more, got " + minPixels);
        }
        int[] masked = IntStream.range(0, data.size()).filter(data::hasTruth).toArray();
        if (masked.length == 0) {
            throw new IllegalArgumentException(
                    data.name() + " has no masks, of which tags were to be made; expected some");
        }
        ImageTags[] found = new ImageTags[masked.length];
        new Workers(Workers.requireThreads(threads), progress)
                .forEach(
                        "tags of " + data.name(),
                        masked.length,
                        k -> found[k] = shown(data, data.truth(masked[k]), minPixels));
        Map<String, ImageTags> tags = new LinkedHashMap<>();
        for (int k = 0; k < masked.length; k++) {
            tags.put(data.id(masked[k]), found[k]);
        }
        return tags;
    }

    private static ImageTags shown(Dataset data, LabelMap mask, int minPixels) {
        int[] counts = mask.histogram();
        return ImageTags.of(
                data.classes(),
                IntStream.of(ImageTags.anyPixel(data.classes(), mask).toArray())
                        .filter(tag -> counts[data.classes().labelOfTag(tag)] >= minPixels)
                        .toArray());
    }

    /**
     * The categories of COCO's annotations.
     *
     * @param list of the images that are meant, as {@link CocoMasks.Builder#optImages} has it; null for all, those without
     *     annotation too
     * @param includeCrowd whether regions of many objects count
     * @param names how images are called
     * @return tags by name
     * @throws InvalidDataException if the list names an unknown image, or two images have one name
     */
    public static Map<String, ImageTags> ofInstances(
            CocoInstances coco, @Nullable Path list, boolean includeCrowd, CocoNames names) {
        Map<String, ImageTags> tags = new LinkedHashMap<>();
        for (CocoImage image : CocoChoice.of(coco, list)) {
            if (tags.put(names.of(image), coco.tags(image.id(), includeCrowd)) != null) {
                throw new InvalidDataException(
                        coco + ": two images are called '" + names.of(image) + "'; expected names of their own");
            }
        }
        return tags;
    }
}
