package dev.wsss.core.train;

import dev.wsss.api.WsssException;
import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Named scalars since the last log point. They stay on the device, one slot for each call of the loss, until {@link
 * #drain} reads a whole row at once; so a step does not wait, and a value that is not finite still has its step.
 */
final class ScalarWindow implements AutoCloseable {
    /** The loss itself, under its name in logs. */
    static final String LOSS = "loss";

    private static final long[] SCALAR = {};

    private final ComputeDevice device;
    private final int slots;
    private final int slotsPerStep;
    private final Map<String, Row> rows = new LinkedHashMap<>();
    private final Map<String, Sum> sums = new LinkedHashMap<>();
    /** Figures of the present step that are on the host. */
    private final List<Map.Entry<String, Double>> pending = new ArrayList<>();

    private long firstStep;
    private int slot;
    private boolean empty = true;

    private record Row(Tensor values, boolean[] used) {}

    /** A sum on the host and how many values are in it. */
    record Sum(double total, long count) {
        Sum plus(double value) {
            return new Sum(total + value, count + 1);
        }

        double mean() {
            return total / count;
        }
    }

    ScalarWindow(ComputeDevice device, int steps, int slotsPerStep) {
        this.device = device;
        this.slotsPerStep = slotsPerStep;
        slots = Math.multiplyExact(steps, slotsPerStep);
    }

    /** Chooses the slot of what is put from now on. */
    void moveTo(long step, int microStep) {
        if (empty) {
            firstStep = step;
            empty = false;
        }
        slot = (int) (step - firstStep) * slotsPerStep + microStep;
    }

    void put(String name, Tensor value) {
        Row row = rows.get(name);
        if (row == null) {
            row = new Row(Scope.own(Tensors.zeros(DType.F32, device, slots)), new boolean[slots]);
            rows.put(name, row);
        }
        try (Torch.Mode noGrad = Torch.noGrad()) {
            row.values.select(0, slot).copy_(value.detach().reshape(SCALAR));
        }
        row.used[slot] = true;
    }

    void put(String name, double value) {
        pending.add(Map.entry(name, value));
    }

    /**
     * Takes the present step's figures.
     *
     * @throws WsssException naming one that is known on the host and is not finite
     */
    void commit() {
        for (Map.Entry<String, Double> figure : pending) {
            double value = figure.getValue();
            if (!Double.isFinite(value)) {
                throw new WsssException(
                        figure.getKey() + " is " + value + " in training step " + (firstStep + slot / slotsPerStep));
            }
            sums.merge(figure.getKey(), new Sum(value, 1), (a, b) -> a.plus(value));
        }
        pending.clear();
    }

    /** Leaves out the present step's figures. */
    void forget() {
        pending.clear();
        int first = slot / slotsPerStep * slotsPerStep;
        rows.values().forEach(row -> Arrays.fill(row.used, first, first + slotsPerStep, false));
    }

    /**
     * Reads the device's values into the sums and empties the rows.
     *
     * @throws WsssException naming the first step with a value that is not finite, and that step's terms
     */
    void drain() {
        Map<String, float[]> values = new LinkedHashMap<>();
        rows.forEach((name, row) -> values.put(name, Tensors.toFloats(row.values)));
        for (int i = 0; i < slots; i++) {
            refuseNotFinite(values, i);
        }
        rows.forEach((name, row) -> {
            float[] read = values.getOrDefault(name, new float[slots]);
            for (int i = 0; i < slots; i++) {
                if (row.used[i]) {
                    double v = read[i];
                    sums.merge(name, new Sum(v, 1), (a, b) -> a.plus(v));
                    row.used[i] = false;
                }
            }
        });
        empty = true;
    }

    private void refuseNotFinite(Map<String, float[]> values, int i) {
        Map<String, Float> terms = new LinkedHashMap<>();
        values.forEach((name, row) -> {
            Row used = rows.get(name);
            if (used != null && used.used[i]) {
                terms.put(name, row[i]);
            }
        });
        if (terms.values().stream().anyMatch(v -> !Float.isFinite(v))) {
            throw new WsssException("training diverged in step " + (firstStep + i / slotsPerStep) + ": " + terms
                    + ". Lower the learning rate, clip the gradient, or train without bfloat16");
        }
    }

    /** The means since the last log point; empties the sums. Drain first. */
    Map<String, Double> means() {
        Map<String, Double> means = new LinkedHashMap<>();
        sums.forEach((name, sum) -> means.put(name, sum.mean()));
        sums.clear();
        return means;
    }

    /** The sums on the host, live, for the checkpoint. */
    Map<String, Sum> sums() {
        return sums;
    }

    @Override
    public void close() {
        rows.values().forEach(row -> row.values.close());
        rows.clear();
    }
}
