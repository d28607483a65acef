package dev.wsss.core.saliency;

import dev.wsss.api.Description;
import dev.wsss.api.FileFingerprint;
import dev.wsss.api.ImageFiles;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.RgbImage;
import dev.wsss.api.SaliencyMap;
import dev.wsss.api.SaliencySource;
import dev.wsss.api.Sample;
import dev.wsss.core.image.Resize;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Saliency from image files, {@code <id>.png} or else {@code <id>.jpg}, as EPS ships it.
 *
 * <pre>{@code
 * SaliencySource source = SaliencyFolder.builder().setFolder(voc.resolve("SALImages")).build();
 * }</pre>
 *
 * <p>A pixel's saliency is the mean of its red, green and blue, divided by 255. A map of levels 0 and 1 is refused. Grey and palette files are taken as the
 * colours that they show. Deeper files are refused, as what their full scale means is not known; maps of another size
 * than the image are refused unless a {@linkplain Builder#optResize mode to resize} is set.
 */
public final class SaliencyFolder implements SaliencySource {
    private static final float FULL_SCALE = 3 * 255;

    private final Path folder;
    private final @Nullable Resize resize;

    private SaliencyFolder(Path folder, @Nullable Resize resize) {
        this.folder = folder;
        this.resize = resize;
    }

    /** Starts a folder whose maps must be of the images' sizes. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * {@inheritDoc}
     *
     * @throws InvalidDataException naming the file, what was found and what was expected, if it is missing, damaged, of
     *     more than 8 bits for a channel or of another size
     */
    @Override
    public SaliencyMap saliency(Sample sample) {
        Path file = file(sample.id());
        int height = sample.image().height();
        int width = sample.image().width();
        int depth = ImageFiles.depth(file);
        if (depth > 8) {
            throw new InvalidDataException(file + ": saliency map has " + depth
                    + "-bit samples; expected at most 8 bits, for what full scale means would be a guess");
        }
        RgbImage map = ImageFiles.readRgb(file);
        if (map.height() != height || map.width() != width) {
            if (resize == null) {
                throw new InvalidDataException(file + ": saliency map is " + map.height() + "x" + map.width()
                        + "; expected " + height + "x" + width + " as the image");
            }
            map = resize.apply(map, height, width);
        }
        byte[] bytes = map.data();
        float[] values = new float[height * width];
        int most = 0;
        for (int i = 0; i < values.length; i++) {
            int sum = (bytes[3 * i] & 255) + (bytes[3 * i + 1] & 255) + (bytes[3 * i + 2] & 255);
            values[i] = sum / FULL_SCALE;
            most = Math.max(most, sum);
        }
        if (most > 0 && most <= 3) {
            // a level of 1 in 255 is no saliency that anything says; a mask of 0 and 1 is
            throw new InvalidDataException(
                    file + ": has no level above 1; expected saliency from 0 to 255, not a mask of" + " 0 and 1");
        }
        return new SaliencyMap(height, width, values);
    }

    private Path file(String id) {
        missing(id).ifPresent(reason -> {
            throw new InvalidDataException(reason);
        });
        Path png = folder.resolve(id + ".png");
        return Files.exists(png) ? png : folder.resolve(id + ".jpg");
    }

    @Override
    public Optional<String> missing(String id) {
        Path png = folder.resolve(id + ".png");
        Path jpeg = folder.resolve(id + ".jpg");
        return Files.exists(png) || Files.exists(jpeg)
                ? Optional.empty()
                : Optional.of("sample " + id + " has no saliency map; expected " + png + " or " + jpeg.getFileName());
    }

    /**
     * Writes or replaces a map, {@code <id>.png}, in 256 levels of grey.
     *
     * @param folder exists
     * @throws java.io.UncheckedIOException if the file cannot be written
     */
    public static void write(Path folder, String id, SaliencyMap map) {
        byte[] levels = new byte[map.values().length];
        for (int i = 0; i < levels.length; i++) {
            levels[i] = (byte) Math.round(map.values()[i] * 255);
        }
        int[] grey = new int[256];
        for (int v = 0; v < grey.length; v++) {
            grey[v] = v << 16 | v << 8 | v;
        }
        LabelPng.write(folder.resolve(id + ".png"), LabelMap.wrap(map.height(), map.width(), levels), grey);
    }

    /** What is in the folder, wherever it is. */
    @Override
    public Description description() {
        return Description.of("SaliencyFolder")
                .put("png", FileFingerprint.ofFolder(folder, "png"))
                .put("jpg", FileFingerprint.ofFolder(folder, "jpg"))
                .put("resize", Optional.ofNullable(resize))
                .build();
    }

    @Override
    public String toString() {
        return "SaliencyFolder[" + folder + (resize == null ? "" : ", " + resize) + "]";
    }

    /** Settings of a folder. */
    public static final class Builder {
        private @Nullable Path folder;
        private @Nullable Resize resize;

        private Builder() {}

        /** The folder. Required. */
        public Builder setFolder(Path folder) {
            this.folder = folder;
            return this;
        }

        /**
         * Resizes maps of another size to the image's; {@link Resize#PIL_BICUBIC} is the mode that EPS resizes with. Off
         * unless set, as a map of another size is often that of another image.
         *
         * @throws IllegalArgumentException if the mode does not resize images of bytes
         */
        public Builder optResize(Resize mode) {
            mode.apply(new RgbImage(1, 1, new byte[3]), 1, 1);
            resize = mode;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if no folder is set
         * @throws InvalidDataException if it is none
         */
        public SaliencyFolder build() {
            Path f = folder;
            if (f == null) {
                throw new IllegalStateException("setFolder is required");
            }
            if (!Files.isDirectory(f)) {
                throw new InvalidDataException(f + " is no folder; expected one of saliency maps");
            }
            return new SaliencyFolder(f, resize);
        }
    }
}
