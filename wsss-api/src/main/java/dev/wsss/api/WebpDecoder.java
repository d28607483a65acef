package dev.wsss.api;

/** Decodes still WebP images; alpha, profile and other chunks beside the pixels are passed over. */
final class WebpDecoder {
    private WebpDecoder() {}

    static RgbImage read(String name, byte[] bytes) {
        FileBytes file = FileBytes.of(name, bytes);
        WebpHeader header = WebpHeader.read(file);
        if (header.animated()) {
            throw new InvalidDataException(
                    name + ": is an animated WebP; expected a still image: save the frame that is meant as one");
        }
        // an image of one colour takes next to no bits for its pixels
        ImageFiles.check(name, "WebP", header.height(), header.width(), bytes.length, Integer.MAX_VALUE);
        int start = (int) header.at() + 8;
        int end = start + (int) header.length();
        if (file.at(start - 5) == ' ') {
            return new Vp8Decoder(name, bytes, start, end).read();
        }
        try {
            return new Vp8lDecoder(bytes, start + 5, end, header.height(), header.width()).read();
        } catch (IllegalArgumentException e) {
            throw new InvalidDataException(
                    name + ": damaged WebP: pixels cannot be decoded (" + e.getMessage() + "); expected an intact WebP",
                    e);
        }
    }
}
