package dev.wsss.core.batch;

import dev.wsss.api.RgbImage;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.augment.Resampling;
import dev.wsss.core.augment.ViewGeometry;
import dev.wsss.core.augment.Views;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import java.util.List;

/** Score maps, padded to one number of maps. */
final class ScoreChannel extends Channel<ScoreMaps, ScoreBatch> {
    ScoreChannel(String name) {
        super(name);
    }

    @Override
    protected void requireFits(ScoreMaps maps, RgbImage image) {
        requireSize("scores", maps.height(), maps.width(), image);
    }

    @Override
    protected ScoreMaps view(ScoreMaps maps, ViewGeometry geometry, Resampling resampling) {
        return Views.scores(maps, geometry, resampling.interpolation());
    }

    @Override
    protected ScoreBatch collate(List<ScoreMaps> all, ComputeDevice device) {
        int n = all.size();
        int h = all.get(0).height();
        int w = all.get(0).width();
        int most = Math.max(1, all.stream().mapToInt(ScoreMaps::count).max().orElse(0));
        float[] values = new float[Math.multiplyExact(n * most, h * w)];
        long[] labels = new long[n * most];
        Arrays.fill(labels, -1);
        for (int i = 0; i < n; i++) {
            ScoreMaps maps = all.get(i);
            int[] mine = maps.labels();
            System.arraycopy(maps.toArray(), 0, values, i * most * h * w, mine.length * h * w);
            for (int k = 0; k < mine.length; k++) {
                labels[i * most + k] = mine[k];
            }
        }
        return new ScoreBatch(
                Scope.own(Tensors.to(Tensors.of(values, n, most, h, w), device)),
                Scope.own(Tensors.to(Tensors.of(labels, n, most), device)));
    }

    @Override
    protected void close(ScoreBatch scores) {
        scores.close();
    }
}
