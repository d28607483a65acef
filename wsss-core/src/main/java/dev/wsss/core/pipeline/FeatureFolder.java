package dev.wsss.core.pipeline;

import dev.wsss.api.Description;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.FeatureSource;
import dev.wsss.api.FileFingerprint;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Feature maps in a folder, one file for each image, named by its id: those that a stage of another run made, or that
 * another program left.
 *
 * <pre>{@code
 * FeatureSource ours = FeatureFolder.of(Path.of("out/features"));                         // <id>.safetensors
 * FeatureSource dhr = FeatureFolder.ofTensors(Path.of("VOC2012/train_aug/CAUSE"), 2, 14); // <id>.pt
 * }</pre>
 *
 * <p>Safe for use from several threads.
 */
public final class FeatureFolder implements FeatureSource {
    private final Path folder;
    private final String extension;
    /** Scale of the image at which the grid was made. */
    private final double scale;

    private final int patch;

    private FeatureFolder(Path folder, String extension, double scale, int patch) {
        this.folder = folder;
        this.extension = extension;
        this.scale = scale;
        this.patch = patch;
    }

    /** A folder of this library's feature maps, {@link ProductCodec#featureMaps()}, each of the size of its image. */
    public static FeatureFolder of(Path folder) {
        return new FeatureFolder(folder, "safetensors", 0, 0);
    }

    /**
     * A folder of PyTorch's files, each of one tensor {@code [D][rows][columns]} of the whole image, as DHR's
     * {@code produce_uss_features.py} writes them in float16. Such a file does not tell the image, nor its size; the grid does,
     * which has {@code ceil(int(scale * height) / patch)} rows and columns alike.
     *
     * @param scale of the image at which the grid was made; DHR's 2
     * @param patch side of a cell there; 14 of DINOv2, 8 of STEGO
     * @throws IllegalArgumentException if the scale is not positive or the patch less than 1
     */
    public static FeatureFolder ofTensors(Path folder, double scale, int patch) {
        if (!(scale > 0 && scale < Double.POSITIVE_INFINITY) || patch < 1) {
            throw new IllegalArgumentException(
                    "scale must be positive and patch at least 1, got " + scale + " and " + patch);
        }
        return new FeatureFolder(folder, "pt", scale, patch);
    }

    /**
     * Reads the map of a sample.
     *
     * @throws InvalidDataException if there is no such file, it is damaged or of another form, of an image of another size or
     *     on another grid, or a value is not finite, or all of a cell are 0; the message names the file
     */
    @Override
    public FeatureMap get(Sample sample) {
        missing(sample.id()).ifPresent(reason -> {
            throw new InvalidDataException(reason);
        });
        Path file = file(sample.id());
        RgbImage image = sample.image();
        FeatureMap map =
                patch > 0 ? tensor(file, image) : ProductCodec.featureMaps().read(file);
        if (map.imageHeight() != image.height() || map.imageWidth() != image.width()) {
            throw new InvalidDataException(file + ": features are of an image of " + map.imageHeight() + "x"
                    + map.imageWidth() + "; expected " + image.height() + "x" + image.width() + " as the image");
        }
        map.requireDirections(file.toString());
        return map;
    }

    private FeatureMap tensor(Path file, RgbImage image) {
        HostArray array;
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            if (!checkpoint.names().contains(Checkpoint.BARE_TENSOR)
                    || checkpoint.names().size() != 1) {
                throw new InvalidDataException(
                        file + ": holds the tensors " + checkpoint.names() + "; expected one alone");
            }
            array = checkpoint.get(Checkpoint.BARE_TENSOR).copy();
        }
        boolean half = array.dtype() == DType.F16;
        long[] shape = array.shape();
        if (shape.length != 3 || !half && array.dtype() != DType.F32) {
            throw new InvalidDataException(
                    file + ": is " + array + "; expected a float16 or float32 tensor [D, rows, columns]");
        }
        int rows = cells(image.height());
        int columns = cells(image.width());
        if (shape[1] != rows || shape[2] != columns) {
            throw new InvalidDataException(file + ": features lie on a grid of " + shape[1] + "x" + shape[2]
                    + "; expected " + rows + "x" + columns + " for an image of " + image.height() + "x"
                    + image.width() + " at scale " + scale + " in cells of " + patch + " pixels");
        }
        try {
            FeatureMap.Builder map = FeatureMap.builder()
                    .setGrid(Math.toIntExact(shape[0]), rows, columns)
                    .setImageSize(image.height(), image.width());
            return (half ? map.setHalfs(FeatureMapCodec.bits(array)) : map.setFloats(array.toFloats())).build();
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new InvalidDataException(file + ": not a feature map (" + e.getMessage() + ")", e);
        } catch (InvalidDataException e) {
            throw new InvalidDataException(file + ": " + e.getMessage(), e);
        }
    }

    private int cells(int side) {
        return ((int) (side * scale) + patch - 1) / patch;
    }

    @Override
    public Optional<String> missing(String id) {
        Path file = file(id);
        return Files.isRegularFile(file)
                ? Optional.empty()
                : Optional.of(file + ": no such file; expected the features of '" + id + "'");
    }

    private Path file(String id) {
        return folder.resolve(id + "." + extension);
    }

    /** What is in the files. */
    @Override
    public Description description() {
        Description.Builder all =
                Description.of("FeatureFolder").put("content", FileFingerprint.ofFolder(folder, extension));
        return (patch > 0 ? all.put("scale", scale).put("patch", patch) : all).build();
    }

    @Override
    public String toString() {
        return "FeatureFolder[" + folder.resolve("*." + extension) + "]";
    }
}
