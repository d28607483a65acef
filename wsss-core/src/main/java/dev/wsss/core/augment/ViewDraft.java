package dev.wsss.core.augment;

import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A view while its {@link Transform}s draw what happens to it: nothing is computed until all have drawn.
 *
 * <p>Changes of colours see the pixels as the transforms before them have made them, those after see the changed ones, as
 * if each was carried out at once.
 *
 * <p>A view is a window on its source: where one that was cropped is extended again, the source shows again, and only what
 * lies beyond it is padding. That is refused once colours have changed, as they have not for what was cut off.
 */
public final class ViewDraft {
    private final RgbImage source;
    private final Supplier<Optional<LabelMap>> labels;
    private final Nearest nearest;
    private final List<ViewStage> stages = new ArrayList<>();
    private ViewGeometry geometry;
    /** Since the last change of colours. */
    private ViewGeometry stage;

    /**
     * Starts with the source as it is.
     *
     * @param labels of the source, where there are such; asked by transforms that choose by them
     * @param nearest how labels follow
     */
    ViewDraft(RgbImage source, Supplier<Optional<LabelMap>> labels, Nearest nearest) {
        this.source = source;
        this.labels = labels;
        this.nearest = nearest;
        geometry = ViewGeometry.whole(source.height(), source.width());
        stage = geometry;
    }

    /** The image that the view is made of. */
    public RgbImage source() {
        return source;
    }

    /** Labels of that image: of several maps those of the first channel; empty where there are none. */
    public Optional<LabelMap> labels() {
        return labels.get();
    }

    /** How labels follow the geometry. */
    public Nearest nearest() {
        return nearest;
    }

    /** The geometry so far. */
    public ViewGeometry geometry() {
        return geometry;
    }

    /** Rows of the view so far. */
    public int height() {
        return geometry.height();
    }

    /** Columns of the view so far. */
    public int width() {
        return geometry.width();
    }

    /** Resizes the view. */
    public void resize(int height, int width) {
        geometry = geometry.resize(height, width);
        stage = stage.resize(height, width);
    }

    /**
     * Cuts a rectangle out of the view as it looks now; where it reaches beyond, there is padding.
     *
     * @param top rows to leave out at the top, or, negative, to add
     * @param left columns likewise
     * @throws IllegalStateException if it reaches to a part of the source that was cut off before colours changed
     */
    public void crop(int top, int left, int height, int width) {
        geometry = cropped(geometry, top, left, height, width);
        stage = cropped(stage, top, left, height, width);
        if (!stages.isEmpty() && !Padding.of(geometry).isWithin(Padding.of(stage))) {
            throw new IllegalStateException("a view of " + height + "x" + width + " from row " + top + ", column "
                    + left + " shows what was cut off before colours changed; pad before they do");
        }
    }

    /** What {@link #crop} makes of a geometry, whose own crop goes by the source's orientation. */
    static ViewGeometry cropped(ViewGeometry g, int top, int left, int height, int width) {
        return g.crop(top, g.flipped() ? g.width() - left - width : left, height, width);
    }

    /** Mirrors the view. */
    public void flip() {
        geometry = geometry.flip();
        stage = stage.flip();
    }

    /**
     * Turns the view about its middle by some degrees, counter-clockwise; it cannot be resized or cropped any more.
     *
     * @throws IllegalStateException if a part of the source was cut off before colours changed: it would come in
     */
    public void rotate(double degrees) {
        if (!stages.isEmpty() && !geometry.showsAll()) {
            throw new IllegalStateException("the view would be turned by " + degrees
                    + " degrees and show what was cut off before colours changed; rotate before they do");
        }
        geometry = geometry.rotate(degrees);
        stage = stage.rotate(degrees);
    }

    /** Adds a change of colours of the view as it is now. */
    public void add(PixelOperation operation) {
        int last = stages.size() - 1;
        if (last >= 0 && stage.isWhole()) {
            stages.set(last, stages.get(last).with(operation));
            return;
        }
        stages.add(new ViewStage(stage, geometry, List.of(operation)));
        stage = ViewGeometry.whole(geometry.height(), geometry.width());
    }

    /** What happens, in order; the last one has no change of colours if the geometry goes on after them. */
    List<ViewStage> stages() {
        List<ViewStage> all = new ArrayList<>(stages);
        if (all.isEmpty() || !stage.isWhole()) {
            all.add(new ViewStage(stage, geometry, List.of()));
        }
        return List.copyOf(all);
    }
}
