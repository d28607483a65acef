package dev.wsss.systems.look;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.core.report.Overlay;
import java.awt.Color;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Looks as pictures. A name has the same colour in all, which it gets where it is seen first. */
final class LookPictures {
    private static final double STRENGTH = 0.6;

    /** Of a full turn: hues as far from all before as can be, however many there will be (Vogel, 1979). */
    private static final float GOLDEN = 0.381966f;

    private final Map<String, Integer> colours = new LinkedHashMap<>();

    /** The pictures by their captions, see {@link LookSummary#pictures}; all are of the size of the look's image. */
    Map<String, RgbImage> of(Look look) {
        Map<String, RgbImage> pictures = new LinkedHashMap<>();
        for (int label : look.scores().labels()) {
            pictures.put(
                    "map of " + look.classes().labelNames().get(label),
                    Overlay.heat(look.image(), look.scores(), label));
        }
        look.classes().tagNames().forEach(this::colour);
        pictures.put("labels", overlay(look.image(), look.raw(), look.classes()));
        LabelMap refined = look.refined();
        if (refined != null) {
            pictures.put("labels with CRF", overlay(look.image(), refined, look.classes()));
        }
        Look.Supervised supervised = look.supervised();
        if (supervised != null) {
            pictures.put("supervised", overlay(look.image(), supervised.labels(), supervised.classes()));
        }
        return pictures;
    }

    private RgbImage overlay(RgbImage image, LabelMap labels, ClassCatalog classes) {
        int[] pixels = labels.histogram();
        int[] rgb = new int[classes.labelCount()];
        for (int label = classes.hasBackground() ? 1 : 0; label < rgb.length; label++) {
            rgb[label] = pixels[label] > 0 ? colour(classes.labelNames().get(label)) : 0;
        }
        return Overlay.labels(image, labels, classes.withColours(rgb), STRENGTH, true);
    }

    /** Bright, as many photographs are dark. */
    private int colour(String name) {
        return colours.computeIfAbsent(name, unseen -> Color.HSBtoRGB(colours.size() * GOLDEN, 0.9f, 1) & 0xFFFFFF);
    }

    /** The background and the names that were seen, with their colours; the first of them if a catalog holds no more. */
    ClassCatalog legend() {
        List<String> names =
                colours.keySet().stream().limit(ClassCatalog.MAX_LABELS - 1).toList();
        int[] rgb = new int[names.size() + 1];
        for (int i = 0; i < names.size(); i++) {
            rgb[i + 1] = colour(names.get(i));
        }
        return ClassCatalog.withBackground(names).withColours(rgb);
    }
}
