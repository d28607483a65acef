package dev.wsss.models;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;

/** What a handler returns, taken at the steps of the file's {@code out_stride} or {@code out_strides}. */
public final class Outputs {
    private final GoldenCase golden;
    private final Map<String, HostArray> values = new LinkedHashMap<>();

    public Outputs(GoldenCase golden) {
        this.golden = golden;
    }

    /** Adds an output, if the file has one of that name. */
    public Outputs put(String name, Tensor full) {
        String key = "out." + name;
        if (golden.has(key)) {
            try (Scope scope = Scope.open()) {
                values.put(name, Tensors.toHost(strided(key, full)));
            }
        }
        return this;
    }

    public Outputs put(String name, HostArray value) {
        values.put(name, value);
        return this;
    }

    /** Adds the gradients of the named tensors that the file asks for. */
    public Outputs putGradients(Map<String, Tensor> tensors) {
        tensors.forEach((name, t) -> {
            if (golden.has("out.grad." + name)) {
                put("grad." + name, t.grad());
            }
        });
        return this;
    }

    private Tensor strided(String key, Tensor full) {
        JsonArray steps = steps(key);
        Tensor t = full;
        for (int d = 0; d < steps.size(); d++) {
            t = t.slice(d, new LongOptional(), new LongOptional(), steps.get(d).getAsLong());
        }
        return t;
    }

    /** Some files name the table of steps, and the tensors in it, in another way. */
    private JsonArray steps(String key) {
        JsonObject config = golden.config();
        JsonArray none = new JsonArray();
        if (config.has("out_strides")) {
            JsonElement steps = config.getAsJsonObject("out_strides").get(key.substring("out.".length()));
            return steps == null ? none : steps.getAsJsonArray();
        }
        JsonElement steps =
                config.has("out_stride") ? config.getAsJsonObject("out_stride").get(key) : null;
        return steps == null ? none : steps.getAsJsonArray();
    }

    public Map<String, HostArray> toMap() {
        return values;
    }

    /** A list of integers of the file's configuration. */
    public static int[] ints(GoldenCase golden, String key) {
        return golden.config().getAsJsonArray(key).asList().stream()
                .mapToInt(e -> e.getAsInt())
                .toArray();
    }
}
