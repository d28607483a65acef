package dev.wsss.core.affinity;

import com.google.gson.JsonObject;
import dev.wsss.api.LabelMap;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.LabelTensors;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The reference vectors of affinity pairs, labels and head. */
public final class AffinityGolden {
    private AffinityGolden() {}

    public static Map<String, GoldenHandler> handlers() {
        return Map.of(
                "affinity.pairs", AffinityGolden::pairs,
                "affinity.labels", AffinityGolden::labels,
                "affinity.net", AffinityGolden::net);
    }

    private static PairRule rule(JsonObject config) {
        String variant = config.get("variant").getAsString();
        return switch (variant) {
            case "psa" -> PairRule.HALF_DISC;
            case "circle" -> PairRule.FULL_DISC;
            case "irn" -> PairRule.PATHS;
            default -> throw new IllegalArgumentException("unknown variant " + variant);
        };
    }

    private static Map<String, HostArray> pairs(GoldenCase golden) {
        JsonObject config = golden.config();
        int height = config.getAsJsonArray("size").get(0).getAsInt();
        int width = config.getAsJsonArray("size").get(1).getAsInt();
        PairGeometry g = PairGeometry.of(rule(config), config.get("radius").getAsInt(), height, width);
        HostArray sources = HostArray.ofLongs(longs(g.sources()), g.sourceCount());
        long[] to = IntStream.range(0, g.offsetCount())
                .flatMap(o -> Arrays.stream(g.destinations(o)))
                .asLongStream()
                .toArray();
        HostArray destinations = HostArray.ofLongs(to, g.offsetCount(), g.sourceCount());
        Map<String, HostArray> out = new LinkedHashMap<>();
        if (g.rule() != PairRule.PATHS) {
            out.put("indices_from", sources);
            out.put("indices_to", destinations);
            return out;
        }
        out.put("src_indices", sources);
        out.put("dst_indices", destinations);
        long[] offsets = IntStream.range(0, g.offsetCount())
                .flatMap(o -> IntStream.of(g.dy(o), g.dx(o)))
                .asLongStream()
                .toArray();
        out.put("search_dst", HostArray.ofLongs(offsets, g.offsetCount(), 2));
        for (int o = 0, group = 0; o < g.offsetCount(); group++) {
            List<int[][]> paths = new ArrayList<>();
            int length = g.path(o).length;
            for (; o < g.offsetCount() && g.path(o).length == length; o++) {
                paths.add(g.path(o));
            }
            int[] relative = paths.stream()
                    .flatMap(Arrays::stream)
                    .flatMapToInt(Arrays::stream)
                    .toArray();
            int[] nodes = paths.stream()
                    .flatMap(Arrays::stream)
                    .flatMapToInt(n -> Arrays.stream(g.sources()).map(s -> s + n[0] * g.width() + n[1]))
                    .toArray();
            out.put("search_paths." + group, HostArray.ofInts(relative, paths.size(), length, 2));
            out.put("path_indices." + group, HostArray.ofInts(nodes, paths.size(), length, g.sourceCount()));
        }
        return out;
    }

    private static long[] longs(int[] values) {
        return Arrays.stream(values).asLongStream().toArray();
    }

    private static Map<String, HostArray> labels(GoldenCase golden) {
        JsonObject config = golden.config();
        Map<String, HostArray> out = new LinkedHashMap<>();
        LabelMap grid;
        if (config.get("stage").getAsString().equals("full")) {
            grid = AffinityLabels.confident(
                    maps(golden.in("la")),
                    maps(golden.in("ha")),
                    config.get("pool").getAsInt(),
                    config.get("zero_eps").getAsDouble());
            out.put("label", HostArray.ofBytes(grid.toArray(), grid.height(), grid.width()));
        } else {
            long[] shape = golden.in("label").shape();
            grid = LabelMap.wrap(
                    (int) shape[0], (int) shape[1], golden.in("label").toBytes());
        }
        int ignore = config.has("ignore") ? config.get("ignore").getAsInt() : LabelMap.IGNORE;
        int validBelow = config.has("valid_below") ? config.get("valid_below").getAsInt() : ignore;
        PairGeometry g = PairGeometry.of(rule(config), config.get("radius").getAsInt(), grid.height(), grid.width());
        try (Scope scope = Scope.open()) {
            PairLabels pairs = PairLabels.of(g, LabelTensors.of(List.of(grid), ComputeDevice.CPU), validBelow);
            out.put("bg", mask(pairs.background()));
            out.put("fg", mask(pairs.foreground()));
            out.put("neg", mask(pairs.different()));
        }
        return out;
    }

    /** The one image's mask, of zeros and ones. */
    private static HostArray mask(Tensor pairs) {
        return Tensors.toHost(pairs.select(0, 0).to(torch.ScalarType.Byte));
    }

    private static ScoreMaps maps(HostArray array) {
        long[] shape = array.shape();
        return ScoreMaps.of(
                IntStream.range(0, (int) shape[0]).toArray(), (int) shape[1], (int) shape[2], array.toFloats());
    }

    private static Map<String, HostArray> net(GoldenCase golden) {
        JsonObject config = golden.config();
        int height = config.getAsJsonArray("grid").get(0).getAsInt();
        int width = config.getAsJsonArray("grid").get(1).getAsInt();
        int radius = config.get("radius").getAsInt();
        if (config.get("small_grid_rule").getAsBoolean()) {
            radius = PairGeometry.smallGridRadius(radius, height, width);
        }
        PairGeometry geometry = PairGeometry.of(rule(config), radius, height, width);
        AffinityHead.Builder builder = AffinityHead.builder();
        Map<String, HostArray> weights = new LinkedHashMap<>();
        for (String name : List.of("f8_3", "f8_4", "f8_5", "f9")) {
            HostArray weight = golden.param(name + ".weight");
            weights.put(name + ".weight", weight);
            int out = (int) weight.shape()[0];
            if (name.equals("f9")) {
                builder.optOutChannels(out);
            } else {
                builder.addTap(name, (int) weight.shape()[1], out);
            }
        }
        JsonObject w = config.getAsJsonObject("weights");
        AffinityLoss loss = new AffinityLoss(
                w.get("bg").getAsDouble(),
                w.get("fg").getAsDouble(),
                w.get("neg").getAsDouble(),
                config.get("eps").getAsDouble());
        Map<String, HostArray> out = new LinkedHashMap<>();
        try (Scope scope = Scope.open();
                AffinityHead head = builder.build()) {
            head.load(weights);
            List<String> taps = List.of("conv4", "conv5", "conv6");
            List<Tensor> inputs = taps.stream()
                    .map(t -> Tensors.of(golden.in(t)).requires_grad_(true))
                    .toList();
            Tensor aff = AffinityHead.affinity(head.features(inputs), geometry);
            AffinityLoss.Terms terms = loss.apply(
                    aff,
                    Tensors.of(golden.in("bg_label")),
                    Tensors.of(golden.in("fg_label")),
                    Tensors.of(golden.in("neg_label")));
            terms.total().backward();
            out.put("aff", Tensors.toHost(aff));
            out.put("bg_loss", Tensors.toHost(terms.background()));
            out.put("fg_loss", Tensors.toHost(terms.foreground()));
            out.put("neg_loss", Tensors.toHost(terms.different()));
            out.put("loss", Tensors.toHost(terms.total()));
            for (int i = 0; i < taps.size(); i++) {
                out.put("grad." + taps.get(i), Tensors.toHost(inputs.get(i).grad()));
            }
            putGradients(head, out);
            if (golden.has("out.aff_dense")) {
                GridAffinity grid = GridAffinity.ofPairs(geometry, Tensors.toFloats(aff));
                int nodes = height * width;
                float[] dense = new float[nodes * nodes];
                for (int i = 0; i < dense.length; i++) {
                    dense[i] = grid.get(i / nodes, i % nodes);
                }
                out.put("aff_dense", HostArray.ofFloats(dense, nodes, nodes));
            }
        }
        return out;
    }

    private static void putGradients(Network network, Map<String, HostArray> out) {
        network.parameters().forEach((name, p) -> out.put("grad." + name, Tensors.toHost(p.grad())));
    }
}
