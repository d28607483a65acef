package dev.wsss.datasets;

import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;

/** One drawn scene: what lies where. It is drawn when it is asked for. */
interface Scene {
    /** The tags of what the mask holds, perhaps with repetitions. */
    int[] tags();

    /** The class of each pixel's centre. */
    LabelMap mask();

    /** The picture. */
    RgbImage image();
}
