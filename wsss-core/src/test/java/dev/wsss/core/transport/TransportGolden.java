package dev.wsss.core.transport;

import com.google.gson.JsonObject;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** {@code ot.sinkhorn} and {@code dhr.sinkhorn}. */
public final class TransportGolden {
    private TransportGolden() {}

    /** The cases of this package. */
    public static Map<String, GoldenHandler> handlers() {
        return Map.of("ot.sinkhorn", TransportGolden::pot, "dhr.sinkhorn", TransportGolden::dhr);
    }

    private static Map<String, HostArray> pot(GoldenCase golden) {
        JsonObject config = golden.config();
        Sinkhorn.Form form =
                config.get("method").getAsString().equals("sinkhorn_log") ? Sinkhorn.Form.LOG : Sinkhorn.Form.PLAIN;
        Map<String, HostArray> out = new LinkedHashMap<>();
        for (int i = 0; golden.has("in.cost" + i); i++) {
            try (Scope scope = Scope.open()) {
                Sinkhorn sinkhorn = Sinkhorn.builder()
                        .setEpsilon(config.getAsJsonArray("reg").get(i).getAsDouble())
                        .optIterations(100_000)
                        .optStop(Sinkhorn.Stop.marginalError(
                                config.get("stop_thr").getAsDouble()))
                        .optForm(form)
                        .build();
                Tensor cost = Tensors.of(golden.in("cost" + i)).to(ScalarType.Double);
                TransportPlan plan =
                        sinkhorn.plan(cost, Tensors.of(golden.in("a" + i)), Tensors.of(golden.in("b" + i)));
                out.put("plan" + i, Tensors.toHost(plan.plan().to(ScalarType.Float)));
                out.put("cost" + i, Tensors.toHost(plan.cost(cost).to(ScalarType.Float)));
            }
        }
        return out;
    }

    private static Map<String, HostArray> dhr(GoldenCase golden) {
        JsonObject config = golden.config();
        Sinkhorn sinkhorn = Sinkhorn.dhr()
                .setEpsilon(config.get("eps").getAsDouble())
                .optIterations(config.get("max_iter").getAsInt())
                .build();
        Map<String, HostArray> out = new LinkedHashMap<>();
        LongStream.Builder iterations = LongStream.builder();
        int n = 0;
        for (; golden.has("in.sim" + n); n++) {
            try (Scope scope = Scope.open()) {
                Tensor similarity = Tensors.of(golden.in("sim" + n));
                TransportPlan plan = sinkhorn.planOfSimilarity(similarity);
                out.put("transport" + n, Tensors.toHost(plan.columnMinMax()));
                out.put("plan_scaled" + n, Tensors.toHost(plan.plan().mul(new Scalar((double) similarity.numel()))));
                iterations.add(plan.iterations()[0]);
            }
        }
        out.put("iterations", HostArray.ofLongs(iterations.build().toArray(), n));
        return out;
    }
}
