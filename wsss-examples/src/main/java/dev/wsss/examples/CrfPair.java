package dev.wsss.examples;

import dev.wsss.api.CamGenerator;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What two CRFs say of an image: one behind a strong background, of low alpha ("la"), one behind a weak background ("ha").
 * They may be files from anywhere, so a pair that cannot be one is refused before it teaches AffinityNet the opposite.
 *
 * @param strong probabilities, the background's first
 * @param weak likewise
 */
record CrfPair(ScoreMaps strong, ScoreMaps weak) {
    /** By how much the mean of a weak background may pass that of a strong one: no more than CRFs round. */
    private static final double SLACK = 0.01;

    /**
     * The pair of a sample.
     *
     * @throws InvalidDataException naming the sample, if the two are of other labels, lack the background, or are
     *     the wrong way round
     */
    static CrfPair of(Sample sample, CamGenerator strong, CamGenerator weak) {
        CrfPair pair = new CrfPair(strong.generate(sample), weak.generate(sample));
        pair.require("sample '" + sample.id() + "': CRF probabilities ");
        return pair;
    }

    /** Both, the strong first, as AffinityNet's loss takes them. */
    List<ScoreMaps> scores() {
        return List.of(strong, weak);
    }

    private void require(String what) {
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

    private static double background(ScoreMaps probabilities) {
        float[] values = probabilities.toArray();
        int pixels = probabilities.height() * probabilities.width();
        double sum = 0;
        for (int i = 0; i < pixels; i++) {
            sum += values[i];
        }
        return sum / pixels;
    }
}
