package dev.wsss.core.pipeline;

import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.SaliencyMap;
import java.nio.file.Path;

/** Saliency maps as PNG in 256 levels of grey, as EPS ships them. */
final class SaliencyCodec implements ProductCodec<SaliencyMap> {
    static final SaliencyCodec INSTANCE = new SaliencyCodec();

    private static final int TOP = 255;

    private SaliencyCodec() {}

    /** The map that is read back: each value is the nearest of the 256 that a file can hold. */
    static SaliencyMap rounded(SaliencyMap map) {
        float[] values = new float[map.values().length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.round(map.values()[i] * TOP) / (float) TOP;
        }
        return new SaliencyMap(map.height(), map.width(), values);
    }

    @Override
    public String extension() {
        return "png";
    }

    @Override
    public String format() {
        return "png: 8-bit grey, saliency 1 is " + TOP;
    }

    @Override
    public void write(Path file, SaliencyMap map) {
        byte[] levels = new byte[map.values().length];
        for (int i = 0; i < levels.length; i++) {
            int level = Math.round(map.values()[i] * TOP);
            if (Float.compare(map.values()[i], level / (float) TOP) != 0) {
                throw new IllegalArgumentException("saliency " + map.values()[i] + " at index " + i
                        + " is none of the 256 levels of the file; expected n / 255 (Stages.saliency rounds)");
            }
            levels[i] = (byte) level;
        }
        int[] grey = new int[TOP + 1];
        for (int v = 0; v <= TOP; v++) {
            grey[v] = v << 16 | v << 8 | v;
        }
        LabelPng.write(file, LabelMap.wrap(map.height(), map.width(), levels), grey);
    }

    @Override
    public SaliencyMap read(Path file) {
        LabelMap levels = LabelPng.read(file);
        float[] values = new float[levels.height() * levels.width()];
        for (int row = 0, i = 0; row < levels.height(); row++) {
            for (int column = 0; column < levels.width(); column++, i++) {
                values[i] = levels.get(row, column) / (float) TOP;
            }
        }
        return new SaliencyMap(levels.height(), levels.width(), values);
    }
}
