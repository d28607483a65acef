package dev.wsss.datasets;

import java.util.Locale;

/** How files that are made of COCO's images are called. Published programs differ in this, and so do their lists. */
public enum CocoNames {
    /**
     * As the image's {@code file_name} without its extension: {@code COCO_train2014_000000000009}, or {@code 000000000009} in
     * the files of 2017. So do the lists of CLIP-ES and AFA.
     */
    STEM {
        @Override
        String of(CocoImage image) {
            int dot = image.fileName().lastIndexOf('.');
            return dot > image.fileName().lastIndexOf('/') + 1
                    ? image.fileName().substring(0, dot)
                    : image.fileName();
        }
    },
    /** The image's id as twelve digits, {@code 000000000009}. So does RIB, whose lists have such ids. */
    DIGITS {
        @Override
        String of(CocoImage image) {
            return String.format(Locale.ROOT, "%012d", image.id());
        }
    },
    /** The image's id without leading zeros, {@code 9}. So does coco2voc. */
    ID {
        @Override
        String of(CocoImage image) {
            return Long.toString(image.id());
        }
    };

    /** The name of an image, without extension. */
    abstract String of(CocoImage image);
}
