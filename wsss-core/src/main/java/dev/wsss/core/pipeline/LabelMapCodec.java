package dev.wsss.core.pipeline;

import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.Sha256;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Label maps as palette PNG. */
final class LabelMapCodec implements ProductCodec<LabelMap> {
    private final int[] palette;

    LabelMapCodec(int[] palette) {
        this.palette = palette;
    }

    @Override
    public String extension() {
        return "png";
    }

    @Override
    public String format() {
        ByteBuffer colours = ByteBuffer.allocate(palette.length * 4);
        colours.asIntBuffer().put(palette);
        return "png: 8-bit palette " + Sha256.of(colours.array()).substring(0, 16);
    }

    @Override
    public void write(Path file, LabelMap labels) {
        LabelPng.write(file, labels, palette);
    }

    @Override
    public LabelMap read(Path file) {
        return LabelPng.read(file);
    }
}
