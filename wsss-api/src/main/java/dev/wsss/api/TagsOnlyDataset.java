package dev.wsss.api;

import java.util.List;
import java.util.Objects;

/** Hides the masks of a dataset. */
final class TagsOnlyDataset implements Dataset {
    private final Dataset dataset;

    TagsOnlyDataset(Dataset dataset) {
        this.dataset = dataset;
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
        return dataset.get(index);
    }

    @Override
    public String fingerprint(int index) {
        return dataset.fingerprint(index);
    }

    @Override
    public Description description() {
        return dataset.description();
    }

    @Override
    public List<String> notes() {
        return dataset.notes();
    }

    @Override
    public boolean hasTruth() {
        return false;
    }

    @Override
    public boolean hasTruth(int index) {
        Objects.checkIndex(index, size());
        return false;
    }

    @Override
    public LabelMap truth(int index) {
        throw new GroundTruthAccessException("the mask of '" + id(index) + "' was asked of a tags-only view of "
                + name() + "; only evaluation may see masks");
    }

    @Override
    public Dataset tagsOnly() {
        return this;
    }
}
