package dev.wsss.datasets;

import dev.wsss.api.ImageFiles;
import dev.wsss.api.InvalidDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Chooses images of a COCO file by a list, as the published programs have them. */
final class CocoChoice {
    private CocoChoice() {}

    /**
     * The images that a list names, in its order, each once. Of a line the first word counts: an id with or without leading
     * zeros, a {@code file_name} with or without extension, or a path that ends in one of these.
     *
     * @param list null for all images, in the file's order
     * @throws InvalidDataException naming the line, if there is no such image
     */
    static List<CocoImage> of(CocoInstances coco, @Nullable Path list) {
        if (list == null) {
            return coco.images();
        }
        Map<String, CocoImage> byName = new HashMap<>();
        Map<Long, CocoImage> byId = new HashMap<>();
        for (CocoImage image : coco.images()) {
            byId.put(image.id(), image);
            byName.putIfAbsent(last(CocoNames.STEM.of(image)), image);
        }
        Set<CocoImage> chosen = new LinkedHashSet<>();
        for (TextLines.Line line : TextLines.read(list, "a list of images")) {
            String name = withoutExtension(last(line.text().split("\\s+", 2)[0]));
            CocoImage image = byName.get(name);
            if (image == null && name.matches("\\d{1,18}")) {
                image = byId.get(Long.parseLong(name));
            }
            if (image == null) {
                throw new InvalidDataException(line.origin() + ": there is no image '" + name + "' in " + coco
                        + "; expected an id or a file_name of it");
            }
            chosen.add(image);
        }
        if (chosen.isEmpty()) {
            throw new InvalidDataException(list + ": names no image; expected one a line");
        }
        return new ArrayList<>(chosen);
    }

    private static String last(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static String withoutExtension(String name) {
        int dot = name.lastIndexOf('.');
        return dot > 0
                        && ImageFiles.extensions()
                                .contains(name.substring(dot + 1).toLowerCase(Locale.ROOT))
                ? name.substring(0, dot)
                : name;
    }
}
