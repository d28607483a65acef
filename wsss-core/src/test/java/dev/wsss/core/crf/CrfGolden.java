package dev.wsss.core.crf;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.wsss.api.RgbImage;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.HostArray;
import java.util.Map;

/** Reference vectors of the dense CRF. */
public final class CrfGolden {
    private CrfGolden() {}

    /** By case name. */
    public static Map<String, GoldenHandler> handlers() {
        return Map.of("crf.dense", CrfGolden::dense, "crf.unary", CrfGolden::unary);
    }

    private static Map<String, HostArray> dense(GoldenCase golden) {
        JsonObject config = golden.config();
        require(config, "kernel", "diag");
        require(config, "normalization", "symmetric");
        HostArray image = golden.in("image_hwc");
        int height = (int) image.shape()[0];
        int width = (int) image.shape()[1];
        int labels = config.get("n_labels").getAsInt();
        DenseCrf.Builder crf = DenseCrf.builder()
                .optIterations(config.get("iterations").getAsInt())
                .optFeatureOrder(
                        switch (config.get("feature_order").getAsString()) {
                            case "xy" -> DenseCrf.FeatureOrder.XY;
                            case "yx" -> DenseCrf.FeatureOrder.YX;
                            default -> throw new IllegalArgumentException("unknown feature order in " + config);
                        });
        if (!config.get("gaussian").isJsonNull()) {
            JsonObject term = config.getAsJsonObject("gaussian");
            crf.optGaussian(term.get("sxy").getAsDouble(), term.get("compat").getAsDouble());
        }
        if (!config.get("bilateral").isJsonNull()) {
            JsonObject term = config.getAsJsonObject("bilateral");
            crf.optBilateral(
                    term.get("sxy").getAsDouble(),
                    term.get("srgb").getAsDouble(),
                    term.get("compat").getAsDouble());
        }
        float[] unary =
                switch (config.get("unary").getAsString()) {
                    case "energy" -> golden.in("unary").toFloats();
                    case "labels" ->
                        Unary.fromLabels(
                                golden.in("labels").toInts(),
                                labels,
                                config.get("gt_prob").getAsDouble(),
                                config.get("zero_unsure").getAsBoolean());
                    default -> throw new IllegalArgumentException("unknown unary in " + config);
                };
        float[] q = crf.build().infer(unary, labels, new RgbImage(height, width, image.toBytes()));
        int sy = config.getAsJsonArray("out_stride").get(0).getAsInt();
        int sx = config.getAsJsonArray("out_stride").get(1).getAsInt();
        int rows = (height + sy - 1) / sy;
        int columns = (width + sx - 1) / sx;
        float[] strided = new float[labels * rows * columns];
        int o = 0;
        for (int l = 0; l < labels; l++) {
            for (int y = 0; y < height; y += sy) {
                for (int x = 0; x < width; x += sx) {
                    strided[o++] = q[(l * height + y) * width + x];
                }
            }
        }
        return Map.of("q", HostArray.ofFloats(strided, labels, rows, columns));
    }

    private static Map<String, HostArray> unary(GoldenCase golden) {
        JsonObject config = golden.config();
        int labels = config.get("n_labels").getAsInt();
        if (config.get("kind").getAsString().equals("softmax")) {
            HostArray prob = golden.in("prob");
            int points = prob.size() / labels;
            JsonElement scale = config.get("scale");
            float[] energy = Unary.fromProbabilities(
                    prob.toFloats(),
                    labels,
                    points,
                    config.get("clip").getAsDouble(),
                    scale.isJsonNull() ? 1 : scale.getAsDouble());
            return Map.of("unary", HostArray.ofFloats(energy, prob.shape()));
        }
        require(config, "kind", "labels");
        HostArray in = golden.in("labels");
        float[] energy = Unary.fromLabels(
                in.toInts(),
                labels,
                config.get("gt_prob").getAsDouble(),
                config.get("zero_unsure").getAsBoolean());
        return Map.of("unary", HostArray.ofFloats(energy, labels, in.shape()[0], in.shape()[1]));
    }

    private static void require(JsonObject config, String key, String value) {
        if (!config.get(key).getAsString().equals(value)) {
            throw new IllegalArgumentException("expected " + key + " = " + value + " in " + config);
        }
    }
}
