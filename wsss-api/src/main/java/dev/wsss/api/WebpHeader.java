package dev.wsss.api;

/**
 * What a WebP file says of its image.
 *
 * @param height rows of the whole
 * @param width columns of the whole
 * @param animated whether it holds frames
 */
record WebpHeader(int height, int width, boolean animated) {
    /** Reads the chunks up to the one that holds the pixels, of which only the head is read. */
    static WebpHeader read(FileBytes file) {
        long end = 8 + Integer.toUnsignedLong(file.int32Low(4));
        if (file.length() < 30 || end > file.length()) {
            throw bad(file, "truncated: " + file.length() + " bytes of " + end);
        }
        WebpHeader canvas = null;
        for (long at = 12; at + 8 <= end; ) {
            String kind = file.fourCc(at);
            long length = Integer.toUnsignedLong(file.int32Low(at + 4));
            if (length > end - at - 8) {
                throw bad(
                        file,
                        "truncated: chunk '" + kind + "' says " + length + " bytes, " + (end - at - 8) + " follow");
            }
            if (kind.equals("VP8X") && canvas == null && length >= 10) {
                canvas = new WebpHeader(
                        1 + uint24(file, at + 15), 1 + uint24(file, at + 12), (file.at(at + 8) & 2) != 0);
                if (canvas.animated) {
                    return canvas;
                }
            }
            if (kind.equals("VP8 ") || kind.equals("VP8L")) {
                WebpHeader image = kind.equals("VP8L") ? lossless(file, at, length) : lossy(file, at, length);
                if (canvas != null && (canvas.height != image.height || canvas.width != image.width)) {
                    throw bad(file, "holds an image of " + image.size() + " on a canvas of " + canvas.size());
                }
                return image;
            }
            at += 8 + length + (length & 1);
        }
        throw bad(file, "WebP without an image");
    }

    private static WebpHeader lossless(FileBytes file, long at, long length) {
        int bits = file.int32Low(at + 9);
        if (length < 5 || file.at(at + 8) != 0x2F || bits >>> 29 != 0) {
            throw bad(file, "lossless image with an unknown head");
        }
        return new WebpHeader(1 + (bits >> 14 & 0x3FFF), 1 + (bits & 0x3FFF), false);
    }

    private static WebpHeader lossy(FileBytes file, long at, long length) {
        int tag = length < 10 ? 1 : uint24(file, at + 8);
        if ((tag & 1) != 0 || file.at(at + 11) != 0x9D || file.at(at + 12) != 0x01 || file.at(at + 13) != 0x2A) {
            throw bad(file, "lossy image without a key frame");
        }
        int height = file.uint16Low(at + 16) & 0x3FFF;
        int width = file.uint16Low(at + 14) & 0x3FFF;
        if (height < 1 || width < 1) {
            throw bad(file, "header says " + height + "x" + width + " pixels");
        }
        if ((tag >> 5) > length - 10) {
            throw bad(file, "first part of " + (tag >> 5) + " bytes in a chunk of " + length);
        }
        return new WebpHeader(height, width, false);
    }

    private static int uint24(FileBytes file, long at) {
        return file.uint16Low(at) | file.at(at + 2) << 16;
    }

    private static InvalidDataException bad(FileBytes file, String found) {
        return new InvalidDataException(file.name + ": " + found + "; expected an intact WebP");
    }

    ImageFiles.Size size() {
        return new ImageFiles.Size(height, width);
    }
}
