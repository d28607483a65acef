package dev.wsss.core.pipeline;

import dev.wsss.api.RunManifest;
import dev.wsss.api.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Compares output folders. */
final class Folders {
    private Folders() {}

    /** SHA-256 of each file by relative path; the seconds, which may differ, are left out. */
    static SortedMap<String, String> hashes(Path root) {
        SortedMap<String, String> hashes = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root)) {
            files.filter(Files::isRegularFile).forEach(f -> {
                String name = root.relativize(f).toString();
                if (!name.equals(RunManifest.TIMINGS_FILE_NAME)) {
                    try {
                        hashes.put(name, Sha256.of(f));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return hashes;
    }
}
