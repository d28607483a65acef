package dev.wsss.examples;

import dev.wsss.api.Dataset;
import dev.wsss.api.FeatureMap;
import dev.wsss.api.RgbImage;
import dev.wsss.core.pipeline.ProductCodec;
import dev.wsss.datasets.Datasets;
import java.nio.file.Path;

/**
 * What DHR is measured with where no DINO takes part: features of the training images that were not learnt at all. {@code
 * ColourFeatures DATA OUT}, such as {@code ColourFeatures shapes:train=300,val=150,seed=1 features}, leaves {@code
 * OUT/<id>.safetensors} for {@code wsss dhr train --features OUT}.
 *
 * <p>A cell of 6x6 pixels has, of each colour, mean and deviation over the 18x18 pixels around it, less a constant that puts
 * grey of little texture near zero: directions tell vivid colours apart.
 */
public final class ColourFeatures {
    static final int CELL = 6;
    private static final int AROUND = 6;
    private static final int CHANNELS = 6;
    private static final double MIDDLE = 110;

    private ColourFeatures() {}

    /** Writes the features. */
    public static void main(String[] args) {
        if (args.length != 2) {
            throw new IllegalArgumentException("expected DATA OUT, got " + args.length
                    + " arguments; such as: shapes:train=300,val=150,seed=1 features");
        }
        Dataset data = Datasets.open(args[0]).train();
        write(data, Path.of(args[1]));
        System.out.println("features of " + data.size() + " images in " + args[1]);
    }

    static void write(Dataset data, Path out) {
        for (int i = 0; i < data.size(); i++) {
            ProductCodec.featureMaps()
                    .write(
                            out.resolve(data.id(i) + ".safetensors"),
                            of(data.get(i).image()).toHalf());
        }
    }

    static FeatureMap of(RgbImage image) {
        int rows = (image.height() + CELL - 1) / CELL;
        int columns = (image.width() + CELL - 1) / CELL;
        float[] values = new float[CHANNELS * rows * columns];
        for (int cell = 0; cell < rows * columns; cell++) {
            for (int c = 0; c < 3; c++) {
                double[] moments = moments(image, cell / columns * CELL, cell % columns * CELL, c);
                values[c * rows * columns + cell] = (float) ((moments[0] - MIDDLE) / 50);
                values[(c + 3) * rows * columns + cell] = (float) ((moments[1] - 10) / 25);
            }
        }
        return FeatureMap.builder()
                .setGrid(CHANNELS, rows, columns)
                .setImageSize(image.height(), image.width())
                .setFloats(values)
                .build();
    }

    /** Mean and deviation of a colour around the cell that begins here. */
    private static double[] moments(RgbImage image, int top, int left, int colour) {
        double sum = 0;
        double squares = 0;
        int count = 0;
        for (int y = Math.max(0, top - AROUND); y < Math.min(image.height(), top + CELL + AROUND); y++) {
            for (int x = Math.max(0, left - AROUND); x < Math.min(image.width(), left + CELL + AROUND); x++) {
                double level = image.data()[(y * image.width() + x) * 3 + colour] & 255;
                sum += level;
                squares += level * level;
                count++;
            }
        }
        double mean = sum / count;
        return new double[] {mean, Math.sqrt(Math.max(0, squares / count - mean * mean))};
    }
}
