package dev.wsss.api;

/**
 * One image with its tags, as a pipeline takes it.
 *
 * @param id a name that is unique in its dataset and legal as a relative file name, such as {@code 2007_000032}
 * @param image the decoded image
 * @param tags the classes the image is said to show
 */
public record Sample(String id, RgbImage image, ImageTags tags) {}
