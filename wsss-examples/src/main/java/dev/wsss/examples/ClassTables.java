package dev.wsss.examples;

import dev.wsss.api.ClassCatalog;
import dev.wsss.core.metrics.Evaluation;
import dev.wsss.core.report.ClassTable;
import dev.wsss.core.report.RunReport;
import dev.wsss.datasets.LabelSet;
import dev.wsss.datasets.ShapesDataset;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** IoU class by class of a run's evaluations, with the categories and the small classes of driving scenes. */
final class ClassTables {
    /** What is thin, or seldom large, in Cityscapes, CamVid and WildDash2; no publisher says which classes are small. */
    private static final Set<String> SMALL = Set.of(
            "pole",
            "traffic light",
            "traffic sign",
            "signsymbol",
            "streetlight",
            "person",
            "pedestrian",
            "rider",
            "bicyclist",
            "motorcycle",
            "bicycle");

    private static final List<LabelSet> DRIVING = List.of(LabelSet.CITYSCAPES, LabelSet.CAMVID, LabelSet.WILDDASH2);

    private ClassTables() {}

    /**
     * Prints a table of each evaluation with a counted pixel.
     *
     * @param small names of the small classes; null for the known ones
     * @throws IllegalArgumentException if a name is no class
     */
    static void print(RunReport report, @Nullable List<String> small, PrintStream console) {
        for (Evaluation e : report.evaluations()) {
            if (e.confusion().total() == 0) {
                continue;
            }
            ClassTable.Builder table = ClassTable.builder()
                    .setEvaluation(e)
                    .optSmall(small == null ? known(e.classes()) : labels(small, e.classes()));
            categories(e.classes()).ifPresent(table::optCategories);
            console.println();
            console.print(table.build().text());
        }
    }

    private static List<Integer> labels(List<String> names, ClassCatalog classes) {
        List<Integer> labels = new ArrayList<>();
        for (String name : names) {
            int label = classes.labelNames().indexOf(name);
            if (label < 0) {
                throw new IllegalArgumentException(
                        "--small has '" + name + "'; expected classes of " + String.join(", ", classes.labelNames()));
            }
            labels.add(label);
        }
        return labels;
    }

    /** The small classes of these, none where they are not of driving scenes. */
    static List<Integer> known(ClassCatalog classes) {
        ShapesDataset street = ShapesDataset.builder()
                .setCount(1)
                .setSeed(0)
                .optScenery(ShapesDataset.Scenery.STREET)
                .build();
        if (classes.equals(street.classes())) {
            return street.smallClasses();
        }
        return set(classes).isEmpty()
                ? List.of()
                : IntStream.range(0, classes.labelCount())
                        .filter(l -> SMALL.contains(
                                // WildDash2 has Traffic_light
                                classes.labelNames()
                                        .get(l)
                                        .toLowerCase(Locale.ROOT)
                                        .replace('_', ' ')))
                        .boxed()
                        .toList();
    }

    private static Optional<LabelSet> set(ClassCatalog classes) {
        return DRIVING.stream().filter(set -> set.catalog().equals(classes)).findFirst();
    }

    private static Optional<List<String>> categories(ClassCatalog classes) {
        return set(classes).filter(set -> !set.groups().isEmpty()).map(set -> IntStream.range(0, classes.labelCount())
                .mapToObj(set::group)
                .toList());
    }
}
