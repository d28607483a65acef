package dev.wsss.core.batch;

import dev.wsss.api.RgbImage;
import dev.wsss.api.SaliencyMap;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.augment.Resampling;
import dev.wsss.core.augment.ViewGeometry;
import dev.wsss.core.augment.Views;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** Saliency, float32 {@code [N][1][H][W]}. */
final class SaliencyChannel extends Channel<SaliencyMap, Tensor> {
    SaliencyChannel(String name) {
        super(name);
    }

    @Override
    protected void requireFits(SaliencyMap map, RgbImage image) {
        requireSize("saliency", map.height(), map.width(), image);
    }

    @Override
    protected SaliencyMap view(SaliencyMap map, ViewGeometry geometry, Resampling resampling) {
        ScoreMaps moved = Views.scores(map.toScores(), geometry, resampling.interpolation());
        return new SaliencyMap(moved.height(), moved.width(), moved.toArray());
    }

    @Override
    protected Tensor collate(List<SaliencyMap> maps, ComputeDevice device) {
        int h = maps.get(0).height();
        int w = maps.get(0).width();
        float[] values = new float[Math.multiplyExact(maps.size(), h * w)];
        for (int i = 0; i < maps.size(); i++) {
            System.arraycopy(maps.get(i).values(), 0, values, i * h * w, h * w);
        }
        return Scope.own(Tensors.to(Tensors.of(values, maps.size(), 1, h, w), device));
    }

    @Override
    protected void close(Tensor maps) {
        maps.close();
    }
}
