package dev.wsss.core.batch;

import dev.wsss.core.augment.ViewGeometry;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * One look at the images of a batch: their pixels after an augmentation, what belongs to them, and where in their source
 * they lie. The source of a view is the image of the dataset, or the images of another view, its parent.
 *
 * <p>Tensors are on the batch's device and stay the batch's.
 */
public final class View {
    /** How near a position must be to a pixel's border to be it; scaling a crop leaves rounding. */
    private static final double ON_GRID = 1e-6;

    private final String name;
    private final Optional<View> parent;
    private final Tensor images;
    private final List<ViewGeometry> geometries;
    private final Map<Channel<?, ?>, Object> channels;
    private final ComputeDevice device;

    View(
            String name,
            Optional<View> parent,
            Tensor images,
            List<ViewGeometry> geometries,
            Map<Channel<?, ?>, Object> channels,
            ComputeDevice device) {
        this.name = name;
        this.parent = parent;
        this.images = images;
        this.geometries = List.copyOf(geometries);
        this.channels = new LinkedHashMap<>(channels);
        this.device = device;
    }

    /** The name that the batches gave it. */
    public String name() {
        return name;
    }

    /** The view whose images this one is made of; empty where they are the dataset's. */
    public Optional<View> parent() {
        return parent;
    }

    /** Normalized images, float32 {@code [N][3][H][W]}. */
    public Tensor images() {
        return images;
    }

    /**
     * What a channel has for these images.
     *
     * @throws IllegalStateException if the batches were built without it, or not for this view
     */
    public <D> D get(Channel<?, D> channel) {
        Object value = channels.get(channel);
        if (value == null) {
            throw new IllegalStateException("view '" + name + "' has no " + channel + ", it has " + channels.keySet()
                    + "; give it by ImageBatches.builder().optChannel or ViewSpec.optChannels");
        }
        @SuppressWarnings("unchecked") // the very channel made it
        D collated = (D) value;
        return collated;
    }

    /** Whether there is such a channel. */
    public boolean has(Channel<?, ?> channel) {
        return channels.containsKey(channel);
    }

    /** Where an image's pixels lie in its source. */
    public ViewGeometry geometry(int image) {
        return geometries.get(image);
    }

    /**
     * The part of maps of the parent that this view shows, in the orientation of this view: how a loss finds in the logits
     * of a whole what belongs to a crop. Where the part has just as many pixels it is copied as it is, else resampled
     * bilinearly with half-pixel centres; beyond the maps, the border goes on. Gradients pass.
     *
     * @param maps of the parent's images, {@code [N][C][h'][w']} of any size
     * @param height rows of the result
     * @param width columns of the result
     * @return {@code [N][C][height][width]} in the current scope
     * @throws IllegalStateException if this view has no parent, or is turned
     */
    public Tensor fromParent(Tensor maps, int height, int width) {
        if (parent.isEmpty()) {
            throw new IllegalStateException(
                    "view '" + name + "' is made of the dataset's images, not of another view's");
        }
        try (Scope scope = Scope.open()) {
            TensorVector parts = new TensorVector();
            for (int i = 0; i < geometries.size(); i++) {
                parts.push_back(part(maps.narrow(0, i, 1), geometries.get(i), height, width));
            }
            return scope.keep(torch.cat(parts, 0));
        }
    }

    private Tensor part(Tensor map, ViewGeometry g, int height, int width) {
        ViewGeometry.Box region = g.region();
        double rows = (double) map.size(2) / g.sourceHeight();
        double columns = (double) map.size(3) / g.sourceWidth();
        double top = region.top() * rows;
        double left = region.left() * columns;
        double partHeight = region.height() * rows;
        double partWidth = region.width() * columns;
        boolean asItIs = isWhole(top)
                && isWhole(left)
                && Math.abs(partHeight - height) < ON_GRID
                && Math.abs(partWidth - width) < ON_GRID
                && Math.round(top) >= 0
                && Math.round(left) >= 0
                && Math.round(top) + height <= map.size(2)
                && Math.round(left) + width <= map.size(3);
        if (asItIs) {
            Tensor part = map.narrow(2, Math.round(top), height).narrow(3, Math.round(left), width);
            return g.flipped() ? Ops.flip(part) : part;
        }
        double[] y = positions(top, partHeight, height, map.size(2), false);
        double[] x = positions(left, partWidth, width, map.size(3), g.flipped());
        float[] grid = new float[height * width * 2];
        for (int r = 0, o = 0; r < height; r++) {
            for (int c = 0; c < width; c++) {
                grid[o++] = (float) x[c];
                grid[o++] = (float) y[r];
            }
        }
        Tensor at = Tensors.to(Tensors.of(grid, 1, height, width, 2), device).to(map.scalar_type());
        // 0 is bilinear; 1 goes on with the border
        return torch.grid_sampler(map, at, 0, 1, false);
    }

    private static boolean isWhole(double v) {
        return Math.abs(v - Math.rint(v)) < ON_GRID;
    }

    /** The middles of pixels as grid_sampler counts them: -1 is the border before the first, 1 that behind the last. */
    private static double[] positions(double start, double length, int count, long size, boolean flipped) {
        double[] at = new double[count];
        for (int i = 0; i < count; i++) {
            double middle = start + ((flipped ? count - 1 - i : i) + 0.5) * length / count;
            at[i] = 2 * middle / size - 1;
        }
        return at;
    }

    void close() {
        images.close();
        new ArrayList<>(channels.entrySet()).forEach(e -> close(e.getKey(), e.getValue()));
        channels.clear();
    }

    private static <D> void close(Channel<?, D> channel, Object value) {
        @SuppressWarnings("unchecked") // the very channel made it
        D collated = (D) value;
        channel.close(collated);
    }
}
