package dev.wsss.core.train;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** Optimizers, moving average and schedules against the trajectories of the reference training loops. */
public final class OptimGolden {
    private OptimGolden() {}

    /** The cases of this package. */
    public static Map<String, GoldenHandler> handlers() {
        return Map.of(
                "optim.poly",
                OptimGolden::poly,
                "optim.deeplab",
                OptimGolden::deeplab,
                "optim.dhr",
                OptimGolden::dhr,
                "schedule.poly_mmcv",
                c -> schedule(c, polyMmcv(c.config())),
                "schedule.cosine_mmcv",
                c -> schedule(c, cosineMmcv(c.config())),
                "schedule.const_warm_cosine",
                c -> schedule(c, constantThenCosine(c.config())),
                "schedule.poly_dhr",
                c -> schedule(c, polyDhr(c.config())),
                "schedule.poly_step",
                OptimGolden::polyStep);
    }

    private static Map<String, HostArray> poly(GoldenCase golden) {
        JsonObject config = golden.config();
        JsonArray groupConfigs = config.getAsJsonArray("groups");
        int steps = config.get("steps").getAsInt();
        double rate = config.get("lr").getAsDouble();
        Map<String, HostArray> initial = new LinkedHashMap<>();
        for (int g = 0; g < groupConfigs.size(); g++) {
            initial.put("g" + g, golden.in("param." + g));
        }
        try (TensorBag network = new TensorBag(initial, Map.of())) {
            ParameterGroups groups = ParameterGroups.of(network);
            for (int g = 0; g < groupConfigs.size(); g++) {
                JsonObject group = groupConfigs.get(g).getAsJsonObject();
                groups.group(
                        "g" + g,
                        List.of("g" + g),
                        group.get("lr").getAsDouble() / rate,
                        group.get("weight_decay").getAsDouble());
            }
            String kind = config.get("optimizer").getAsString();
            Schedule schedule = kind.equals("SGDROptimizer")
                    ? Schedule.cosineRestarts(
                            config.get("steps_per_epoch").getAsLong()
                                    * config.get("epoch_start").getAsLong(),
                            config.get("restart_mult").getAsInt())
                    : Schedule.polyHoldingLast(
                            config.get("power").getAsDouble(),
                            config.get("max_step").getAsLong());
            Optimizer optimizer = kind.equals("PolyAdam")
                    ? Adam.builder()
                            .setGroups(groups.build())
                            .setLearningRate(rate)
                            .build()
                    : Sgd.builder()
                            .setGroups(groups.build())
                            .setLearningRate(rate)
                            .optMomentum(config.get("effective_momentum").getAsDouble())
                            .build();
            Recorder recorder = new Recorder();
            try (optimizer) {
                for (int step = 0; step < steps; step++) {
                    try (Scope scope = Scope.open()) {
                        for (int g = 0; g < groupConfigs.size(); g++) {
                            Tensor distance = network.tensor("g" + g).sub(Tensors.of(golden.in("target." + g)));
                            distance.mul(distance)
                                    .mul(Tensors.of(golden.in("curvature." + g)))
                                    .sum()
                                    .div(new Scalar(2.0))
                                    .backward();
                        }
                        recorder.rates(optimizer.rates(schedule, step));
                        optimizer.step(schedule, step);
                        optimizer.zeroGrad();
                    }
                    for (int g = 0; g < groupConfigs.size(); g++) {
                        recorder.add("param." + g, Tensors.toHost(network.tensor("g" + g)));
                    }
                }
            }
            return recorder.stacked();
        }
    }

    private static Map<String, HostArray> deeplab(GoldenCase golden) {
        JsonObject config = golden.config();
        List<Double> multipliers = doubles(config.getAsJsonArray("lr_multipliers"));
        Map<String, HostArray> initial = parameters(golden);
        List<Long> stored = longs(config.getAsJsonArray("stored_iterations"));
        int accumulate = config.get("iter_size").getAsInt();
        try (TensorBag network = new TensorBag(initial, Map.of());
                Sgd sgd = sgd(
                        config, groups(network, config, multipliers, doubles(config.getAsJsonArray("weight_decay"))))) {
            Schedule schedule = Schedule.polyInStairs(
                    config.get("poly_power").getAsDouble(),
                    config.get("iter_max").getAsLong(),
                    config.get("lr_step").getAsLong());
            Recorder recorder = new Recorder();
            int steps = Math.toIntExact(golden.out("lr").shape()[0]);
            for (int step = 0; step < steps; step++) {
                for (int micro = 0; micro < accumulate; micro++) {
                    backward(network, golden, step * accumulate + micro, accumulate);
                }
                recorder.rates(sgd.rates(schedule, step));
                sgd.step(schedule, step);
                network.parameters().values().forEach(OptimGolden::dropGradient);
                if (stored.contains(step + 1L)) {
                    network.parameters().forEach((name, p) -> recorder.add(name, Tensors.toHost(p)));
                }
            }
            return recorder.stacked();
        }
    }

    private static Map<String, HostArray> dhr(GoldenCase golden) {
        JsonObject config = golden.config();
        double head = config.get("lr_head_multiplier").getAsDouble();
        double decay = config.get("weight_decay").getAsDouble();
        List<Long> stored = longs(config.getAsJsonArray("stored_iterations"));
        Map<String, HostArray> buffers = new LinkedHashMap<>();
        golden.tensors().keySet().stream()
                .filter(k -> k.startsWith("in.buffer."))
                .map(k -> k.substring("in.buffer.".length()))
                .forEach(k -> buffers.put(k, golden.param(k)));
        buffers.put("num_batches_tracked", HostArray.ofLongs(new long[1]));
        Recorder recorder = new Recorder();
        Map<String, HostArray> out = new LinkedHashMap<>();
        try (TensorBag network = new TensorBag(parameters(golden), buffers);
                Ema ema = Ema.of(network, config.get("ema_decay").getAsDouble());
                Sgd sgd = sgd(
                        config,
                        groups(network, config, List.of(1.0, 1.0, head, head), List.of(decay, decay, decay, decay)))) {
            Schedule schedule = Schedule.polyHoldingLast(
                    config.get("poly_power").getAsDouble(),
                    config.get("max_iterations").getAsLong());
            int steps = Math.toIntExact(golden.out("lr").shape()[0]);
            for (int step = 0; step < steps; step++) {
                int t = step;
                try (Scope scope = Scope.open();
                        Torch.Mode noGrad = Torch.noGrad()) {
                    network.buffers().forEach((name, b) -> {
                        if (b.is_floating_point()) {
                            b.copy_(Tensors.of(row(golden.in("buffer." + name), t)));
                        } else {
                            b.add_(new Scalar(1));
                        }
                    });
                }
                backward(network, golden, step, 1);
                recorder.rates(sgd.rates(schedule, step));
                sgd.step(schedule, step);
                sgd.zeroGrad();
                ema.update();
                if (stored.contains(step + 1L)) {
                    network.parameters().forEach((name, p) -> recorder.add(name, Tensors.toHost(p)));
                    ema.stateDict().forEach((name, array) -> {
                        if (array.dtype().isFloating()) {
                            recorder.add("ema." + name, array);
                        } else {
                            out.put("ema." + name, array);
                        }
                    });
                }
            }
        }
        out.putAll(recorder.stacked());
        return out;
    }

    private static Map<String, HostArray> parameters(GoldenCase golden) {
        Map<String, HostArray> initial = new LinkedHashMap<>();
        golden.config()
                .getAsJsonArray("parameter_names")
                .forEach(n -> initial.put(n.getAsString(), golden.param(n.getAsString())));
        return initial;
    }

    private static Sgd sgd(JsonObject config, List<ParameterGroup> groups) {
        return Sgd.builder()
                .setGroups(groups)
                .setLearningRate(config.get("lr").getAsDouble())
                .optMomentum(config.get("momentum").getAsDouble())
                .optDampening(config.has("dampening") ? config.get("dampening").getAsDouble() : 0)
                .optNesterov(config.get("nesterov").getAsBoolean())
                .build();
    }

    private static List<ParameterGroup> groups(
            TensorBag network, JsonObject config, List<Double> multipliers, List<Double> decays) {
        Map<Integer, List<String>> members = new TreeMap<>();
        for (Map.Entry<String, JsonElement> e :
                config.getAsJsonObject("expected_groups").entrySet()) {
            members.computeIfAbsent(e.getValue().getAsInt(), g -> new ArrayList<>())
                    .add(e.getKey());
        }
        ParameterGroups groups = ParameterGroups.of(network).optDropRest();
        members.forEach((g, names) -> groups.group("g" + g, names, multipliers.get(g), decays.get(g)));
        return groups.build();
    }

    /** Gives every parameter the stored gradient over {@code divisor}. */
    private static void backward(TensorBag network, GoldenCase golden, int row, int divisor) {
        try (Scope scope = Scope.open()) {
            network.parameters().forEach((name, p) -> p.mul(Tensors.of(row(golden.in("grad." + name), row)))
                    .sum()
                    .div(new Scalar((double) divisor))
                    .backward());
        }
    }

    private static void dropGradient(Tensor p) {
        try (Scope scope = Scope.open()) {
            p.mutable_grad().reset();
        }
    }

    private static Schedule polyMmcv(JsonObject c) {
        return warm(
                Schedule.polyToMinimum(
                        c.get("power").getAsDouble(),
                        c.get("max_iters").getAsLong(),
                        c.get("min_lr").getAsDouble()),
                c);
    }

    private static Schedule cosineMmcv(JsonObject c) {
        return warm(
                Schedule.cosine(c.get("max_iters").getAsLong(), c.get("min_lr").getAsDouble()), c);
    }

    private static Schedule warm(Schedule schedule, JsonObject c) {
        if (c.get("warmup").isJsonNull()) {
            return schedule;
        }
        long steps = c.get("warmup_iters").getAsLong();
        double ratio = c.get("warmup_ratio").getAsDouble();
        return switch (c.get("warmup").getAsString()) {
            case "linear" -> schedule.withLinearWarmup(steps, ratio);
            case "exp" -> schedule.withExponentialWarmup(steps, ratio);
            case "constant" -> schedule.withConstantWarmup(steps, ratio);
            default -> throw new IllegalArgumentException("unknown warm-up " + c.get("warmup"));
        };
    }

    private static Schedule constantThenCosine(JsonObject c) {
        long warm = c.get("warm_iters").getAsLong();
        return Schedule.cosine(
                        c.get("max_iters").getAsLong() - warm, c.get("eta_min").getAsDouble())
                .precededBy(warm, c.get("warm_start_factor").getAsDouble());
    }

    private static Schedule polyDhr(JsonObject c) {
        return Schedule.polyHoldingLast(
                c.get("power").getAsDouble(), c.get("max_iterations").getAsLong());
    }

    private static Map<String, HostArray> polyStep(GoldenCase golden) {
        JsonObject c = golden.config();
        Schedule schedule = Schedule.polyInStairs(
                c.get("power").getAsDouble(),
                c.get("iter_max").getAsLong(),
                c.get("step_size").getAsLong());
        // iterations are numbered from 1 there
        return schedule(golden, (step, base) -> schedule.rate(step - 1, base));
    }

    private static Map<String, HostArray> schedule(GoldenCase golden, Schedule schedule) {
        List<Double> bases = doubles(golden.config().getAsJsonArray("base_lrs"));
        Recorder recorder = new Recorder();
        for (long step : golden.in("step").toLongs()) {
            Map<String, Double> rates = new LinkedHashMap<>();
            for (int g = 0; g < bases.size(); g++) {
                rates.put("g" + g, schedule.rate(step, bases.get(g)));
            }
            recorder.rates(rates);
        }
        return recorder.stacked();
    }

    private static HostArray row(HostArray array, int row) {
        long[] shape = array.shape();
        long[] rest = Arrays.copyOfRange(shape, 1, shape.length);
        int bytes = Math.toIntExact(HostArray.elements(rest)) * array.dtype().bytes();
        ByteBuffer all = array.bytes();
        return HostArray.of(array.dtype(), rest, all.slice(row * bytes, bytes));
    }

    private static List<Double> doubles(JsonArray array) {
        return array.asList().stream().map(JsonElement::getAsDouble).toList();
    }

    private static List<Long> longs(JsonArray array) {
        return array.asList().stream().map(JsonElement::getAsLong).toList();
    }

    /** Collects arrays of equal shape over time. */
    private static final class Recorder {
        private final Map<String, List<HostArray>> rows = new LinkedHashMap<>();

        void add(String name, HostArray array) {
            rows.computeIfAbsent(name, n -> new ArrayList<>()).add(array);
        }

        void rates(Map<String, Double> rates) {
            float[] values = new float[rates.size()];
            int i = 0;
            for (double v : rates.values()) {
                values[i++] = (float) v;
            }
            add("lr", HostArray.ofFloats(values, values.length));
        }

        Map<String, HostArray> stacked() {
            Map<String, HostArray> out = new LinkedHashMap<>();
            rows.forEach((name, list) -> {
                HostArray first = list.get(0);
                long[] shape = new long[first.shape().length + 1];
                shape[0] = list.size();
                System.arraycopy(first.shape(), 0, shape, 1, shape.length - 1);
                ByteBuffer bytes = ByteBuffer.allocate(
                        list.size() * first.size() * first.dtype().bytes());
                list.forEach(a -> bytes.put(a.bytes()));
                out.put(name, HostArray.of(first.dtype(), shape, bytes.flip()));
            });
            return out;
        }
    }
}
