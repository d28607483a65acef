package dev.wsss.benchmarks;

import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import java.util.Random;

/** What the benchmarks work on, drawn from seeds. */
final class Inputs {
    /** A VOC photograph's usual size. */
    static final int HEIGHT = 375;

    static final int WIDTH = 500;

    private Inputs() {}

    /** Independent uniform scores in [0, 1). */
    static float[] scores(long seed, int count) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat();
        }
        return values;
    }

    /** Probabilities that change slowly over an image of {@link #HEIGHT} x {@link #WIDTH}, with a little noise. */
    static float[] smooth(long seed, int labels) {
        Random random = new Random(seed);
        float[] values = new float[labels * HEIGHT * WIDTH];
        for (int i = 0; i < values.length; i++) {
            int label = i / (HEIGHT * WIDTH);
            int y = i / WIDTH % HEIGHT;
            int x = i % WIDTH;
            double energy = 2 + 2 * Math.sin((3 * y * (label + 1) + x * (label * 7 % 5 + 1)) / 80.0);
            values[i] = (float) Math.exp(-energy - 0.3 * random.nextDouble());
        }
        return values;
    }

    /** Colour blobs with fine noise: smooth in the large as a photograph is, which a lattice's size depends on. */
    static RgbImage image(long seed, int height, int width) {
        Random random = new Random(seed);
        double[] phase = random.doubles(9, 0, 6.3).toArray();
        byte[] data = new byte[3 * height * width];
        for (int y = 0, o = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < 3; c++, o++) {
                    double wave = Math.sin(x / 61.0 + phase[c])
                            + Math.sin(y / 47.0 + phase[3 + c])
                            + Math.sin((x + y) / 29.0 + phase[6 + c]);
                    data[o] = (byte) Math.round(127 + 35 * wave + 8 * random.nextGaussian());
                }
            }
        }
        return new RgbImage(height, width, data);
    }

    /** Rectangles of labels {@code 0..labels-1}, about 40 pixels each way. */
    static LabelMap labels(long seed, int height, int width, int labels) {
        Random random = new Random(seed);
        int columns = width / 40 + 1;
        int[] cells = random.ints((long) columns * (height / 40 + 1), 0, labels).toArray();
        byte[] map = new byte[height * width];
        for (int i = 0; i < map.length; i++) {
            map[i] = (byte) cells[i / width / 40 * columns + i % width / 40];
        }
        return LabelMap.wrap(height, width, map);
    }
}
