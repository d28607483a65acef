package dev.wsss.core.metrics;

import dev.wsss.api.Dataset;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.Sample;
import dev.wsss.api.Segmenter;
import dev.wsss.api.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Compares label maps with a dataset's truth: the only place in a pipeline that asks for masks. Pixels whose truth is
 * {@link LabelMap#IGNORE} are skipped.
 */
public final class Evaluator {
    private final Dataset data;
    private final IouConvention convention;

    private Evaluator(Dataset data, IouConvention convention) {
        this.data = data;
        this.convention = convention;
    }

    /**
     * An evaluator on a dataset with masks; classes that neither side shows are left out of the mean.
     *
     * @throws InvalidDataException if the dataset has no masks
     */
    public static Evaluator on(Dataset data) {
        return on(data, IouConvention.OCCURRING);
    }

    /** As {@link #on(Dataset)} with a convention of your choice. */
    public static Evaluator on(Dataset data, IouConvention convention) {
        if (!data.hasTruth()) {
            throw new InvalidDataException("dataset " + data.name() + " has no masks to evaluate against");
        }
        return new Evaluator(data, convention);
    }

    /**
     * Evaluates label maps.
     *
     * @param subject a name for them
     * @param labels the map of a sample by its index, of the mask's size; null for a sample that has none, which is left
     *     out and not counted
     * @throws InvalidDataException if a map is of another size than its mask; the message names the sample
     */
    public Evaluation compare(String subject, IntFunction<? extends @Nullable LabelMap> labels) {
        ConfusionMatrix confusion = new ConfusionMatrix(data.classes().labelCount());
        int images = 0;
        MessageDigest ids = Sha256.digest();
        for (int i = 0; i < data.size(); i++) {
            LabelMap map = labels.apply(i);
            if (map == null) {
                continue;
            }
            try {
                confusion.add(map, data.truth(i));
            } catch (InvalidDataException e) {
                throw new InvalidDataException("sample '" + data.id(i) + "': " + e.getMessage(), e);
            }
            images++;
            ids.update((data.id(i) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        String imageSet = Sha256.hex(ids.digest()).substring(0, 16);
        return new Evaluation(subject, data.name(), images, imageSet, data.classes(), confusion, convention);
    }

    /** Evaluates a segmenter on every image. */
    public Evaluation evaluate(String subject, Segmenter segmenter) {
        return compare(subject, i -> {
            Sample sample = data.get(i);
            return segmenter.segment(sample.image());
        });
    }
}
