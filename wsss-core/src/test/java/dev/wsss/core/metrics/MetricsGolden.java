package dev.wsss.core.metrics;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.HostArray;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/** Reference vectors of the metrics. */
public final class MetricsGolden {
    private MetricsGolden() {}

    /** By case name. */
    public static Map<String, GoldenHandler> handlers() {
        return Map.of("eval.miou", MetricsGolden::miou, "eval.scores", MetricsGolden::scores);
    }

    private static Map<String, HostArray> miou(GoldenCase golden) {
        JsonObject config = golden.config();
        if (config.get("ignore").getAsInt() != LabelMap.IGNORE
                || config.get("iou_eps").getAsDouble() != 1e-10
                || !config.get("unit").getAsString().equals("percent")
                || !config.get("mean_over").getAsString().startsWith("all")) {
            throw new IllegalArgumentException("another way to count: " + config);
        }
        int labels = config.get("n_classes").getAsInt();
        Map<String, HostArray> out = new HashMap<>();
        ConfusionMatrix matrix;
        if (config.get("kind").getAsString().equals("png")) {
            matrix = new ConfusionMatrix(labels);
            for (int i = 0; golden.has("in.gt." + i); i++) {
                matrix.add(map(golden.in("pred." + i)), map(golden.in("gt." + i)));
            }
        } else {
            matrix =
                    sweep(golden, labels, config.get("threshold").getAsDouble()).at(0);
            JsonElement curve = config.get("curve");
            if (curve != null && !curve.isJsonNull()) {
                JsonObject c = curve.getAsJsonObject();
                int count = c.get("count").getAsInt();
                double[] thresholds = ThresholdSweep.range(
                        c.get("start").getAsDouble(), c.get("step").getAsDouble(), count);
                double[] values = sweep(golden, labels, thresholds).curve(IouConvention.ALL);
                out.put("curve", HostArray.ofFloats(percent(values), count));
            }
        }
        out.put("tp", HostArray.ofLongs(matrix.truePositives(), labels));
        out.put("p", HostArray.ofLongs(matrix.predicted(), labels));
        out.put("t", HostArray.ofLongs(matrix.truth(), labels));
        out.put("iou", HostArray.ofFloats(percent(matrix.iou(IouConvention.ALL)), labels));
        out.put("miou", HostArray.ofFloats(percent(matrix.meanIou(IouConvention.ALL)), 1));
        return out;
    }

    private static ThresholdSweep sweep(GoldenCase golden, int labels, double... thresholds) {
        ThresholdSweep sweep = new ThresholdSweep(catalog(labels), thresholds);
        for (int i = 0; golden.has("in.gt." + i); i++) {
            HostArray cam = golden.in("cam." + i);
            int[] maps = Arrays.stream(golden.in("keys." + i).toInts())
                    .map(key -> key + 1)
                    .toArray();
            ScoreMaps scores = ScoreMaps.of(maps, (int) cam.shape()[1], (int) cam.shape()[2], cam.toFloats());
            sweep.add(scores, map(golden.in("gt." + i)));
        }
        return sweep;
    }

    private static Map<String, HostArray> scores(GoldenCase golden) {
        int labels = golden.config().get("n_class").getAsInt();
        float undefined = golden.config().get("undefined_value").getAsFloat();
        ConfusionMatrix matrix = new ConfusionMatrix(labels);
        for (int i = 0; golden.has("in.gt" + i); i++) {
            HostArray in = golden.in("gt" + i);
            byte[] truth = in.toBytes();
            for (int p = 0; p < truth.length; p++) {
                if ((truth[p] & 255) >= labels) {
                    truth[p] = (byte) LabelMap.IGNORE;
                }
            }
            matrix.add(map(golden.in("pred" + i)), LabelMap.of((int) in.shape()[0], (int) in.shape()[1], truth));
        }
        double[] iou = matrix.iou(IouConvention.OCCURRING);
        float[] defined = new float[labels];
        for (int l = 0; l < labels; l++) {
            defined[l] = Double.isNaN(iou[l]) ? undefined : (float) iou[l];
        }
        return Map.of(
                "pixel_accuracy", scalar(matrix.pixelAccuracy()),
                "mean_accuracy", scalar(matrix.meanAccuracy()),
                "fwiou", scalar(matrix.frequencyWeightedIou()),
                "mean_iou", scalar(matrix.meanIou(IouConvention.IN_TRUTH)),
                "class_iou", HostArray.ofFloats(defined, labels));
    }

    private static ClassCatalog catalog(int labels) {
        return ClassCatalog.withBackground(
                IntStream.range(1, labels).mapToObj(i -> "class " + i).toList());
    }

    private static LabelMap map(HostArray a) {
        return LabelMap.of((int) a.shape()[0], (int) a.shape()[1], a.toBytes());
    }

    private static HostArray scalar(double v) {
        return HostArray.ofFloats(new float[] {(float) v});
    }

    private static float[] percent(double... fractions) {
        float[] out = new float[fractions.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) (fractions[i] * 100);
        }
        return out;
    }
}
