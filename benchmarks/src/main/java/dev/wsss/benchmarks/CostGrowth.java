package dev.wsss.benchmarks;

import dev.wsss.api.RgbImage;
import dev.wsss.core.affinity.GridAffinity;
import dev.wsss.core.affinity.PairGeometry;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.runtime.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;

/**
 * How the cost of the CRF and of the random walk grows with the image and with the number of labels, on one thread; prints
 * tables and draws them as SVG. A program and not a JMH benchmark: the curve matters here, not its last digit.
 *
 * <pre>CostGrowth FOLDER    e.g. java -cp benchmarks/target/benchmarks.jar dev.wsss.benchmarks.CostGrowth benchmarks/plots</pre>
 */
public final class CostGrowth {
    private static final int RUNS = 5;
    private static final int WIDTH = 520;
    private static final int HEIGHT = 300;
    private static final int MARGIN = 60;

    private CostGrowth() {}

    private record Point(double x, double milliseconds) {}

    /** Measures and writes one plot for each question. */
    public static void main(String[] folder) throws IOException {
        if (folder.length != 1) {
            throw new IllegalArgumentException("usage: CostGrowth FOLDER");
        }
        Torch.setThreads(1);
        Path target = Files.createDirectories(Path.of(folder[0]));
        plot(
                target.resolve("crf-pixels.svg"),
                "Dense CRF, 10 steps, 6 labels",
                "pixels",
                new int[] {125, 250, 375, 500, 750},
                width -> crf(width * 3 / 4, width, 6),
                width -> width * (width * 3 / 4));
        plot(
                target.resolve("crf-labels.svg"),
                "Dense CRF, 10 steps, 375x500",
                "labels",
                new int[] {2, 6, 11, 21, 41},
                labels -> crf(375, 500, labels),
                labels -> labels);
        plot(
                target.resolve("walk-nodes.svg"),
                "Random walk, 256 steps, 3 maps",
                "nodes",
                new int[] {32, 63, 94, 125, 188},
                width -> walk(width * 3 / 4, width, 3),
                width -> width * (width * 3 / 4));
        plot(
                target.resolve("walk-maps.svg"),
                "Random walk, 256 steps, 47x63",
                "maps",
                new int[] {1, 2, 4, 8, 21},
                maps -> walk(47, 63, maps),
                maps -> maps);
    }

    private static Runnable crf(int height, int width, int labels) {
        RgbImage image = Inputs.image(1, height, width);
        float[] energies = Inputs.scores(2, labels * height * width);
        DenseCrf crf = DenseCrf.psa(1).build();
        return () -> crf.infer(energies, labels, image);
    }

    private static Runnable walk(int height, int width, int maps) {
        GridAffinity affinity =
                GridAffinity.ofBoundary(Inputs.scores(3, height * width), height, width, PairGeometry.RADIUS);
        float[] scores = Inputs.scores(4, maps * height * width);
        return () -> affinity.transition(10).walk(scores, maps, 256);
    }

    private static void plot(
            Path file, String title, String unit, int[] sizes, IntFunction<Runnable> code, IntFunction<Integer> amount)
            throws IOException {
        System.out.printf("%n| %s: %s | ms |%n|---:|---:|%n", title, unit);
        List<Point> points = new ArrayList<>();
        for (int size : sizes) {
            Runnable run = code.apply(size);
            double[] times = new double[RUNS];
            run.run();
            run.run();
            for (int i = 0; i < RUNS; i++) {
                long start = System.nanoTime();
                run.run();
                times[i] = (System.nanoTime() - start) * 1e-6;
            }
            Arrays.sort(times);
            Point point = new Point(amount.apply(size), times[RUNS / 2]);
            points.add(point);
            System.out.printf(Locale.ROOT, "| %.0f | %.1f |%n", point.x, point.milliseconds);
        }
        Files.writeString(file, svg(title, unit, points));
    }

    private static String svg(String title, String unit, List<Point> points) {
        double right = points.stream().mapToDouble(Point::x).max().orElseThrow();
        double top = points.stream().mapToDouble(Point::milliseconds).max().orElseThrow();
        StringBuilder svg = new StringBuilder();
        add(
                svg,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">",
                WIDTH,
                HEIGHT);
        add(svg, "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>");
        add(svg, "<text x=\"%d\" y=\"20\" font-size=\"14\">%s</text>", MARGIN, title);
        for (int i = 0; i <= 4; i++) {
            double y = y(top * i / 4, top);
            add(svg, "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>", MARGIN, WIDTH - 20, y, y);
            add(svg, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.0f ms</text>", MARGIN - 6, y + 4, top * i / 4);
        }
        StringBuilder path = new StringBuilder();
        for (Point p : points) {
            path.append(String.format(
                    Locale.ROOT, "%s%.1f %.1f", path.isEmpty() ? "M" : "L", x(p.x, right), y(p.milliseconds, top)));
            add(
                    svg,
                    "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"#1f6feb\"/>",
                    x(p.x, right),
                    y(p.milliseconds, top));
            add(svg, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f</text>", x(p.x, right), HEIGHT - 36, p.x);
        }
        add(svg, "<path d=\"%s\" fill=\"none\" stroke=\"#1f6feb\" stroke-width=\"1.5\"/>", path);
        add(svg, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>", WIDTH - 20, HEIGHT - 14, unit);
        add(svg, "</svg>");
        return svg.toString();
    }

    private static double x(double value, double right) {
        return MARGIN + (WIDTH - 20 - MARGIN) * value / right;
    }

    private static double y(double value, double top) {
        return HEIGHT - 54 - (HEIGHT - 90) * value / top;
    }

    private static void add(StringBuilder svg, String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
