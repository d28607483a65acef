package dev.wsss.core.report;

import dev.wsss.core.metrics.Evaluation;
import dev.wsss.core.metrics.ImageCounts;
import dev.wsss.core.metrics.SweepEvaluation;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A row of a run's table.
 *
 * @param subject what was evaluated
 * @param split on which images
 * @param images how many of them could be counted
 * @param meanIou in [0, 1], or NaN
 * @param remark what follows the score
 * @param common the score on the images common to all rows of the split, where rows differ
 */
record ReportRow(
        String subject, String split, int images, double meanIou, String remark, StageScore.@Nullable Common common) {
    static ReportRow of(Evaluation e, StageScore.@Nullable Common common) {
        return new ReportRow(e.subject(), e.split(), e.images(), e.meanIou(), "", common);
    }

    static ReportRow of(SweepEvaluation e, StageScore.@Nullable Common common) {
        return new ReportRow(
                e.subject() + ", best threshold",
                e.split(),
                e.ids().size(),
                e.bestMeanIou(),
                String.format(Locale.ROOT, " at %.2f", e.sweep().thresholds()[e.best()]),
                common);
    }

    /** The images that rows of one split have in common; null if all rows are of the same, rows of none apart. */
    static @Nullable Set<String> commonWhereDifferent(List<Set<String>> rows) {
        Set<String> common = ImageCounts.common(rows);
        return rows.stream().allMatch(ids -> ids.isEmpty() || ids.size() == common.size()) ? null : common;
    }

    /** Rows for a terminal, below a head. */
    static String table(List<ReportRow> rows) {
        boolean compared = rows.stream().anyMatch(r -> r.common != null);
        int subjects = width(28, rows.stream().map(ReportRow::subject).toList());
        int splits = width(24, rows.stream().map(ReportRow::split).toList());
        int scores = width(12, rows.stream().map(ReportRow::score).toList());
        String form = "%-" + subjects + "s %-" + splits + "s %6s  %-" + scores + "s  %s";
        StringBuilder text = new StringBuilder();
        text.append(line(form, "stage", "evaluated on", "images", "mIoU", compared ? "on common images" : ""));
        for (ReportRow r : rows) {
            text.append(line(form, r.subject, r.split, Integer.toString(r.images), r.score(), r.commonScore()));
        }
        return text.toString();
    }

    private static int width(int least, List<String> texts) {
        return Math.max(least, texts.stream().mapToInt(String::length).max().orElse(0));
    }

    private static String line(String form, Object... cells) {
        return String.format(Locale.ROOT, form, cells).stripTrailing() + System.lineSeparator();
    }

    private String score() {
        return Double.isNaN(meanIou) ? Report.NOTHING_COUNTED : percent(meanIou) + remark;
    }

    private String commonScore() {
        StageScore.Common c = common;
        return c == null ? "" : c.images() == 0 ? "none" : percent(c.miou()) + " on " + c.images();
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%4.1f %%", 100 * share);
    }
}
