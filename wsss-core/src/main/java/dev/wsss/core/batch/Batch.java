package dev.wsss.core.batch;

import dev.wsss.core.runtime.Scope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Images with their tags, in one or more {@link View}s, and what else the batches were built to carry; all tensors on one
 * device. The methods without a view's name speak of the main view.
 */
public final class Batch implements AutoCloseable {
    private final List<String> ids;
    private final Tensor tags;
    private final Map<String, View> views;
    private final View main;

    /** @param views in order, the main one first */
    Batch(List<String> ids, Tensor tags, List<View> views) {
        this.ids = List.copyOf(ids);
        this.tags = Scope.own(tags);
        this.views = new LinkedHashMap<>();
        views.forEach(v -> this.views.put(v.name(), v));
        main = views.get(0);
    }

    /** Number of images. */
    public int size() {
        return ids.size();
    }

    /** The samples' ids, in the order of the images. */
    public List<String> ids() {
        return ids;
    }

    /** 1 where the image has the tag, else 0; float32 {@code [N][tagCount]}. */
    public Tensor tags() {
        return tags;
    }

    /** The main view. */
    public View view() {
        return main;
    }

    /**
     * A view by its name.
     *
     * @throws IllegalStateException if there is none
     */
    public View view(String name) {
        View view = views.get(name);
        if (view == null) {
            throw new IllegalStateException("this batch has no view '" + name + "', it has " + views.keySet()
                    + "; ImageBatches.builder().optView gives one");
        }
        return view;
    }

    /** Normalized images of the main view, float32 {@code [N][3][H][W]}. */
    public Tensor images() {
        return main.images();
    }

    /**
     * What a channel has for the main view.
     *
     * @throws IllegalStateException if the batches were built without it
     */
    public <D> D get(Channel<?, D> channel) {
        return main.get(channel);
    }

    /**
     * The labels of the main view, {@link Channel#LABELS}: int64 {@code [N][H][W]}.
     *
     * @throws IllegalStateException if the batches were built without labels
     */
    public Tensor labels() {
        return get(Channel.LABELS);
    }

    @Override
    public void close() {
        tags.close();
        views.values().forEach(View::close);
    }
}
