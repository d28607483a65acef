package dev.wsss.models;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.core.nn.LoadReport;
import dev.wsss.core.nn.Network;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.checkpoint.Weights;
import java.util.Map;

/** The filled checkpoint of a case, loaded as a user would load a file of the reference. */
public final class GoldenWeights {
    private GoldenWeights() {}

    /** Loads strictly through the family's map, after checking that the keys tell the family. */
    public static void load(Network network, GoldenCase golden, CheckpointFamily family) {
        Map<String, HostArray> checkpoint = golden.filledWeights();
        assertThat(CheckpointFamily.guess(checkpoint.keySet()).map(CheckpointFamily.Guess::family))
                .contains(family);
        LoadReport report = Weights.load(network, checkpoint, family.keyMap(), LoadPolicy.STRICT);
        assertThat(report.loaded()).hasSameSizeAs(checkpoint.keySet());
        assertThat(report.isExact()).isTrue();
    }
}
