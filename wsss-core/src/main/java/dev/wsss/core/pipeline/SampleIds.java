package dev.wsss.core.pipeline;

import dev.wsss.api.Dataset;
import dev.wsss.api.InvalidDataException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Ids as relative file names. They come from outside and must not lead out of the folder, on any system. */
final class SampleIds {
    private static final String ILLEGAL = "<>:\"\\|?*";
    private static final int MAX_SEGMENT_BYTES = 200;
    private static final int MAX_BYTES = 1000;

    private SampleIds() {}

    /**
     * All ids, checked.
     *
     * @throws InvalidDataException if one cannot be a file name, or stands twice
     */
    static List<String> of(Dataset data) {
        List<String> ids = new ArrayList<>(data.size());
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < data.size(); i++) {
            String id = data.id(i);
            String fault = fault(id);
            if (fault != null) {
                throw new InvalidDataException("sample " + i + " of " + data.name() + " has the id '" + shown(id)
                        + "', which cannot be a file name: " + fault);
            }
            if (!seen.add(id)) {
                throw new InvalidDataException(
                        "sample " + i + " of " + data.name() + " has the id '" + id + "', which stands twice");
            }
            ids.add(id);
        }
        return List.copyOf(ids);
    }

    static @Nullable String fault(String id) {
        if (id.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            return "it has more than " + MAX_BYTES + " bytes";
        }
        for (String segment : id.split("/", -1)) {
            if (segment.isEmpty()) {
                return id.isEmpty() ? "it is empty" : "it begins or ends with '/' or holds '//'";
            }
            if (segment.startsWith(".")) {
                return "a part of it begins with '.'";
            }
            if (segment.endsWith(".") || segment.endsWith(" ")) {
                return "a part of it ends with '" + segment.charAt(segment.length() - 1) + "'";
            }
            if (segment.getBytes(StandardCharsets.UTF_8).length > MAX_SEGMENT_BYTES) {
                return "a part of it has more than " + MAX_SEGMENT_BYTES + " bytes";
            }
        }
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            if (Character.isISOControl(c)) {
                return "it holds the control character U+%04X".formatted((int) c);
            }
            if (ILLEGAL.indexOf(c) >= 0) {
                return "it holds '" + c + "'";
            }
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(id)) {
            return "it is not valid Unicode";
        }
        try {
            Path path = Path.of(id);
            return path.isAbsolute() ? "it is an absolute path" : null;
        } catch (InvalidPathException e) {
            return e.getReason();
        }
    }

    private static String shown(String id) {
        String cut = id.length() <= 120 ? id : id.substring(0, 120) + "...";
        return cut.replaceAll("\\p{Cntrl}", "\uFFFD");
    }
}
