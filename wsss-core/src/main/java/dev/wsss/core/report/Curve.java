package dev.wsss.core.report;

import java.util.List;

/**
 * Lines over one axis: losses or learning rates over steps.
 *
 * @param title the chart's title
 * @param xLabel what the horizontal axis counts
 * @param series the lines
 */
public record Curve(String title, String xLabel, List<Series> series) {
    /**
     * One line.
     *
     * @param name for the legend
     * @param x ascending
     * @param y as many; where NaN the line is broken
     */
    public record Series(String name, double[] x, double[] y) {
        public Series {
            if (x.length != y.length) {
                throw new IllegalArgumentException(
                        "series '" + name + "' has " + x.length + " x values and " + y.length + " y values");
            }
        }
    }

    public Curve {
        series = List.copyOf(series);
    }

    /** One line over the steps 0, 1, 2 ... */
    public static Curve ofSteps(String title, String name, double... y) {
        double[] x = new double[y.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = i;
        }
        return new Curve(title, "step", List.of(new Series(name, x, y)));
    }
}
