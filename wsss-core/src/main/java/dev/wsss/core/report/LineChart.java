package dev.wsss.core.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Lines over axes, as inline SVG that takes its colours from the page. */
final class LineChart {
    private static final int WIDTH = 520;
    private static final int HEIGHT = 250;
    private static final int LEFT = 52;
    private static final int RIGHT = 16;
    private static final int TOP = 14;
    private static final int BOTTOM = 40;
    private static final int MAX_POINTS = 400;

    /** Number of line colours of the style sheet. */
    static final int COLOURS = 6;

    private LineChart() {}

    /** A point to mark, with words beside it. */
    record Mark(double x, double y, String label) {}

    static Chart of(String name, String xLabel, List<Curve.Series> series, @Nullable Mark mark) {
        List<Curve.Series> thinned = series.stream().map(LineChart::thin).toList();
        double[] xs = range(thinned, true);
        double[] ys = range(thinned, false);
        double air = 0.04 * (ys[1] - ys[0]);
        double y0 = ys[0] - air;
        double y1 = ys[1] + air;
        double[] xTicks = ticks(xs[0], xs[1], 6);
        double[] yTicks = ticks(y0, y1, 5);
        Scale x = new Scale(xs[0], xs[1], LEFT, WIDTH - RIGHT);
        Scale y = new Scale(y0, y1, HEIGHT - BOTTOM, TOP);
        List<Chart.Line> lines = new ArrayList<>();
        for (int i = 0; i < thinned.size(); i++) {
            lines.add(new Chart.Line(thinned.get(i).name(), i % COLOURS, path(thinned.get(i), x, y)));
        }
        return new Chart(
                WIDTH,
                HEIGHT,
                LEFT,
                WIDTH - RIGHT,
                HEIGHT - BOTTOM,
                HEIGHT - 4,
                name,
                xLabel,
                Arrays.stream(xTicks)
                        .mapToObj(t -> new Chart.Tick(
                                tenths(x.at(t)), point(x.at(t), HEIGHT - BOTTOM + 18), number(t, xTicks)))
                        .toList(),
                Arrays.stream(yTicks)
                        .mapToObj(t -> new Chart.Tick(tenths(y.at(t)), point(LEFT - 8, y.at(t) + 4), number(t, yTicks)))
                        .toList(),
                lines,
                mark == null ? null : mark(mark, x.at(mark.x()), y.at(mark.y())));
    }

    private static Chart.Mark mark(Mark mark, double x, double y) {
        boolean left = x > (LEFT + WIDTH - RIGHT) / 2.0;
        // Half way down the drop line: below a maximum nothing is drawn.
        Chart.Point text = point(x + (left ? -9 : 9), (y + HEIGHT - BOTTOM) / 2);
        return new Chart.Mark(point(x, y), text, left ? "end" : "start", mark.label());
    }

    private static Chart.Point point(double x, double y) {
        return new Chart.Point(tenths(x), tenths(y));
    }

    private static String tenths(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    private static String path(Curve.Series s, Scale x, Scale y) {
        StringBuilder d = new StringBuilder();
        boolean down = false;
        for (int i = 0; i < s.x().length; i++) {
            if (!Double.isFinite(s.x()[i]) || !Double.isFinite(s.y()[i])) {
                down = false;
                continue;
            }
            d.append(String.format(Locale.ROOT, "%s%.1f %.1f", down ? "L" : "M", x.at(s.x()[i]), y.at(s.y()[i])));
            down = true;
        }
        return d.toString();
    }

    /** A long line as means over equal runs of points. */
    private static Curve.Series thin(Curve.Series s) {
        int n = s.x().length;
        if (n <= MAX_POINTS) {
            return s;
        }
        double[] x = new double[MAX_POINTS];
        double[] y = new double[MAX_POINTS];
        for (int b = 0; b < MAX_POINTS; b++) {
            int from = (int) ((long) b * n / MAX_POINTS);
            int to = (int) ((b + 1L) * n / MAX_POINTS);
            for (int i = from; i < to; i++) {
                x[b] += s.x()[i] / (to - from);
                y[b] += s.y()[i] / (to - from);
            }
        }
        return new Curve.Series(s.name(), x, y);
    }

    private static double[] range(List<Curve.Series> series, boolean horizontal) {
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        for (Curve.Series s : series) {
            for (double v : horizontal ? s.x() : s.y()) {
                if (Double.isFinite(v)) {
                    min = Math.min(min, v);
                    max = Math.max(max, v);
                }
            }
        }
        if (!(min < max)) {
            double middle = min <= max ? min : 0;
            return new double[] {middle - 0.5, middle + 0.5};
        }
        return new double[] {min, max};
    }

    /** Round numbers, 1, 2 or 5 times a power of ten apart; the outer ones may lie just outside of a vertical range. */
    static double[] ticks(double min, double max, int about) {
        double raw = (max - min) / about;
        double power = Math.pow(10, Math.floor(Math.log10(raw)));
        double step = power * (raw / power < 1.5 ? 1 : raw / power < 3.5 ? 2 : raw / power < 7.5 ? 5 : 10);
        List<Double> ticks = new ArrayList<>();
        for (long k = (long) Math.ceil(min / step - 1e-9); k * step <= max + step * 1e-9; k++) {
            ticks.add(k * step);
        }
        return ticks.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** A tick with just the digits that its neighbours call for. */
    private static String number(double value, double[] ticks) {
        double step = ticks.length > 1 ? ticks[1] - ticks[0] : Math.abs(value);
        double largest = Math.max(Math.abs(ticks[0]), Math.abs(ticks[ticks.length - 1]));
        if (largest > 0 && largest < 1e-3 || largest >= 1e7) {
            return String.format(Locale.ROOT, "%.1e", value);
        }
        if (largest >= 1e4 && step >= 100) {
            return String.format(Locale.ROOT, step >= 1000 ? "%.0fk" : "%.1fk", value / 1000);
        }
        int digits = step > 0 ? (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) : 0;
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }

    private record Scale(double from, double to, double low, double high) {
        double at(double v) {
            return low + (v - from) / (to - from) * (high - low);
        }
    }
}
