package dev.wsss.models.clip;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Files of the library's own jar. */
final class ClipResources {
    private ClipResources() {}

    static InputStream open(String name) {
        InputStream in = ClipResources.class.getResourceAsStream(name);
        if (in == null) {
            throw new IllegalStateException("the library's jar lacks " + name);
        }
        return in;
    }

    /** The lines of a text file but for those that begin with #. */
    static List<String> lines(String name) {
        try (InputStream in = open(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name + ": " + e.getMessage(), e);
        }
    }
}
