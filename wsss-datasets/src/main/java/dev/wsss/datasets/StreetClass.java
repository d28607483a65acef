package dev.wsss.datasets;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The classes of drawn streets that are surfaces; the shapes follow them. */
enum StreetClass {
    SKY(0x4682B4),
    ROAD(0x804080),
    PAVEMENT(0xF423E8),
    BUILDING(0x464646),
    TREE(0x6B8E23),
    POLE(0x999999);

    /** As Cityscapes paints it. */
    final int colour;

    StreetClass(int colour) {
        this.colour = colour;
    }

    /** The label of a shape. */
    static int labelOf(ShapeKind kind) {
        return values().length + kind.ordinal();
    }

    /** The names, in the order of labels, with those of shapes behind them. */
    static List<String> names(List<String> shapes) {
        List<String> names = new ArrayList<>();
        for (StreetClass each : values()) {
            names.add(each.name().toLowerCase(Locale.ROOT));
        }
        names.addAll(shapes);
        return names;
    }
}
