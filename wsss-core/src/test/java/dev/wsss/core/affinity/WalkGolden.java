package dev.wsss.core.affinity;

import com.google.gson.JsonObject;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.label.Background;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** The reference vectors of the random walk. */
public final class WalkGolden {
    private static final int VOC_LABELS = 21;

    private WalkGolden() {}

    public static Map<String, GoldenHandler> handlers() {
        return handlers(null);
    }

    /** The same on tensors of this type. */
    public static Map<String, GoldenHandler> handlers(@Nullable DType tensorType) {
        return Map.of("walk.psa", golden -> psa(golden, tensorType), "walk.irn", golden -> irn(golden, tensorType));
    }

    private static RandomWalk build(RandomWalk.Builder walk, @Nullable DType tensorType) {
        return (tensorType == null ? walk : walk.optTensorType(tensorType)).build();
    }

    private static Map<String, HostArray> psa(GoldenCase golden, @Nullable DType tensorType) {
        JsonObject config = golden.config();
        int height = config.getAsJsonArray("size").get(0).getAsInt();
        int width = config.getAsJsonArray("size").get(1).getAsInt();
        long[] feature = golden.in("f9").shape();
        int rows = (int) feature[2];
        int columns = (int) feature[3];
        int radius = config.get("radius").getAsInt();
        if (config.get("small_grid_rule").getAsBoolean()) {
            radius = PairGeometry.smallGridRadius(radius, rows, columns);
        }
        PairGeometry geometry = PairGeometry.of(PairRule.HALF_DISC, radius, rows, columns);
        HostArray pairs;
        try (Scope scope = Scope.open()) {
            pairs = Tensors.toHost(AffinityHead.affinity(torch.elu(Tensors.of(golden.in("f9"))), geometry)
                    .squeeze(0));
        }
        GridAffinity grid = GridAffinity.ofPairs(geometry, pairs.toFloats());
        JsonObject background = config.getAsJsonObject("background");
        double value = background.get("value").getAsDouble();
        RandomWalk.Builder settings = RandomWalk.builder()
                .setAffinity(sample -> grid)
                .optBeta(config.get("beta").getAsDouble())
                .optSteps(1 << config.get("logt").getAsInt())
                .optStride(config.get("pool").getAsInt())
                .optBackground(
                        background.get("mode").getAsString().equals("power")
                                ? Background.power(value)
                                : Background.constant(value));
        RandomWalk walk = build(settings, tensorType);
        int[] labels = StreamSupport.stream(config.getAsJsonArray("class_ids").spliterator(), false)
                .mapToInt(id -> id.getAsInt() + 1)
                .toArray();
        RandomWalk.Maps walked = walk.walk(
                grid,
                new RandomWalk.Maps(labels, height, width, golden.in("cam").toFloats()),
                true);
        float[] all = new float[VOC_LABELS * rows * columns];
        for (int k = 0; k < walked.labels().length; k++) {
            System.arraycopy(
                    walked.values(), k * rows * columns, all, walked.labels()[k] * rows * columns, rows * columns);
        }
        Map<String, HostArray> out = new LinkedHashMap<>();
        out.put("aff", pairs);
        out.put("cam_rw", HostArray.ofFloats(all, VOC_LABELS, rows, columns));
        out.put("pred", argmax(walk.toImage(walked, height, width, true)));
        return out;
    }

    private static Map<String, HostArray> irn(GoldenCase golden, @Nullable DType tensorType) {
        JsonObject config = golden.config();
        int height = config.getAsJsonArray("size").get(0).getAsInt();
        int width = config.getAsJsonArray("size").get(1).getAsInt();
        long[] shape = golden.in("x").shape();
        int count = (int) shape[0];
        int rows = (int) shape[1];
        int columns = (int) shape[2];
        GridAffinity grid = GridAffinity.ofBoundary(
                golden.in("edge").toFloats(),
                rows,
                columns,
                config.get("radius").getAsInt());
        RandomWalk.Builder settings = RandomWalk.irn()
                .setAffinity(sample -> grid)
                .optBeta(config.get("beta").getAsDouble())
                .optSteps(1 << config.get("exp_times").getAsInt())
                .optStride(config.get("upscale").getAsInt())
                .optBackground(Background.constant(config.get("bg_threshold").getAsDouble()));
        RandomWalk walk = build(settings, tensorType);
        int[] labels = IntStream.rangeClosed(1, count).toArray();
        RandomWalk.Maps walked = walk.walk(
                grid, new RandomWalk.Maps(labels, rows, columns, golden.in("x").toFloats()), true);
        RandomWalk.Maps image = walk.toImage(walked, height, width, true);
        int stride = config.get("rw_up_stride").getAsInt();
        int upRows = (height + stride - 1) / stride;
        int upColumns = (width + stride - 1) / stride;
        float[] up = new float[count * upRows * upColumns];
        for (int i = 0; i < up.length; i++) {
            int k = i / (upRows * upColumns);
            int y = i / upColumns % upRows * stride;
            int x = i % upColumns * stride;
            up[i] = image.values()[((k + 1) * height + y) * width + x]; // map 0 is the background
        }
        Map<String, HostArray> out = new LinkedHashMap<>();
        out.put("rw", HostArray.ofFloats(walked.values(), count, rows, columns));
        out.put("rw_up", HostArray.ofFloats(up, count, upRows, upColumns));
        out.put("pred", argmax(image));
        return out;
    }

    private static HostArray argmax(RandomWalk.Maps maps) {
        int pixels = maps.height() * maps.width();
        byte[] pred = new byte[pixels];
        for (int i = 0; i < pixels; i++) {
            int best = 0;
            for (int k = 1; k < maps.labels().length; k++) {
                best = maps.values()[k * pixels + i] > maps.values()[best * pixels + i] ? k : best;
            }
            pred[i] = (byte) maps.labels()[best];
        }
        return HostArray.ofBytes(pred, maps.height(), maps.width());
    }
}
