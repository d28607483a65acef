package dev.wsss.core.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import dev.wsss.core.metrics.ConfusionMatrix;
import dev.wsss.core.metrics.Evaluation;
import dev.wsss.core.metrics.IouConvention;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClassTableTest {
    private static Evaluation evaluation() {
        ConfusionMatrix counts = new ConfusionMatrix(4);
        // road 4 right and 1 taken for pavement, pole 1 of 3 found, no train
        counts.add(
                LabelMap.of(2, 4, new byte[] {0, 0, 0, 0, 1, 2, 0, 1}),
                LabelMap.of(2, 4, new byte[] {0, 0, 0, 0, 0, 2, 2, 2}));
        return new Evaluation(
                "student",
                "city/val",
                1,
                "one",
                ClassCatalog.withoutBackground(List.of("road", "pavement", "pole", "train")),
                counts,
                IouConvention.OCCURRING);
    }

    @Test
    void classesCategoriesAndSmallClassesStandAsInCityscapes() {
        ClassTable table = ClassTable.builder()
                .setEvaluation(evaluation())
                .optCategories(List.of("flat", "flat", "object", "vehicle"))
                .optSmall(List.of(2, 3))
                .build();
        // road 4 of 6, pole 1 of 3; as a category the road is 5 of 7
        assertThat(table.text().lines())
                .containsExactly(
                        "student on city/val, 1 images",
                        "classes            IoU",
                        "------------------------",
                        "road           : 0.667",
                        "pavement       : 0.000",
                        "pole           : 0.333",
                        "train          :   nan",
                        "------------------------",
                        "Score Average  : 0.333",
                        "------------------------",
                        "",
                        "categories         IoU",
                        "------------------------",
                        "flat           : 0.714",
                        "object         : 0.333",
                        "vehicle        :   nan",
                        "------------------------",
                        "Score Average  : 0.524",
                        "------------------------",
                        "",
                        "Small classes  : 0.333 (pole, train)");
        assertThat(table.smallMeanIou()).isEqualTo(1.0 / 3, within(1e-12));
    }

    @Test
    void whatIsNotAskedForIsNotThere() {
        ClassTable table = ClassTable.builder().setEvaluation(evaluation()).build();
        assertThat(table.text()).contains("pole").doesNotContain("categories", "Small");
        assertThat(table.smallMeanIou()).isNaN();
    }

    @Test
    void whatDoesNotFitTheClassesIsRefused() {
        assertThatThrownBy(() -> ClassTable.builder().build()).hasMessage("setEvaluation is required");
        assertThatThrownBy(() -> ClassTable.builder()
                        .setEvaluation(evaluation())
                        .optSmall(List.of(4))
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("small class 4 is no label; expected 0..3");
        assertThatThrownBy(() -> ClassTable.builder()
                        .setEvaluation(evaluation())
                        .optCategories(List.of("flat"))
                        .build())
                .isInstanceOf(IllegalArgumentException.class);
    }
}
