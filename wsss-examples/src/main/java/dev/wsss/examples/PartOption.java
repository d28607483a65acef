package dev.wsss.examples;

import dev.wsss.api.Dataset;
import dev.wsss.datasets.DatasetSplits;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Which parts of a dataset are meant. */
final class PartOption {
    /** Parts by their use. */
    enum Part {
        TRAIN,
        VAL,
        ALL
    }

    @Option(
            names = "--part",
            paramLabel = "PART",
            description = "of --data, ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}")
    private Part part = Part.ALL;

    /** The parts that are meant. */
    List<Dataset> of(DatasetSplits splits) {
        List<Dataset> parts = new ArrayList<>();
        if (part != Part.VAL) {
            parts.add(splits.train());
        }
        if (part != Part.TRAIN) {
            splits.val().ifPresent(parts::add);
        }
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("--part is VAL, and "
                    + splits.train().name() + " has no part to evaluate on; expected one, or --part TRAIN");
        }
        return parts;
    }
}
