package dev.wsss.core.pipeline;

import dev.wsss.api.CamGenerator;
import dev.wsss.api.Description;
import dev.wsss.api.FileFingerprint;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.ObjectNpy;
import java.nio.file.Files;
import java.nio.file.Path;

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
     * @throws InvalidDataException if there is no such file, it is not of the codec's form, a score is not finite, or the
     *     maps are not of the image's size; the message names the file
     */
    @Override
    public ScoreMaps generate(Sample sample) {
        Path file = existing(folder, sample, codec.extension());
        return requireSize(file, codec.read(file, sample), sample);
    }

    /**
     * CAMs as IRN leaves them, {@code <id>.npy} with {@code high_res} maps of the image's tags in their order.
     *
     * @return throws as {@link #generate}, and if a file has another number of maps than the image has tags
     */
    public static CamGenerator irn(Path folder) {
        return new IrnCams(folder);
    }

    /** IRN's form. */
    private record IrnCams(Path folder) implements CamGenerator {
        @Override
        public ScoreMaps generate(Sample sample) {
            Path file = existing(folder, sample, "npy");
            HostArray maps = ObjectNpy.readIrnCams(file);
            int[] labels = sample.tags().labels();
            long[] shape = maps.shape();
            if (shape[0] != labels.length) {
                throw new InvalidDataException(file + ": has " + shape[0] + " maps; expected " + labels.length
                        + ", one for each of " + sample.tags());
            }
            int height = Math.toIntExact(shape[1]);
            int width = Math.toIntExact(shape[2]);
            return requireSize(file, ScoreMaps.of(labels, height, width, maps.toFloats()), sample);
        }

        @Override
        public Description description() {
            return describe(folder, "npy: IRN's high_res of the tags in order", "npy");
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

    private static Path existing(Path folder, Sample sample, String extension) {
        Path file = folder.resolve(sample.id() + "." + extension);
        if (!Files.isRegularFile(file)) {
            throw new InvalidDataException(file + ": no such file; expected the score maps of '" + sample.id() + "'");
        }
        return file;
    }

    private static ScoreMaps requireSize(Path file, ScoreMaps maps, Sample sample) {
        int height = sample.image().height();
        int width = sample.image().width();
        if (maps.height() != height || maps.width() != width) {
            throw new InvalidDataException(file + ": maps are " + maps.height() + "x" + maps.width() + "; expected "
                    + height + "x" + width + " as the image");
        }
        return maps;
    }
}
