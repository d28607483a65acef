package dev.wsss.core.report;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@code chart.mustache} draws, in the units of its view box. */
record Chart(
        int width,
        int height,
        int left,
        int right,
        int bottom,
        int caption,
        String name,
        String xLabel,
        List<Tick> xTicks,
        List<Tick> yTicks,
        List<Line> lines,
        @Nullable Mark mark) {
    record Point(String x, String y) {}

    record Tick(String at, Point text, String label) {}

    record Line(String name, int colour, String path) {}

    record Mark(Point dot, Point text, String anchor, String label) {}

    boolean hasKey() {
        return lines.size() > 1;
    }
}
