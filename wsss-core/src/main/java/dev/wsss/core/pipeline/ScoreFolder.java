package dev.wsss.core.pipeline;

import dev.wsss.api.CamGenerator;
import dev.wsss.api.Description;
import dev.wsss.api.FileFingerprint;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Score maps that another program left in a folder, one file for each image, named by its id:
 *
 * <pre>{@code
 * ProductCodec<ScoreMaps> form = ProductCodec.camDicts(catalog);
 * Stage<ScoreMaps> cam = Stages.cam(new ScoreFolder(Path.of("out_cam"), form)).build();
 * }</pre>
 *
 * <p>Safe for use from several threads.
 *
 * @param folder where the files are
 * @param codec their form
 */
public record ScoreFolder(Path folder, ProductCodec<ScoreMaps> codec) implements CamGenerator {
    /**
     * Reads the maps of a sample.
     *
     * @throws InvalidDataException if there is no such file, it is not of the codec's form, a score is not finite or of no
     *     range for its kind (CAMs up to 1, SEAM's may fall below 0; probabilities, 0 to 1), or the maps are not of the image's
     *     size, or of other classes than its tags and, for a codec of labels, the background; the message names the file. An
     *     array of all labels has no keys to compare
     */
    @Override
    public ScoreMaps generate(Sample sample) {
        Path file = existing(folder, sample, codec.extension());
        if (codec instanceof ScoreDictCodec dict) {
            return dict.readFitting(file, sample);
        }
        ScoreMaps maps = requireSize(file, codec.read(file, sample), sample);
        int background = sample.tags().catalog().hasBackground() ? 0 : -1;
        int[] found = Arrays.stream(maps.labels())
                .filter(label -> label != background)
                .toArray();
        if (!Arrays.equals(found, sample.tags().labels())) {
            throw new InvalidDataException(
                    file + ": has maps of the labels " + Arrays.toString(maps.labels()) + "; expected "
                            + Arrays.toString(sample.tags().labels()) + " for the image's tags " + sample.tags());
        }
        return maps;
    }

    /**
     * CAMs as IRN leaves them, {@code <id>.npy} with the image's tags in {@code keys}, in any order, and their maps in
     * {@code high_res}.
     *
     * @return throws as {@link #generate}
     */
    public static CamGenerator irn(Path folder) {
        return new IrnCams(folder);
    }

    /** IRN's form. */
    private record IrnCams(Path folder) implements CamGenerator {
        @Override
        public ScoreMaps generate(Sample sample) {
            return ScoreDictCodec.readIrnFitting(existing(folder, sample, "npy"), sample);
        }

        @Override
        public Optional<String> missing(String id) {
            return ScoreFolder.missing(folder, id, "npy");
        }

        @Override
        public Description description() {
            return describe(folder, "npy: IRN's maps of the tags in keys", "npy");
        }
    }

    /** The form of the files, and what is in them. */
    @Override
    public Description description() {
        return describe(folder, codec.format(), codec.extension());
    }

    private static Description describe(Path folder, String format, String extension) {
        return Description.of("ScoreFolder")
                .put("format", format)
                .put("content", FileFingerprint.ofFolder(folder, extension))
                .build();
    }

    @Override
    public Optional<String> missing(String id) {
        return missing(folder, id, codec.extension());
    }

    private static Optional<String> missing(Path folder, String id, String extension) {
        Path file = folder.resolve(id + "." + extension);
        return Files.isRegularFile(file)
                ? Optional.empty()
                : Optional.of(file + ": no such file; expected the score maps of '" + id + "'");
    }

    private static Path existing(Path folder, Sample sample, String extension) {
        missing(folder, sample.id(), extension).ifPresent(reason -> {
            throw new InvalidDataException(reason);
        });
        return folder.resolve(sample.id() + "." + extension);
    }

    static ScoreMaps requireSize(Path file, ScoreMaps maps, Sample sample) {
        int height = sample.image().height();
        int width = sample.image().width();
        if (maps.height() != height || maps.width() != width) {
            throw new InvalidDataException(file + ": maps are " + maps.height() + "x" + maps.width() + "; expected "
                    + height + "x" + width + " as the image");
        }
        return maps;
    }
}
