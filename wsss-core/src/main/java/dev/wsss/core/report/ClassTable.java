package dev.wsss.core.report;

import dev.wsss.core.metrics.Evaluation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * IoU class by class in the manner of Cityscapes' evaluation script: classes and their average, categories and theirs, and the
 * average of classes that are worth a look of their own, such as small ones.
 *
 * <pre>{@code
 * String text = ClassTable.builder()
 *         .setEvaluation(evaluation)
 *         .optCategories(List.of("flat", "flat", "object"))      // of each label
 *         .optSmall(List.of(2))
 *         .build()
 *         .text();
 * }</pre>
 *
 * <p>IoU is in [0, 1], {@code nan} where the evaluation's convention leaves a class out, which then is no part of an average.
 * Within a category, classes that are taken for each other are right. Instance IoU, which needs instances, is not computed.
 */
public final class ClassTable {
    private static final int LEAST_WIDTH = 14;

    private final Evaluation evaluation;
    private final @Nullable Evaluation categories;
    private final Set<Integer> small;
    private final int width;

    private ClassTable(Evaluation evaluation, @Nullable List<String> categoryOfLabel, Collection<Integer> small) {
        this.evaluation = evaluation;
        categories = categoryOfLabel == null ? null : evaluation.grouped(categoryOfLabel);
        this.small = new TreeSet<>(small);
        int labels = evaluation.classes().labelCount();
        this.small.stream().filter(l -> l < 0 || l >= labels).findFirst().ifPresent(l -> {
            throw new IllegalArgumentException("small class " + l + " is no label; expected 0.." + (labels - 1));
        });
        List<String> names = new ArrayList<>(evaluation.classes().labelNames());
        if (categories != null) {
            names.addAll(categories.classes().labelNames());
        }
        width = Math.max(
                LEAST_WIDTH, names.stream().mapToInt(String::length).max().orElse(0));
    }

    /** Starts a table. */
    public static Builder builder() {
        return new Builder();
    }

    /** Mean IoU of the small classes, in [0, 1]; NaN if there are none, or none of them counts. */
    public double smallMeanIou() {
        double[] iou = evaluation.iou();
        return small.stream()
                .mapToDouble(l -> iou[l])
                .filter(v -> !Double.isNaN(v))
                .average()
                .orElse(Double.NaN);
    }

    /**
     * The table for a terminal: a head that names what was measured, a line {@code name : IoU} for each class and {@code
     * Score Average : mIoU}; the same of categories where there are such; and {@code Small classes : mIoU (names)}.
     */
    public String text() {
        StringBuilder text = new StringBuilder();
        line(text, evaluation.subject() + " on " + evaluation.split() + ", " + evaluation.images() + " images");
        scores(text, "classes", evaluation);
        if (categories != null) {
            line(text, "");
            scores(text, "categories", categories);
        }
        if (!small.isEmpty()) {
            line(text, "");
            String names = String.join(
                    ", ",
                    small.stream().map(evaluation.classes().labelNames()::get).toList());
            line(text, row("Small classes", smallMeanIou()) + " (" + names + ")");
        }
        return text.toString();
    }

    private void scores(StringBuilder text, String what, Evaluation e) {
        String rule = "-".repeat(width + 10);
        line(text, pad(what) + "     IoU");
        line(text, rule);
        double[] iou = e.iou();
        IntStream.range(0, iou.length)
                .forEach(l -> line(text, row(e.classes().labelNames().get(l), iou[l])));
        line(text, rule);
        line(text, row("Score Average", e.meanIou()));
        line(text, rule);
    }

    private String row(String name, double share) {
        String number = Double.isNaN(share) ? "nan" : String.format(Locale.ROOT, "%.3f", share);
        return pad(name) + " : " + " ".repeat(5 - number.length()) + number;
    }

    private String pad(String name) {
        return name + " ".repeat(width - name.length());
    }

    private static void line(StringBuilder text, String line) {
        text.append(line).append(System.lineSeparator());
    }

    /** What a table shows: the evaluation is required. */
    public static final class Builder {
        private @Nullable Evaluation evaluation;
        private @Nullable List<String> categoryOfLabel;
        private Collection<Integer> small = List.of();

        private Builder() {}

        /** What was measured. */
        public Builder setEvaluation(Evaluation evaluation) {
            this.evaluation = evaluation;
            return this;
        }

        /** The category of each label, such as Cityscapes' {@code flat}; no categories unless set. */
        public Builder optCategories(List<String> categoryOfLabel) {
            this.categoryOfLabel = List.copyOf(categoryOfLabel);
            return this;
        }

        /** The labels whose average has a line of its own; none unless set. */
        public Builder optSmall(Collection<Integer> labels) {
            small = List.copyOf(labels);
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if the evaluation is not set
         * @throws IllegalArgumentException if there is not one category for each label, or a small class is no label
         */
        public ClassTable build() {
            if (evaluation == null) {
                throw new IllegalStateException("setEvaluation is required");
            }
            return new ClassTable(evaluation, categoryOfLabel, small);
        }
    }
}
