package dev.wsss.datasets;

import dev.wsss.api.RleMask;

/** An object, or a crowd of them, that COCO's annotation files outline on an image. Immutable. */
public final class CocoAnnotation {
    private final CocoImage image;
    private final CocoEntry entry;
    private final int tag;

    CocoAnnotation(CocoImage image, CocoEntry entry, int tag) {
        this.image = image;
        this.entry = entry;
        this.tag = tag;
    }

    /** COCO's number of it. */
    public long id() {
        return entry.id();
    }

    /** The image that it is on. */
    public CocoImage image() {
        return image;
    }

    /** Its class, as a tag of {@link CocoInstances#categories}. */
    public int tag() {
        return tag;
    }

    /** Whether it is a region of many objects, {@code iscrowd}. */
    public boolean crowd() {
        return entry.crowd();
    }

    /** The file's {@code area}, which COCO took from the polygons; that of the mask where the file has none. */
    public double area() {
        return entry.hasArea() ? entry.area() : mask().area();
    }

    /** Its pixels, made anew by each call. */
    public RleMask mask() {
        return entry.shape().mask(image);
    }

    @Override
    public String toString() {
        return "CocoAnnotation[" + id() + " on image " + image.id() + "]";
    }
}
