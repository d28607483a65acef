package dev.wsss.core.runtime;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.crf.CrfRefiner;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.label.ArgmaxRule;
import dev.wsss.core.label.Background;
import dev.wsss.core.label.ThresholdRule;
import dev.wsss.core.metrics.ThresholdSweep;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class TensorScoreMapsTest {
    private static final ClassCatalog CATALOG = ClassCatalog.withBackground(List.of("cat", "dog"));

    @Test
    void mapsOfNoSizeAndOtherShapesAreRefused() {
        try (Scope scope = Scope.open()) {
            assertThatThrownBy(() -> TensorScoreMaps.of(new int[] {1}, Tensors.of(new float[0], 1, 0, 4)))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContainingAll("at least 1x1", "0x4");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> TensorScoreMaps.of(new int[] {1, 2}, Tensors.of(new float[4], 1, 2, 2)))
                    .withMessageContainingAll("[2][height][width]", "[1, 2, 2]");
        }
    }

    /** A tensor is not looked through when maps are made of it, so whoever reads the scores must. */
    @Test
    void whoeverReadsNaNRefusesIt() {
        Sample sample = new Sample("one", new RgbImage(2, 2, new byte[12]), ImageTags.of(CATALOG, 1));
        try (Scope scope = Scope.open();
                ScoreMaps maps =
                        TensorScoreMaps.of(new int[] {2}, Tensors.of(new float[] {0, 0, Float.NaN, 0}, 1, 2, 2))) {
            assertRefused(() -> ThresholdRule.of(0.3).label(sample, maps));
            assertRefused(() -> ArgmaxRule.with(Background.constant(0.3)).label(sample, maps));
            CrfRefiner crf =
                    CrfRefiner.builder().setCrf(DenseCrf.psa(1).build()).build();
            assertRefused(() -> crf.refine(sample, maps));
            ThresholdSweep sweep = new ThresholdSweep(CATALOG, 0.3);
            assertRefused(() -> sweep.add(maps, LabelMap.of(2, 2, new byte[4])));
        }
    }

    private static void assertRefused(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContainingAll("label 2", "row 1, column 0", "NaN");
    }
}
