package dev.wsss.core.augment;

import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.ScoreMaps;

/**
 * What a turned view shows: the upright view, resampled as any other and wide enough to turn in, is turned bilinearly. So
 * shrinking is smoothed as it is without turning.
 */
final class TurnedViews {
    private TurnedViews() {}

    /** The pixels; padding has any colour. */
    static byte[] image(RgbImage image, ViewGeometry geometry, Interpolation interpolation) {
        RgbImage upright = Views.image(image, upright(geometry), interpolation, 0);
        byte[] in = upright.data();
        float[] levels = new float[in.length];
        for (int i = 0; i < in.length; i++) {
            levels[i] = in[i] & 255;
        }
        float[] turned = turn(levels, 0, 3, geometry);
        byte[] out = new byte[turned.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = Views.level(turned[i]);
        }
        return out;
    }

    /** The pixels before they are rounded, {@code [height][width][3]}; padding is 0. */
    static float[] levels(RgbImage image, ViewGeometry geometry, Interpolation interpolation) {
        return turn(Views.levels(image, upright(geometry), interpolation), 0, 3, geometry);
    }

    static ScoreMaps scores(ScoreMaps maps, ViewGeometry geometry, Interpolation interpolation) {
        ViewGeometry upright = upright(geometry);
        float[] in = Views.scores(maps, upright, interpolation).toArray();
        int size = geometry.height() * geometry.width();
        float[] out = new float[Math.multiplyExact(maps.count(), size)];
        for (int k = 0; k < maps.count(); k++) {
            float[] turned = turn(in, k * upright.height() * upright.width(), 1, geometry);
            System.arraycopy(turned, 0, out, k * size, size);
        }
        return ScoreMaps.of(maps.labels(), geometry.height(), geometry.width(), out);
    }

    /** The labels that the middles of pixels lie in; {@link LabelMap#IGNORE} beyond the image. */
    static LabelMap labels(LabelMap labels, ViewGeometry geometry) {
        byte[] in = labels.toArray();
        byte[] out = new byte[geometry.height() * geometry.width()];
        Turn turn = new Turn(geometry);
        for (int y = 0, o = 0; y < geometry.height(); y++) {
            for (int x = 0; x < geometry.width(); x++, o++) {
                int row = (int) turn.sourceY(y + 0.5, x + 0.5);
                int column = (int) turn.sourceX(y + 0.5, x + 0.5);
                out[o] = turn.shows(y, x) ? in[row * labels.width() + column] : (byte) LabelMap.IGNORE;
            }
        }
        return LabelMap.wrap(geometry.height(), geometry.width(), out);
    }

    /** The view before it is turned, with as much around it as comes in by the turn. */
    private static ViewGeometry upright(ViewGeometry g) {
        Turn turn = new Turn(g);
        return g.rotate(-g.angle())
                .crop(-turn.down(), -turn.across(), g.height() + 2 * turn.down(), g.width() + 2 * turn.across());
    }

    /**
     * Values of the upright view, {@code [height][width][channels]} from {@code start} on, where a turned one has them.
     * What lies beyond the source lends nothing to its neighbours.
     */
    private static float[] turn(float[] in, int start, int channels, ViewGeometry g) {
        Turn turn = new Turn(g);
        Padding shown = Padding.of(upright(g));
        int stride = (g.width() + 2 * turn.across()) * channels;
        float[] out = new float[g.height() * g.width() * channels];
        if (shown.height() == 0 || shown.width() == 0) {
            return out;
        }
        for (int y = 0, o = 0; y < g.height(); y++) {
            for (int x = 0; x < g.width(); x++, o += channels) {
                if (!turn.shows(y, x)) {
                    continue;
                }
                double row = within(turn.y(y + 0.5, x + 0.5) + turn.down() - 0.5, shown.top(), shown.height());
                double column = within(turn.x(y + 0.5, x + 0.5) + turn.across() - 0.5, shown.left(), shown.width());
                int top = Math.min((int) row, shown.top() + shown.height() - 2);
                int left = Math.min((int) column, shown.left() + shown.width() - 2);
                top = Math.max(top, shown.top());
                left = Math.max(left, shown.left());
                float lower = (float) (row - top);
                float right = (float) (column - left);
                int below = shown.height() > 1 ? stride : 0;
                int next = shown.width() > 1 ? channels : 0;
                for (int c = 0; c < channels; c++) {
                    int at = start + top * stride + left * channels + c;
                    float above = in[at] + right * (in[at + next] - in[at]);
                    float under = in[at + below] + right * (in[at + below + next] - in[at + below]);
                    out[o + c] = above + lower * (under - above);
                }
            }
        }
        return out;
    }

    private static double within(double at, int first, int count) {
        return Math.min(first + count - 1.0, Math.max(first, at));
    }
}
