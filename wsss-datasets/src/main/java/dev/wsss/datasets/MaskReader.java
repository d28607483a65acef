package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageFiles;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/** Reads masks as labels of one catalog. */
@FunctionalInterface
interface MaskReader {
    /**
     * Reads a mask.
     *
     * @throws InvalidDataException if the file cannot be read or has values or colours that are no label
     */
    LabelMap read(Path file);

    /** Whether a mask is a small file of its own, so that some can be looked at when a dataset is opened. */
    default boolean readsMaskFiles() {
        return true;
    }

    /**
     * Rows and columns of a mask, of its header where that tells.
     *
     * @throws InvalidDataException if the file cannot be read
     */
    default ImageFiles.Size size(Path file) {
        return ImageFiles.size(file);
    }

    /** Whether a mask can be read but for its values. */
    default boolean isIntact(Path file) {
        try {
            ImageFiles.readRgb(file);
            return true;
        } catch (InvalidDataException e) {
            return false;
        }
    }

    /** What the labels depend on besides the mask's file, such as the hash of a file that says what its values mean. */
    default String basis() {
        return "";
    }

    /** The same reader, of masks whose values another file explains. */
    default MaskReader explainedBy(Path file) {
        MaskReader reader = this;
        return new MaskReader() {
            @Override
            public LabelMap read(Path mask) {
                return reader.read(mask);
            }

            @Override
            public ImageFiles.Size size(Path mask) {
                return reader.size(mask);
            }

            @Override
            public boolean isIntact(Path mask) {
                return reader.isIntact(mask);
            }

            @Override
            public String basis() {
                return hash(file);
            }
        };
    }

    /** The hash of a file that labels depend on; reading the masks will tell if it cannot be read. */
    static String hash(Path file) {
        try {
            return Sha256.of(file);
        } catch (IOException e) {
            return "unreadable";
        }
    }

    /** Of masks whose values are labels. */
    static MaskReader of(ClassCatalog classes) {
        return file -> ofLabels(file, classes);
    }

    /** Of masks whose values are labels, or, where they are colour images, colours of the list of classes. */
    static MaskReader of(ClassFile file) {
        Map<Integer, Integer> labelOfColour = file.labelOfColour();
        if (labelOfColour == null) {
            return of(file.classes());
        }
        MaskReader reader = mask -> isColour(mask) ? ofColours(mask, labelOfColour) : ofLabels(mask, file.classes());
        return reader.explainedBy(file.file());
    }

    /** Of masks that hold the values of a published set. */
    static MaskReader ofStored(LabelSet set) {
        return file -> set.toLabels(LabelPng.read(file), file.toString());
    }

    /** Of masks in panoptic form, whose categories are ids of a published set. */
    static MaskReader ofSegments(LabelSet set, PanopticSegments segments) {
        MaskReader reader = file -> segments.labels(file, set);
        return reader.explainedBy(segments.json());
    }

    private static LabelMap ofLabels(Path file, ClassCatalog classes) {
        LabelMap mask = LabelPng.read(file);
        int[] counts = mask.histogram();
        for (int value = classes.labelCount(); value < LabelMap.IGNORE; value++) {
            if (counts[value] > 0) {
                throw new InvalidDataException(file + ": " + counts[value] + " pixels have value " + value
                        + "; expected labels 0.." + (classes.labelCount() - 1) + " or " + LabelMap.IGNORE);
            }
        }
        return mask;
    }

    /** Whether a PNG's header says that its samples are colours. */
    private static boolean isColour(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] header = in.readNBytes(26);
            return header.length == 26 && (header[25] == 2 || header[25] == 6);
        } catch (IOException e) {
            return false; // reading the mask will tell
        }
    }

    private static LabelMap ofColours(Path file, Map<Integer, Integer> labelOfColour) {
        RgbImage image = ImageFiles.readRgb(file);
        byte[] rgb = image.data();
        byte[] labels = new byte[rgb.length / 3];
        int border = ClassCatalog.vocPalette()[LabelMap.IGNORE];
        for (int i = 0; i < labels.length; i++) {
            int colour = (rgb[3 * i] & 255) << 16 | (rgb[3 * i + 1] & 255) << 8 | (rgb[3 * i + 2] & 255);
            Integer label = labelOfColour.get(colour);
            if (label == null && colour != border) {
                int count = 0;
                for (int j = 0; j < rgb.length; j += 3) {
                    count += Arrays.equals(rgb, j, j + 3, rgb, 3 * i, 3 * i + 3) ? 1 : 0;
                }
                throw new InvalidDataException(String.format(
                        Locale.ROOT,
                        "%s: %d pixels have the colour %d,%d,%d; expected one of the %d colours of the list of classes",
                        file,
                        count,
                        colour >> 16,
                        colour >> 8 & 255,
                        colour & 255,
                        labelOfColour.size()));
            }
            labels[i] = (byte) (label == null ? LabelMap.IGNORE : label);
        }
        return LabelMap.wrap(image.height(), image.width(), labels);
    }
}
