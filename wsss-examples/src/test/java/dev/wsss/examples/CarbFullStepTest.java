package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.core.train.TrainingHistory;
import dev.wsss.models.clip.ClipConfig;
import dev.wsss.systems.carb.CarbRecipe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The step at full size, on a CLIP of one layer and a street of 64x128. */
class CarbFullStepTest {
    private static final ClipConfig TINY =
            new ClipConfig(new ClipConfig.Vit(64, 16, 64, 1, 1), new ClipConfig.Text(77, 49408, 64, 1, 1), 16);

    @Test
    void aStepIsTakenAndMeasured(@TempDir Path out) {
        CarbRecipe recipe = CarbRecipe.cityscapes()
                .withStudent(CarbRecipe.small().student().withWidth(4))
                .withViews(new CarbRecipe.Views(128, 64, 0.75, 1.5, 32, 64, true, 32, 16, 1, 2));
        List<TrainingHistory> told = new ArrayList<>();
        CarbFullStep.run(TINY, recipe, 64, out, told::add);
        assertThat(told).hasSize(1);
        TrainingHistory history = told.get(0);
        assertThat(history.steps()).isEqualTo(1);
        assertThat(history.images()).isEqualTo(1);
        assertThat(history.skipped()).isZero();
        assertThat(history.finalLoss()).isPositive().isFinite();
        assertThat(history.peakResidentBytes()).isPositive();
    }

    @Test
    void argumentsAreAskedFor() {
        assertThatThrownBy(() -> CarbFullStep.main(new String[] {"out"}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("expected OUT THREADS, got 1 arguments");
    }
}
