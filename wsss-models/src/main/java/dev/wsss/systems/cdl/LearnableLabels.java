package dev.wsss.systems.cdl;

import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.Sample;
import dev.wsss.api.Source;
import dev.wsss.systems.segment.LabelsOfClasses;
import java.util.Optional;

/**
 * Labels of the sample's classes, at least one of which is no {@link LabelMap#IGNORE}: a sample of none has nothing to correct
 * and is left out, as one without labels is.
 */
record LearnableLabels(LabelsOfClasses labels) implements Source<LabelMap> {
    @Override
    public LabelMap get(Sample sample) {
        LabelMap map = labels.get(sample);
        if (map.histogram()[LabelMap.IGNORE] == map.height() * map.width()) {
            throw new InvalidDataException("labels of '" + sample.id() + "' are void in all " + map.height() + "x"
                    + map.width() + " pixels; expected some to learn from");
        }
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
