package dev.wsss.core.batch;

import dev.wsss.api.FeatureMap;
import dev.wsss.api.RgbImage;
import dev.wsss.core.augment.Resampling;
import dev.wsss.core.augment.ViewGeometry;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Feature maps, resampled to one grid over the view. */
final class FeatureChannel extends Channel<FeatureMap, FeatureBatch> {
    private final int stride;
    /** Whether cells divide the view evenly, so that they are a little smaller than the stride where it does not divide it. */
    private final boolean even;

    FeatureChannel(String name, int stride, boolean even) {
        super(name + (even ? " in even cells of " : " at stride ") + stride);
        if (stride < 1) {
            throw new IllegalArgumentException("stride must be at least 1, got " + stride);
        }
        this.stride = stride;
        this.even = even;
    }

    @Override
    protected void requireFits(FeatureMap map, RgbImage image) {
        requireSize("images of the features", map.imageHeight(), map.imageWidth(), image);
    }

    @Override
    protected FeatureMap view(FeatureMap map, ViewGeometry geometry, Resampling resampling) {
        int rows = (geometry.height() + stride - 1) / stride;
        int columns = (geometry.width() + stride - 1) / stride;
        int cells = rows * columns;
        double high = even ? (double) geometry.height() / rows : stride;
        double wide = even ? (double) geometry.width() / columns : stride;
        float[] values = new float[Math.multiplyExact(map.channels(), cells)];
        boolean[] valid = new boolean[cells];
        for (int cell = 0; cell < cells; cell++) {
            ViewGeometry.Position p = geometry.source((cell / columns + 0.5) * high, (cell % columns + 0.5) * wide);
            double y = p.y() * map.height() / map.imageHeight();
            double x = p.x() * map.width() / map.imageWidth();
            boolean inside = y >= 0 && x >= 0 && y < map.height() && x < map.width();
            if (inside && map.isValid((int) y, (int) x)) {
                valid[cell] = true;
                sample(map, y, x, values, cell, cells);
            }
        }
        FeatureMap view = FeatureMap.builder()
                .setGrid(map.channels(), rows, columns)
                .setImageSize(geometry.height(), geometry.width())
                .setFloats(values)
                .optValid(valid)
                .build();
        return map.isHalf() ? view.toHalf() : view;
    }

    /** Bilinear between the middles of valid cells; others lend nothing. */
    private static void sample(FeatureMap map, double y, double x, float[] values, int cell, int cells) {
        int top = (int) Math.floor(y - 0.5);
        int left = (int) Math.floor(x - 0.5);
        double down = y - 0.5 - top;
        double right = x - 0.5 - left;
        double sum = 0;
        double[] weights = new double[4];
        int[] rows = new int[4];
        int[] columns = new int[4];
        for (int corner = 0; corner < 4; corner++) {
            rows[corner] = Math.min(map.height() - 1, Math.max(0, top + corner / 2));
            columns[corner] = Math.min(map.width() - 1, Math.max(0, left + corner % 2));
            if (map.isValid(rows[corner], columns[corner])) {
                weights[corner] = (corner / 2 == 1 ? down : 1 - down) * (corner % 2 == 1 ? right : 1 - right);
                sum += weights[corner];
            }
        }
        for (int c = 0; c < map.channels(); c++) {
            double value = 0;
            for (int corner = 0; corner < 4; corner++) {
                if (weights[corner] > 0) {
                    value += weights[corner] * map.at(c, rows[corner], columns[corner]);
                }
            }
            values[c * cells + cell] = (float) (value / sum);
        }
    }

    @Override
    protected FeatureBatch collate(List<FeatureMap> maps, ComputeDevice device) {
        FeatureMap first = maps.get(0);
        int n = maps.size();
        int cells = first.height() * first.width();
        int size = first.channels() * cells;
        float[] values = new float[Math.multiplyExact(n, size)];
        byte[] valid = new byte[n * cells];
        boolean half = true;
        for (int i = 0; i < n; i++) {
            FeatureMap map = maps.get(i);
            if (map.channels() != first.channels()) {
                throw new IllegalArgumentException(name() + ": feature maps of one batch have " + first.channels()
                        + " and " + map.channels() + " channels; expected the same number");
            }
            System.arraycopy(map.toFloats(), 0, values, i * size, size);
            for (int cell = 0; cell < cells; cell++) {
                valid[i * cells + cell] = (byte) (map.isValid(cell / first.width(), cell % first.width()) ? 1 : 0);
            }
            half &= map.isHalf();
        }
        try (Scope scope = Scope.open()) {
            Tensor all = Tensors.of(values, n, first.channels(), first.height(), first.width());
            Tensor flags = Tensors.of(valid, n, first.height(), first.width()).to(torch.ScalarType.Bool);
            return new FeatureBatch(
                    Scope.own(Tensors.to(half ? all.to(torch.ScalarType.Half) : all, device)),
                    Scope.own(Tensors.to(flags, device)));
        }
    }

    @Override
    protected void close(FeatureBatch features) {
        features.close();
    }
}
