package dev.wsss.api;

/** Makes RGB of the samples that a PNG holds: alpha is dropped, palettes are looked up, grey is spread. */
final class PngColours {
    private PngColours() {}

    static RgbImage read(String name, byte[] bytes) {
        PngDecoder png = new PngDecoder(name, bytes);
        byte[] samples = png.samples(ImageFiles.MAX_PIXELS);
        if (png.colourType == PngDecoder.RGB) {
            return new RgbImage(png.height, png.width, samples);
        }
        int pixels = png.height * png.width;
        int channels = png.channels();
        byte[] rgb = new byte[Math.multiplyExact(pixels, 3)];
        int[] palette = png.colourType == PngDecoder.PALETTE ? png.palette() : null;
        int scale = png.bitDepth > 8 ? 1 : 255 / ((1 << png.bitDepth) - 1);
        for (int i = 0, o = 0; i < pixels; i++, o += 3) {
            int sample = samples[i * channels] & 255;
            if (png.colourType == PngDecoder.RGB_ALPHA) {
                System.arraycopy(samples, i * 4, rgb, o, 3);
            } else if (palette == null) {
                rgb[o] = rgb[o + 1] = rgb[o + 2] = (byte) (sample * scale);
            } else if (sample < palette.length) {
                rgb[o] = (byte) (palette[sample] >> 16);
                rgb[o + 1] = (byte) (palette[sample] >> 8);
                rgb[o + 2] = (byte) palette[sample];
            } else {
                throw new InvalidDataException(name + ": pixel " + i + " has palette index " + sample
                        + ", but there are " + palette.length + " colours; expected an intact PNG");
            }
        }
        return new RgbImage(png.height, png.width, rgb);
    }
}
