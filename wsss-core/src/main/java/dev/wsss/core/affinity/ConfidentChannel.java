package dev.wsss.core.affinity;

import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.Source;
import dev.wsss.core.augment.Resampling;
import dev.wsss.core.augment.ViewGeometry;
import dev.wsss.core.augment.Views;
import dev.wsss.core.batch.Channel;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.LabelTensors;
import dev.wsss.core.runtime.Scope;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * What AffinityNet trains on: each image's scores with a strong and with a weak background move with the image, and become
 * the {@linkplain AffinityLabels#confident sure labels} of the grid's nodes, int64 {@code [N][h][w]}.
 *
 * <pre>{@code
 * ConfidentChannel confident = ConfidentChannel.ofStride(net.stride());
 * ImageBatches batches = ImageBatches.builder().setData(train).setBatchSize(8)
 *         .optChannel(confident, ConfidentChannel.source(strong, weak))
 *         .build();
 * }</pre>
 */
public final class ConfidentChannel extends Channel<ConfidentChannel.Scores, Tensor> {
    /** Where no score reaches this, the image was padded. */
    private static final double PADDING = 1e-5;

    /** By how much the mean of a weak background may pass that of a strong one: no more than CRFs round. */
    private static final double SLACK = 0.01;

    /** By how much a probability may pass 0 and 1: no more than float16 rounds. */
    private static final double ROUNDING = 1e-3;

    private final int stride;

    private ConfidentChannel(int stride) {
        super("confident labels at stride " + stride);
        this.stride = stride;
    }

    /**
     * Scores of one image, of the same labels and size, label 0 among them.
     *
     * @param strong with the background strong (low alpha, "la")
     * @param weak with the background weak (high alpha, "ha")
     */
    public record Scores(ScoreMaps strong, ScoreMaps weak) implements AutoCloseable {
        @Override
        public void close() {
            strong.close();
            weak.close();
        }
    }

    /** @param stride pixels of the image for one node of the grid, in each direction; at least 1 */
    public static ConfidentChannel ofStride(int stride) {
        if (stride < 1) {
            throw new IllegalArgumentException("stride must be at least 1, got " + stride);
        }
        return new ConfidentChannel(stride);
    }

    /**
     * Both scores of a sample. They may be files from anywhere: a pair of other labels, without the background, of scores that
     * are no probabilities, such as their logarithms, or the wrong way round is refused with an {@link InvalidDataException},
     * before it teaches the opposite.
     */
    public static Source<Scores> source(Source<ScoreMaps> strong, Source<ScoreMaps> weak) {
        return new Pair(strong, weak);
    }

    private record Pair(Source<ScoreMaps> strong, Source<ScoreMaps> weak) implements Source<Scores> {
        @Override
        public Scores get(Sample sample) {
            ScoreMaps first = strong.get(sample);
            try {
                ScoreMaps second = weak.get(sample);
                try {
                    require("sample '" + sample.id() + "': CRF probabilities ", first, second);
                    return new Scores(first, second);
                } catch (RuntimeException e) {
                    second.close();
                    throw e;
                }
            } catch (RuntimeException e) {
                first.close();
                throw e;
            }
        }

        @Override
        public Optional<String> missing(String id) {
            return strong.missing(id).or(() -> weak.missing(id));
        }

        @Override
        public Description description() {
            return Description.of("ConfidentChannel.source")
                    .put("strong", strong)
                    .put("weak", weak)
                    .build();
        }
    }

    private static void require(String what, ScoreMaps strong, ScoreMaps weak) {
        int[] la = strong.labels();
        int[] ha = weak.labels();
        if (!Arrays.equals(la, ha)) {
            throw new InvalidDataException(what + "are of labels " + Arrays.toString(la) + " in la and "
                    + Arrays.toString(ha) + " in ha; expected the same in both");
        }
        if (la.length == 0 || la[0] != 0) {
            throw new InvalidDataException(
                    what + "are of labels " + Arrays.toString(la) + "; expected the background, 0, among them");
        }
        requireProbabilities(what + "in la ", strong);
        requireProbabilities(what + "in ha ", weak);
        double inStrong = background(strong);
        double inWeak = background(weak);
        if (inStrong < inWeak - SLACK) {
            throw new InvalidDataException(String.format(
                    Locale.ROOT,
                    "%shave a mean background of %.3f in la and %.3f in ha; expected the stronger in la, the lower alpha",
                    what,
                    inStrong,
                    inWeak));
        }
    }

    /** Number of pixels of which an image's scores are sure. */
    public static long sure(Scores scores) {
        int[] counts =
                AffinityLabels.confident(scores.strong, scores.weak, 1, PADDING).histogram();
        return (long) scores.strong.height() * scores.strong.width() - counts[LabelMap.IGNORE];
    }

    private static void requireProbabilities(String what, ScoreMaps maps) {
        float[] values = maps.toArray();
        for (int i = 0; i < values.length; i++) {
            if (!(values[i] >= -ROUNDING && values[i] <= 1 + ROUNDING)) {
                int pixels = maps.height() * maps.width();
                throw new InvalidDataException(what + "hold " + values[i] + " for label " + maps.labels()[i / pixels]
                        + "; expected probabilities, 0 to 1");
            }
        }
    }

    private static double background(ScoreMaps probabilities) {
        float[] values = probabilities.toArray();
        int pixels = probabilities.height() * probabilities.width();
        double sum = 0;
        for (int i = 0; i < pixels; i++) {
            sum += values[i];
        }
        return sum / pixels;
    }

    @Override
    protected void requireFits(Scores value, RgbImage image) {
        requireSize("strong scores", value.strong.height(), value.strong.width(), image);
        requireSize("weak scores", value.weak.height(), value.weak.width(), image);
    }

    @Override
    protected Scores view(Scores value, ViewGeometry geometry, Resampling resampling) {
        return new Scores(
                Views.scores(value.strong, geometry, resampling.interpolation()),
                Views.scores(value.weak, geometry, resampling.interpolation()));
    }

    @Override
    protected Tensor collate(List<Scores> values, ComputeDevice device) {
        List<LabelMap> grids = values.stream()
                .map(v -> AffinityLabels.confident(v.strong, v.weak, stride, PADDING))
                .toList();
        return Scope.own(LabelTensors.of(grids, device));
    }

    @Override
    protected void close(Tensor labels) {
        labels.close();
    }
}
