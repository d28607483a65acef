package dev.wsss.core.metrics;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.HostArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** Reference vectors of the metrics. */
public final class MetricsGolden {
    private MetricsGolden() {}

    /** By case name. */
    public static Map<String, GoldenHandler> handlers() {
        return Map.of(
                "eval.fpr_fnr", MetricsGolden::falseOfUnion,
                "eval.miou", MetricsGolden::miou,
                "eval.scores", MetricsGolden::scores);
    }

    /** DHR's evaluation of a dataset, of which some predictions are missing and some images show background alone. */
    private static Map<String, HostArray> falseOfUnion(GoldenCase golden) {
        JsonObject config = golden.config();
        if (config.get("ignore_index").getAsInt() != LabelMap.IGNORE) {
            throw new IllegalArgumentException("another way to count: " + config);
        }
        List<String> names = new ArrayList<>();
        config.getAsJsonArray("class_names").forEach(name -> names.add(name.getAsString()));
        Set<Integer> missing = new HashSet<>();
        config.getAsJsonArray("missing_predictions").forEach(i -> missing.add(i.getAsInt()));
        float undefined = config.get("undefined_value").getAsFloat();
        int images = 0;
        while (golden.has("in.gt" + images)) {
            images++;
        }
        String[] ids = IntStream.range(0, images).mapToObj(Integer::toString).toArray(String[]::new);
        FakeData data = new FakeData(config.get("data").getAsString(), ids);
        data.classes = names.get(0).equals("background")
                ? ClassCatalog.withBackground(names.subList(1, names.size()))
                : ClassCatalog.withoutBackground(names);
        for (String id : ids) {
            data.masks.put(id, map(golden.in("gt" + id)));
        }
        Evaluation e = Evaluator.on(data)
                .onlyWithForeground()
                .compare("vectors", i -> missing.contains(i) ? null : map(golden.in("pred" + i)));
        byte[] used = new byte[images];
        float[] byImage = new float[images];
        for (int i = 0; i < images; i++) {
            used[i] = (byte) (e.byImage().ids().contains(ids[i]) ? 1 : 0);
            byImage[i] = defined(undefined, e.on(Set.of(ids[i])).meanIou())[0];
        }
        ConfusionMatrix matrix = e.confusion();
        int labels = names.size();
        Map<String, HostArray> out = new HashMap<>();
        out.put("count_tp", HostArray.ofLongs(matrix.truePositives(), labels));
        out.put("count_pred", HostArray.ofLongs(matrix.predicted(), labels));
        out.put("count_gt", HostArray.ofLongs(matrix.truth(), labels));
        double[] iou = Arrays.stream(e.iou()).map(v -> 100 * v).toArray();
        out.put("iou", HostArray.ofFloats(defined(undefined, iou), labels));
        out.put("fpr", HostArray.ofFloats(defined(undefined, matrix.falsePositives()), labels));
        out.put("fnr", HostArray.ofFloats(defined(undefined, matrix.falseNegatives()), labels));
        out.put("miou", HostArray.ofFloats(percent(e.meanIou())));
        out.put("mfpr", scalar(matrix.meanFalsePositives()));
        out.put("mfnr", scalar(matrix.meanFalseNegatives()));
        out.put("image_used", HostArray.ofBytes(used, images));
        out.put("image_miou", HostArray.ofFloats(byImage, images));
        return out;
    }

    private static float[] defined(float undefined, double... values) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = Double.isNaN(values[i]) ? undefined : (float) values[i];
        }
        return out;
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
        return Map.of(
                "pixel_accuracy", scalar(matrix.pixelAccuracy()),
                "mean_accuracy", scalar(matrix.meanAccuracy()),
                "fwiou", scalar(matrix.frequencyWeightedIou()),
                "mean_iou", scalar(matrix.meanIou(IouConvention.IN_TRUTH)),
                "class_iou", HostArray.ofFloats(defined(undefined, iou), labels));
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
