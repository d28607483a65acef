package dev.wsss.api;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Some samples of another dataset. */
final class SubsetDataset implements Dataset {
    private final Dataset dataset;
    private final String name;
    private final int[] indices;

    SubsetDataset(Dataset dataset, String name, int[] indices) {
        for (int index : indices) {
            if (index < 0 || index >= dataset.size()) {
                throw new IllegalArgumentException("index " + index + " is not in 0.." + (dataset.size() - 1));
            }
        }
        this.dataset = dataset;
        this.name = name;
        this.indices = indices.clone();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public ClassCatalog classes() {
        return dataset.classes();
    }

    @Override
    public int size() {
        return indices.length;
    }

    @Override
    public String id(int index) {
        return dataset.id(indices[index]);
    }

    @Override
    public ImageTags tags(int index) {
        return dataset.tags(indices[index]);
    }

    @Override
    public Sample get(int index) {
        return dataset.get(indices[index]);
    }

    @Override
    public String fingerprint(int index) {
        return dataset.fingerprint(indices[index]);
    }

    /** Its own name, size and ids, and the whole dataset's under {@code of}. */
    @Override
    public Description description() {
        return Description.of("Dataset")
                .putAll(Dataset.super.description())
                .put("of", dataset)
                .build();
    }

    /** Those of the whole dataset, after a line that says how much of it this is. */
    @Override
    public List<String> notes() {
        List<String> whole = dataset.notes();
        if (whole.isEmpty()) {
            return whole;
        }
        List<String> notes = new ArrayList<>();
        notes.add(name + ": " + indices.length + " of " + dataset.size() + " images of " + dataset.name());
        notes.addAll(whole);
        return List.copyOf(notes);
    }

    /** Whether one of these samples has a mask; where there are none, whether the whole dataset has masks. */
    @Override
    public boolean hasTruth() {
        return dataset.hasTruth()
                && (indices.length == 0 || Arrays.stream(indices).anyMatch(dataset::hasTruth));
    }

    @Override
    public boolean hasTruth(int index) {
        return dataset.hasTruth(indices[index]);
    }

    @Override
    public LabelMap truth(int index) {
        return dataset.truth(indices[index]);
    }
}
