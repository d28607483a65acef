package dev.wsss.core.image;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.Description;
import dev.wsss.api.ImageTags;
import dev.wsss.api.LabelMap;
import dev.wsss.api.Sample;
import java.util.ArrayList;
import java.util.List;

/**
 * A dataset whose images, and masks with them, have at most so many pixels: photographs of a camera, for networks that look
 * at small ones. What is made of a sample has the reduced size.
 *
 * <pre>{@code
 * Dataset small = ReducedDataset.of(photographs, new PixelLimit(1 << 18));
 * }</pre>
 */
public final class ReducedDataset implements Dataset {
    private final Dataset dataset;
    private final PixelLimit limit;

    private ReducedDataset(Dataset dataset, PixelLimit limit) {
        this.dataset = dataset;
        this.limit = limit;
    }

    /** A view of a dataset. */
    public static ReducedDataset of(Dataset dataset, PixelLimit limit) {
        return new ReducedDataset(dataset, limit);
    }

    @Override
    public String name() {
        return dataset.name();
    }

    @Override
    public ClassCatalog classes() {
        return dataset.classes();
    }

    @Override
    public int size() {
        return dataset.size();
    }

    @Override
    public String id(int index) {
        return dataset.id(index);
    }

    @Override
    public ImageTags tags(int index) {
        return dataset.tags(index);
    }

    @Override
    public Sample get(int index) {
        Sample sample = dataset.get(index);
        return new Sample(sample.id(), limit.apply(sample.image()), sample.tags());
    }

    @Override
    public String fingerprint(int index) {
        return dataset.fingerprint(index);
    }

    /** The dataset's, and the limit. */
    @Override
    public Description description() {
        return Description.of("Dataset")
                .putAll(dataset.description())
                .put("maxPixels", limit.pixels())
                .build();
    }

    /** The dataset's, and the limit. */
    @Override
    public List<String> notes() {
        List<String> notes = new ArrayList<>(dataset.notes());
        notes.add("images of more than " + limit.pixels() + " pixels are reduced to that, and masks with them");
        return List.copyOf(notes);
    }

    @Override
    public boolean hasTruth() {
        return dataset.hasTruth();
    }

    @Override
    public boolean hasTruth(int index) {
        return dataset.hasTruth(index);
    }

    @Override
    public LabelMap truth(int index) {
        return limit.apply(dataset.truth(index));
    }
}
