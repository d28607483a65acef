package dev.wsss.core.report;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.ScoreMaps;
import java.util.ArrayList;
import java.util.List;

/**
 * One sample's way through the stages, as a row of images.
 *
 * @param title the sample's id
 * @param note a few words beside it, such as the tags; may be empty
 * @param panels the images
 */
public record Strip(String title, String note, List<Panel> panels) {
    /**
     * An image with its caption.
     *
     * @param caption what it shows
     * @param image what is shown
     * @param flat whether it has areas of one colour and sharp edges, which JPEG would smear
     */
    public record Panel(String caption, RgbImage image, boolean flat) {}

    public Strip {
        panels = List.copyOf(panels);
    }

    /** Starts the strip of an image, with the image itself as the first panel. */
    public static Builder builder(String title, RgbImage image, ClassCatalog classes) {
        return new Builder(title, image, classes);
    }

    /** Adds panels from left to right. */
    public static final class Builder {
        private final String title;
        private final RgbImage image;
        private final ClassCatalog classes;
        private final List<Panel> panels = new ArrayList<>();
        private String note = "";

        private Builder(String title, RgbImage image, ClassCatalog classes) {
            this.title = title;
            this.image = image;
            this.classes = classes;
            panels.add(new Panel("image", image, false));
        }

        /** Sets the words beside the title. */
        public Builder optNote(String note) {
            this.note = note;
            return this;
        }

        /** Adds a panel for each label of the maps: its scores as heat over the image. */
        public Builder scores(String stage, ScoreMaps scores) {
            for (int label : scores.labels()) {
                String name =
                        label < classes.labelCount() ? classes.labelNames().get(label) : "label " + label;
                panels.add(new Panel(stage + ": " + name, Overlay.heat(image, scores, label), false));
            }
            return this;
        }

        /** Adds a panel with the labels' colours over the image. */
        public Builder labels(String stage, LabelMap labels) {
            panels.add(new Panel(stage, Overlay.labels(image, labels, classes, 0.6, true), false));
            return this;
        }

        /** Adds a panel with the labels' colours alone. */
        public Builder colours(String stage, LabelMap labels) {
            panels.add(new Panel(stage, Overlay.colours(labels, classes), true));
            return this;
        }

        /** Builds the strip. */
        public Strip build() {
            return new Strip(title, note, panels);
        }
    }
}
