package dev.wsss.core.batch;

import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.core.augment.Resampling;
import dev.wsss.core.augment.ViewGeometry;
import dev.wsss.core.augment.Views;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.LabelTensors;
import dev.wsss.core.runtime.Scope;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** Label maps, int64 {@code [N][H][W]}. */
final class LabelChannel extends Channel<LabelMap, Tensor> {
    LabelChannel(String name) {
        super(name);
    }

    @Override
    protected void requireFits(LabelMap labels, RgbImage image) {
        requireSize("labels", labels.height(), labels.width(), image);
    }

    @Override
    protected LabelMap view(LabelMap labels, ViewGeometry geometry, Resampling resampling) {
        return Views.labels(labels, geometry, resampling.nearest());
    }

    @Override
    protected Tensor collate(List<LabelMap> maps, ComputeDevice device) {
        return Scope.own(LabelTensors.of(maps, device));
    }

    @Override
    protected void close(Tensor labels) {
        labels.close();
    }
}
