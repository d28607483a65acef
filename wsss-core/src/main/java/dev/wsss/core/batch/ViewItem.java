package dev.wsss.core.batch;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.core.augment.DrawnView;
import dev.wsss.core.augment.ViewGeometry;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One image of a view and what belongs to it, on the host. */
final class ViewItem {
    private final RgbImage source;
    private final DrawnView drawn;
    private final Map<Channel<?, ?>, Object> values;
    private @Nullable RgbImage image;

    /** @param source what the view was drawn for */
    ViewItem(RgbImage source, DrawnView drawn, Map<Channel<?, ?>, Object> values) {
        this.source = source;
        this.drawn = drawn;
        this.values = values;
    }

    /** The view's pixels, made when they are first asked for. */
    RgbImage image() {
        RgbImage made = image;
        if (made == null) {
            made = drawn.image(source);
            image = made;
        }
        return made;
    }

    ViewGeometry geometry() {
        return drawn.geometry();
    }

    Map<Channel<?, ?>, Object> values() {
        return values;
    }

    /** The items of all images of a view as tensors. */
    static View collate(
            String name, Optional<View> parent, List<ViewItem> items, Normalize normalize, ComputeDevice device) {
        int n = items.size();
        int h = items.get(0).geometry().height();
        int w = items.get(0).geometry().width();
        float[] pixels = new float[Math.multiplyExact(n, 3 * h * w)];
        for (int i = 0; i < n; i++) {
            ViewItem item = items.get(i);
            ViewGeometry g = item.geometry();
            if (g.height() != h || g.width() != w) {
                throw new InvalidDataException("a batch needs images of one size, got " + h + "x" + w + " and "
                        + g.height() + "x" + g.width() + "; crop them by an augmentation, or use batches of one");
            }
            float[] normalized = item.drawn.input(item.source, item::image, normalize);
            System.arraycopy(normalized, 0, pixels, i * normalized.length, normalized.length);
        }
        Map<Channel<?, ?>, Object> channels = new LinkedHashMap<>();
        items.get(0).values.keySet().forEach(c -> channels.put(c, collate(c, items, device)));
        return new View(
                name,
                parent,
                Scope.own(Tensors.to(Tensors.of(pixels, n, 3, h, w), device)),
                items.stream().map(ViewItem::geometry).toList(),
                channels,
                device);
    }

    private static <H, D> D collate(Channel<H, D> channel, List<ViewItem> items, ComputeDevice device) {
        List<H> values = items.stream().map(item -> item.value(channel)).toList();
        return channel.collate(values, device);
    }

    @SuppressWarnings("unchecked") // the channel's own source or view made it
    <H> H value(Channel<H, ?> channel) {
        return (H) Objects.requireNonNull(values.get(channel), channel::toString);
    }
}
