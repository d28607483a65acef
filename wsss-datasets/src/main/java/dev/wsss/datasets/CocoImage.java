package dev.wsss.datasets;

/**
 * An image as COCO's annotation files list it.
 *
 * @param id COCO's number of it
 * @param fileName as it stands in the file; it comes from outside and may lead anywhere
 * @param height rows, at least 1
 * @param width columns, at least 1
 */
public record CocoImage(long id, String fileName, int height, int width) {}
