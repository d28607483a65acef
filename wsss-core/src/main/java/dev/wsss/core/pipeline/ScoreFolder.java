package dev.wsss.core.pipeline;

import dev.wsss.api.CamGenerator;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Score maps that another program left in a folder, one file for each image, named by its id:
 *
 * <pre>{@code
 * ProductCodec<ScoreMaps> form = ProductCodec.camDicts(ClassCatalog.VOC);
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
        Path file = folder.resolve(sample.id() + "." + codec.extension());
        if (!Files.isRegularFile(file)) {
            throw new InvalidDataException(file + ": no such file; expected the score maps of '" + sample.id() + "'");
        }
        ScoreMaps maps = codec.read(file);
        int height = sample.image().getHeight();
        int width = sample.image().getWidth();
        if (maps.height() != height || maps.width() != width) {
            throw new InvalidDataException(file + ": maps are " + maps.height() + "x" + maps.width() + "; expected "
                    + height + "x" + width + " as the image");
        }
        return maps;
    }
}
