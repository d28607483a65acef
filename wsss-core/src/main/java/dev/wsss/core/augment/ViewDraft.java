package dev.wsss.core.augment;

import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** A view while its {@link Transform}s draw what happens to it: nothing is computed until all have drawn. */
public final class ViewDraft {
    private final RgbImage source;
    private final Supplier<Optional<LabelMap>> labels;
    private ViewGeometry geometry;
    private final List<PixelOperation> pixels = new ArrayList<>();

    /**
     * Starts with the source as it is.
     *
     * @param labels of the source, where there are such; asked by transforms that choose by them
     */
    ViewDraft(RgbImage source, Supplier<Optional<LabelMap>> labels) {
        this.source = source;
        this.labels = labels;
        geometry = ViewGeometry.whole(source.height(), source.width());
    }

    /** The image that the view is made of. */
    public RgbImage source() {
        return source;
    }

    /** Labels of that image: of several maps those of the first channel; empty where there are none. */
    public Optional<LabelMap> labels() {
        return labels.get();
    }

    /** The geometry so far. */
    public ViewGeometry geometry() {
        return geometry;
    }

    /** Goes on with another geometry. */
    public void geometry(ViewGeometry next) {
        geometry = next;
    }

    /** Adds a change of colours, after those that were added before. */
    public void add(PixelOperation operation) {
        pixels.add(operation);
    }

    List<PixelOperation> pixels() {
        return List.copyOf(pixels);
    }
}
