package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A list of images of MS COCO. A line is an image's name or number ({@code COCO_train2014_000000000009}, {@code
 * 000000000009}, {@code 9}), or a path to it with or without one to its mask; the classes may follow it, numbered from 0 as
 * CLIP-ES does.
 *
 * @param lines in order
 * @param tagged whether the list has classes
 */
record CocoList(List<Line> lines, boolean tagged) {
    /**
     * An image.
     *
     * @param text what the line calls it, without folder and extension
     * @param tags null where the line has no classes
     */
    record Line(long number, String text, @Nullable ImageTags tags, String origin) {}

    /**
     * Reads a list.
     *
     * @throws InvalidDataException if a line is none of these
     */
    static CocoList read(Path file, ClassCatalog classes) {
        List<Line> lines = new ArrayList<>();
        for (TextLines.Line line : TextLines.read(file, "a list of COCO's images")) {
            String[] tokens = line.text().split("\\s+");
            String stem = TextLines.stem(tokens[0]);
            OptionalLong number = CocoNumbers.of(stem);
            if (number.isEmpty()) {
                throw new InvalidDataException(line.origin() + ": names '" + tokens[0]
                        + "'; expected an image of COCO, such as COCO_train2014_000000000009 or 000000000009");
            }
            String[] rest = Arrays.copyOfRange(tokens, 1, tokens.length);
            ImageTags tags = rest.length == 0 || isMask(rest, number.getAsLong()) ? null : tags(classes, rest, line);
            lines.add(new Line(number.getAsLong(), stem, tags, line.origin()));
        }
        return new CocoList(lines, lines.stream().anyMatch(line -> line.tags != null));
    }

    /** Whether what follows is the path of the image's mask, which is found by its number. */
    private static boolean isMask(String[] rest, long number) {
        OptionalLong other = CocoNumbers.of(TextLines.stem(rest[0]));
        return rest.length == 1 && rest[0].endsWith(".png") && other.isPresent() && other.getAsLong() == number;
    }

    private static ImageTags tags(ClassCatalog classes, String[] cells, TextLines.Line line) {
        int[] tags = new int[cells.length];
        for (int i = 0; i < cells.length; i++) {
            if (!cells[i].matches("\\d{1,3}") || Integer.parseInt(cells[i]) >= classes.tagCount()) {
                throw new InvalidDataException(line.origin() + ": has '" + cells[i]
                        + "' behind the image; expected its mask, or numbers of classes, 0.."
                        + (classes.tagCount() - 1));
            }
            tags[i] = Integer.parseInt(cells[i]);
        }
        return ImageTags.of(classes, tags);
    }
}
