package dev.wsss.api;

import javax.imageio.spi.ImageReaderSpi;

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

        @Override
        ImageInfo.Colours colours(FileBytes file) {
            return switch (JpegHeader.frame(file).components()) {
                case 1 -> ImageInfo.Colours.GREY;
                case 4 -> ImageInfo.Colours.CMYK;
                default -> ImageInfo.Colours.RGB;
            };
        }

        @Override
        int orientation(FileBytes file) {
            return ExifOrientation.ofJpeg(file);
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

        @Override
        ImageInfo.Colours colours(FileBytes file) {
            int type = new PngDecoder(file.name, file.head(33)).colourType;
            return type == PngDecoder.GREY || type == PngDecoder.GREY_ALPHA
                    ? ImageInfo.Colours.GREY
                    : ImageInfo.Colours.RGB;
        }

        @Override
        int orientation(FileBytes file) {
            return ExifOrientation.ofPng(file);
        }
    },
    BMP {
        @Override
        boolean begins(FileBytes file) {
            return file.hasText(0, "BM");
        }

        @Override
        ImageFiles.Size size(FileBytes file) {
            return decoder(file).size();
        }

        @Override
        RgbImage read(String name, byte[] bytes) {
            FileBytes file = FileBytes.of(name, bytes);
            int compression = file.length() < 34 || file.int32Low(14) < 40 ? 0 : file.int32Low(30);
            if (compression == 4 || compression == 5) {
                throw new InvalidDataException(name + ": is a BMP that holds a " + (compression == 4 ? "JPEG" : "PNG")
                        + "; expected pixels, plain or in runs: save it again so, or as PNG");
            }
            int expansion = compression == 1 || compression == 2 ? 128 : 8;
            return decoder(file)
                    .read(reader -> ImageFiles.check(
                            name, "BMP", reader.getHeight(0), reader.getWidth(0), file.length(), expansion));
        }

        private ImageIoDecoder decoder(FileBytes file) {
            return new ImageIoDecoder(file, "BMP", ImageReaders.ofJdk("bmp"));
        }
    },
    GIF {
        @Override
        boolean begins(FileBytes file) {
            return file.hasText(0, "GIF87a") || file.hasText(0, "GIF89a");
        }

        /** Of the screen, of which a frame can fill a part. */
        @Override
        ImageFiles.Size size(FileBytes file) {
            int height = file.uint16Low(8);
            int width = file.uint16Low(6);
            if (file.length() < 13 || height < 1 || width < 1) {
                throw new InvalidDataException(file.name + ": header says " + height + "x" + width + " pixels in "
                        + file.length() + " bytes; expected an intact GIF");
            }
            return new ImageFiles.Size(height, width);
        }

        @Override
        RgbImage read(String name, byte[] bytes) {
            FileBytes file = FileBytes.of(name, bytes);
            ImageFiles.Size screen = size(file);
            // a code of 12 bits names at most 4096 pixels
            ImageFiles.check(name, "GIF", screen.height(), screen.width(), file.length(), 4096 * 8 / 12);
            return new ImageIoDecoder(file, "GIF", ImageReaders.ofJdk("gif")).read(reader -> {
                ImageFiles.Size frame = new ImageFiles.Size(reader.getHeight(0), reader.getWidth(0));
                if (!frame.equals(screen)) {
                    throw new InvalidDataException(name + ": first frame of the GIF is " + frame + " on a screen of "
                            + screen + "; expected one that fills it: save the frame that is meant as a still image");
                }
            });
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
            return decoder(file).size();
        }

        @Override
        RgbImage read(String name, byte[] bytes) {
            FileBytes file = FileBytes.of(name, bytes);
            return decoder(file).read(reader -> new TiffHeader(file, reader).check());
        }

        @Override
        int depth(FileBytes file) {
            return decoder(file).ask(reader -> new TiffHeader(file, reader).depth());
        }

        @Override
        ImageInfo.Colours colours(FileBytes file) {
            return decoder(file).ask(reader -> new TiffHeader(file, reader).colours());
        }

        @Override
        int orientation(FileBytes file) {
            return ExifOrientation.ofTiff(file, 0);
        }

        private ImageIoDecoder decoder(FileBytes file) {
            TiffHeader.checkDirectory(file);
            return new ImageIoDecoder(file, "TIFF", ImageReaders.ofJdk("tiff"));
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

        /** Native code sees the file only after its header is found right. */
        @Override
        RgbImage read(String name, byte[] bytes) {
            FileBytes file = FileBytes.of(name, bytes);
            WebpHeader header = WebpHeader.read(file);
            if (header.animated()) {
                throw new InvalidDataException(
                        name + ": is an animated WebP; expected a still image: save the frame that is meant as one");
            }
            // an image of one colour takes next to no bits for its pixels
            ImageFiles.check(name, "WebP", header.height(), header.width(), bytes.length, Integer.MAX_VALUE);
            ImageReaderSpi readers = ImageReaders.libwebp();
            if (readers == null) {
                throw new InvalidDataException(name + ": is a WebP, and no reader for it is on the class path; expected"
                        + " com.github.usefulness:webp-imageio there: add it, or save the image as PNG");
            }
            return new ImageIoDecoder(file, "WebP", readers).read(reader -> {});
        }

        @Override
        int orientation(FileBytes file) {
            return ExifOrientation.ofWebp(file);
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

    /** What the stored samples are, as the header says. */
    ImageInfo.Colours colours(FileBytes file) {
        return ImageInfo.Colours.RGB;
    }

    /** EXIF's orientation, 1 where there is none. */
    int orientation(FileBytes file) {
        return 1;
    }

    /** All that the header says. */
    ImageInfo info(FileBytes file) {
        return new ImageInfo(this == WEBP ? "WebP" : name(), size(file), colours(file), depth(file), orientation(file));
    }
}
