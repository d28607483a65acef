package dev.wsss.examples;

import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.core.io.HostArray;
import java.util.Map;
import java.util.TreeMap;

/** The key maps that {@code wsss weights convert} knows by name. */
final class Families {
    private static final Map<String, KeyMap> MAPS = new TreeMap<>(Map.of("wsss", KeyMap.identity()));

    private Families() {}

    /** Tensors under one family's names, under another's; the way leads over this library's names. */
    static Map<String, HostArray> rename(Map<String, HostArray> tensors, String from, String to) {
        KeyMap source = map(from);
        KeyMap target = map(to);
        return from.equals(to) ? tensors : target.toTheirs(source.toOurs(tensors));
    }

    private static KeyMap map(String family) {
        KeyMap map = MAPS.get(family);
        if (map == null) {
            throw new IllegalArgumentException(
                    "there is no family \"" + family + "\", expected one of " + MAPS.keySet());
        }
        return map;
    }
}
