package dev.wsss.api;

/**
 * Finds EXIF's orientation (tag 274 of the first directory) in a file's header, and turns pixels by it. A file that is damaged says nothing: reading
 * its pixels will tell.
 */
final class ExifOrientation {
    private static final int UPRIGHT = 1;
    private static final int ORIENTATION = 274;
    private static final int SHORT = 3;
    private static final String PREFIX = "Exif\0\0";

    private ExifOrientation() {}

    /** Of the segment APP1 before a JPEG's pixels. */
    static int ofJpeg(FileBytes file) {
        long at = 2;
        while (file.at(at) == 0xFF) {
            int marker = file.at(at + 1);
            if (marker == 0xFF) {
                at++; // fill bytes may stand before a marker
                continue;
            }
            int length = at + 4 > file.length() ? -1 : file.uint16(at + 2);
            if (marker == 0xDA || length < 2) {
                return UPRIGHT;
            }
            if (marker == 0xE1 && file.hasText(at + 4, PREFIX)) {
                return ofTiff(file, at + 4 + PREFIX.length());
            }
            at += 2 + length;
        }
        return UPRIGHT;
    }

    /** Of a PNG's chunk eXIf, which may stand before or behind the pixels. */
    static int ofPng(FileBytes file) {
        for (long at = 8; at + 12 <= file.length(); ) {
            long length = Integer.toUnsignedLong(Integer.reverseBytes(file.int32Low(at)));
            if (file.hasText(at + 4, "eXIf")) {
                return ofTiff(file, at + 8);
            }
            at += 12 + length;
        }
        return UPRIGHT;
    }

    /** Of a WebP's chunk EXIF; some programs put JPEG's prefix into it. */
    static int ofWebp(FileBytes file) {
        for (long at = 12; at + 8 <= file.length(); ) {
            long length = Integer.toUnsignedLong(file.int32Low(at + 4));
            if (file.hasText(at, "EXIF")) {
                return ofTiff(file, at + 8 + (file.hasText(at + 8, PREFIX) ? PREFIX.length() : 0));
            }
            at += 8 + length + (length & 1);
        }
        return UPRIGHT;
    }

    /** Of the TIFF that begins at a position. */
    static int ofTiff(FileBytes file, long start) {
        boolean high = file.hasText(start, "MM\0*");
        if (start + 8 > file.length() || !(high || file.hasText(start, "II*\0"))) {
            return UPRIGHT;
        }
        int offset = file.int32Low(start + 4);
        long directory = start + Integer.toUnsignedLong(high ? Integer.reverseBytes(offset) : offset);
        if (directory + 2 > file.length()) {
            return UPRIGHT;
        }
        int fields = uint16(file, directory, high);
        for (long at = directory + 2; fields > 0 && at + 12 <= file.length(); at += 12, fields--) {
            if (uint16(file, at, high) == ORIENTATION && uint16(file, at + 2, high) == SHORT) {
                int value = uint16(file, at + 8, high);
                return value >= 1 && value <= 8 ? value : UPRIGHT;
            }
        }
        return UPRIGHT;
    }

    /** Turns stored pixels as an orientation from 1 to 8 says. */
    static RgbImage upright(RgbImage image, int orientation) {
        if (orientation == UPRIGHT) {
            return image;
        }
        int h = image.height();
        int w = image.width();
        boolean aside = orientation >= 5;
        // bits of the reversals of stored columns and rows, from the standard's table
        boolean right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
        boolean below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
        int height = aside ? w : h;
        int width = aside ? h : w;
        byte[] turned = new byte[image.data().length];
        for (int y = 0, to = 0; y < height; y++) {
            for (int x = 0; x < width; x++, to += 3) {
                int column = aside ? y : x;
                int row = aside ? x : y;
                int from = 3 * ((below ? h - 1 - row : row) * w + (right ? w - 1 - column : column));
                System.arraycopy(image.data(), from, turned, to, 3);
            }
        }
        return new RgbImage(height, width, turned);
    }

    private static int uint16(FileBytes file, long at, boolean high) {
        return high ? file.uint16(at) : file.uint16Low(at);
    }
}
