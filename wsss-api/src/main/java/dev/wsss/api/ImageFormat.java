package dev.wsss.api;

/** The formats that {@link ImageFiles} reads, told by how a file begins. */
enum ImageFormat {
    JPEG {
        @Override
        boolean begins(FileBytes file) {
            return file.at(0) == 0xFF && file.at(1) == 0xD8 && file.at(2) == 0xFF;
        }

        @Override
        ImageFiles.Size size(FileBytes file) {
            JpegHeader header = JpegHeader.frame(file);
            return new ImageFiles.Size(header.height(), header.width());
        }

        @Override
        RgbImage read(String name, byte[] bytes) {
            return JpegDecoder.read(name, bytes);
        }
    },
    PNG {
        @Override
        boolean begins(FileBytes file) {
            return PngDecoder.isPng(file.head(8));
        }

        @Override
        ImageFiles.Size size(FileBytes file) {
            PngDecoder png = new PngDecoder(file.name, file.head(33));
            return new ImageFiles.Size(png.height, png.width);
        }

        @Override
        RgbImage read(String name, byte[] bytes) {
            return PngColours.read(name, bytes);
        }

        @Override
        int depth(FileBytes file) {
            return new PngDecoder(file.name, file.head(33)).bitDepth;
        }
    },
    BMP {
        @Override
        boolean begins(FileBytes file) {
            return file.hasText(0, "BM");
        }

        @Override
        ImageFiles.Size size(FileBytes file) {
            return new BmpDecoder(file).size();
        }

        @Override
        RgbImage read(String name, byte[] bytes) {
            return new BmpDecoder(FileBytes.of(name, bytes)).read(bytes);
        }
    },
    GIF {
        @Override
        boolean begins(FileBytes file) {
            return file.hasText(0, "GIF87a") || file.hasText(0, "GIF89a");
        }

        @Override
        ImageFiles.Size size(FileBytes file) {
            return new GifDecoder(file).size();
        }

        @Override
        RgbImage read(String name, byte[] bytes) {
            return new GifDecoder(FileBytes.of(name, bytes)).read();
        }
    },
    TIFF {
        @Override
        boolean begins(FileBytes file) {
            return file.hasText(0, "II*\0")
                    || file.hasText(0, "MM\0*")
                    || file.hasText(0, "II+\0")
                    || file.hasText(0, "MM\0+");
        }

        @Override
        ImageFiles.Size size(FileBytes file) {
            return new TiffHeader(file).size();
        }

        @Override
        RgbImage read(String name, byte[] bytes) {
            return new TiffDecoder(new TiffHeader(FileBytes.of(name, bytes)), bytes).read();
        }

        @Override
        int depth(FileBytes file) {
            return new TiffHeader(file).depth();
        }
    },
    WEBP {
        @Override
        boolean begins(FileBytes file) {
            return file.hasText(0, "RIFF") && file.hasText(8, "WEBP");
        }

        @Override
        ImageFiles.Size size(FileBytes file) {
            return WebpHeader.read(file).size();
        }

        @Override
        RgbImage read(String name, byte[] bytes) {
            return WebpDecoder.read(name, bytes);
        }
    };

    static final String EXPECTED = "a JPEG, PNG, BMP, GIF, TIFF or WebP image";

    /**
     * The format of a file.
     *
     * @throws InvalidDataException if it begins like none of these
     */
    static ImageFormat of(FileBytes file) {
        for (ImageFormat format : values()) {
            if (format.begins(file)) {
                return format;
            }
        }
        throw new InvalidDataException(file.name + ": begins with bytes " + file.start() + "; expected " + EXPECTED);
    }

    abstract boolean begins(FileBytes file);

    /** The size that the header says. */
    abstract ImageFiles.Size size(FileBytes file);

    abstract RgbImage read(String name, byte[] bytes);

    /** Bits of a stored sample, as the header says. */
    int depth(FileBytes file) {
        return 8;
    }
}
