package dev.wsss.core.batch;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.Source;
import dev.wsss.api.SplitMix;
import dev.wsss.core.augment.Augmentation;
import dev.wsss.core.augment.DrawnView;
import dev.wsss.core.input.InputCheck;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All views of one sample. */
final class SampleViews {
    private SampleViews() {}

    /**
     * The views in the order of their specifications.
     *
     * @throws InvalidDataException if a source has nothing for the sample, or what does not fit its image
     */
    static List<ViewItem> of(
            Sample sample, Map<Channel<?, ?>, Source<?>> sources, List<ViewSpec> specs, ViewKeys keys) {
        Map<Channel<?, ?>, Object> given = new LinkedHashMap<>();
        try {
            RgbImage image = sample.image();
            read(sample, sources, given);
            ViewItem whole = new ViewItem(image, Augmentation.none().draw(image, new SplitMix()), given);
            Map<String, ViewItem> views = new LinkedHashMap<>();
            for (int v = 0; v < specs.size(); v++) {
                ViewSpec spec = specs.get(v);
                ViewItem source = spec.parent().map(views::get).orElse(whole);
                views.put(spec.name(), view(source, spec, keys, v));
            }
            return List.copyOf(views.values());
        } finally {
            given.values().forEach(InputCheck::close);
        }
    }

    /**
     * Reads all that belongs to a sample, and lets it go.
     *
     * @throws InvalidDataException as {@link #of}
     */
    static void read(Sample sample, Map<Channel<?, ?>, Source<?>> sources) {
        Map<Channel<?, ?>, Object> given = new LinkedHashMap<>();
        try {
            read(sample, sources, given);
        } finally {
            given.values().forEach(InputCheck::close);
        }
    }

    private static void read(Sample sample, Map<Channel<?, ?>, Source<?>> sources, Map<Channel<?, ?>, Object> given) {
        sources.forEach((channel, source) -> given.put(channel, fitting(channel, source, sample, sample.image())));
    }

    private static Object fitting(Channel<?, ?> channel, Source<?> source, Sample sample, RgbImage image) {
        Object value = source.get(sample);
        try {
            requireFits(channel, value, image);
            return value;
        } catch (IllegalArgumentException e) {
            InputCheck.close(value);
            throw new InvalidDataException(
                    "sample '" + sample.id() + "', " + channel.name() + ": " + e.getMessage(), e);
        }
    }

    @SuppressWarnings("unchecked") // the channel's own source gave it
    private static <H> void requireFits(Channel<H, ?> channel, Object value, RgbImage image) {
        channel.requireFits((H) value, image);
    }

    private static ViewItem view(ViewItem source, ViewSpec spec, ViewKeys keys, int number) {
        DrawnView drawn = spec.augmentation()
                .draw(source.image(), () -> labels(source), keys.generator(number, spec.sharedDraw()));
        Map<Channel<?, ?>, Object> values = new LinkedHashMap<>();
        spec.channels().forEach(c -> values.put(c, view(c, source, drawn)));
        return new ViewItem(source.image(), drawn, values);
    }

    private static <H> Object view(Channel<H, ?> channel, ViewItem source, DrawnView drawn) {
        return channel.view(source.value(channel), drawn.geometry(), drawn.resampling());
    }

    private static Optional<LabelMap> labels(ViewItem source) {
        List<LabelMap> maps = new ArrayList<>();
        source.values().values().forEach(v -> {
            if (v instanceof LabelMap map) {
                maps.add(map);
            }
        });
        return maps.stream().findFirst();
    }
}
