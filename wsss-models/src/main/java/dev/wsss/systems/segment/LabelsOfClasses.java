package dev.wsss.systems.segment;

import dev.wsss.api.Description;
import dev.wsss.api.LabelMap;
import dev.wsss.api.Sample;
import dev.wsss.api.Source;
import java.util.Optional;

/**
 * Labels to train on as they are, unless they hold a value that is no label of the sample's classes: its class would be
 * another, or none. Such a sample is left out.
 *
 * @param labels where they come from
 */
public record LabelsOfClasses(Source<LabelMap> labels) implements Source<LabelMap> {
    @Override
    public LabelMap get(Sample sample) {
        LabelMap map = labels.get(sample);
        map.requireLabels("labels of '" + sample.id() + "'", sample.tags().catalog());
        return map;
    }

    @Override
    public Optional<String> missing(String id) {
        return labels.missing(id);
    }

    @Override
    public Description description() {
        return labels.description();
    }
}
