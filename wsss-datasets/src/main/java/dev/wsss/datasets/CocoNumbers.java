package dev.wsss.datasets;

import dev.wsss.api.InvalidDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The files of a folder by COCO's number of the image, which programs write in several ways: {@code
 * COCO_train2014_000000000009}, {@code 000000000009} and {@code 9} are one image.
 */
final class CocoNumbers {
    private static final Pattern NAME = Pattern.compile("(?:COCO_[a-z]+\\d{4}_)?(\\d{1,18})");

    private final Map<Long, Path> files = new TreeMap<>();
    private final List<String> others = new ArrayList<>();

    private CocoNumbers() {}

    /**
     * Lists the files of a folder, none if it is not there.
     *
     * @param wanted chooses files by name
     * @throws InvalidDataException if two of them are of one number
     */
    static CocoNumbers list(Path folder, Predicate<String> wanted) {
        CocoNumbers listed = new CocoNumbers();
        for (Path file : ImageFolder.files(folder)) {
            String name = file.getFileName().toString();
            OptionalLong number = wanted.test(name) ? of(TextLines.stem(name)) : OptionalLong.empty();
            if (number.isEmpty()) {
                listed.others.add(name);
                continue;
            }
            Path before = listed.files.put(number.getAsLong(), file);
            if (before != null) {
                throw new InvalidDataException(
                        file + ": is of image " + number.getAsLong() + " as " + before + " is; expected one of them");
            }
        }
        return listed;
    }

    /** The number in the name of an image without its extension. */
    static OptionalLong of(String stem) {
        Matcher matcher = NAME.matcher(stem);
        return matcher.matches() ? OptionalLong.of(Long.parseLong(matcher.group(1))) : OptionalLong.empty();
    }

    /** The file of a number, or null. */
    @Nullable
    Path find(long number) {
        return files.get(number);
    }

    /** Files by number, in the order of the numbers. */
    Map<Long, Path> files() {
        return files;
    }

    /** Names of what else lies in the folder. */
    List<String> others() {
        return others;
    }
}
