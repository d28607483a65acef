package dev.wsss.core.train;

import dev.wsss.api.Description;
import dev.wsss.core.io.HostArray;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** A loss under a name. */
record NamedLoss<B>(String name, Map<String, ?> settings, LossStep<B> loss) implements LossStep<B> {
    @Override
    public Tensor loss(B batch, TrainingStep step) {
        return loss.loss(batch, step);
    }

    @Override
    public Map<String, HostArray> stateDict() {
        return loss.stateDict();
    }

    @Override
    public void load(Map<String, HostArray> state) {
        loss.load(state);
    }

    @Override
    public Description description() {
        Description.Builder d = Description.of(name);
        settings.forEach(d::put);
        return d.build();
    }
}
