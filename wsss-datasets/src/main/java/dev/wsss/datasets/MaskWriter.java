package dev.wsss.datasets;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import dev.wsss.api.AtomicFile;
import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Fills a folder with label PNGs. A small file beside them says what they are made of: a run of the same settings goes on
 * where another ended, and one of others is refused.
 */
final class MaskWriter {
    static final String MANIFEST = "wsss-masks.json";

    private static final Gson GSON =
            new GsonBuilder().disableHtmlEscaping().setPrettyPrinting().create();

    /**
     * A label PNG to be made.
     *
     * @param name without extension, with slashes where it lies in a folder
     * @param origin what names it, for errors
     * @param labels makes the map; called from any thread, and only if there is no such file yet
     */
    record Item(String name, String origin, Supplier<LabelMap> labels) {}

    /**
     * What the folder says of its masks.
     *
     * @param made settings by name; null where a file lacks them
     * @param replacing whether a run that makes all again has not ended
     */
    private record Manifest(@Nullable Map<String, String> made, boolean replacing) {}

    private final Path folder;
    private final Description made;
    private final int[] palette;

    /**
     * @param made all that the labels depend on
     * @param palette 256 colours, as 0xRRGGBB
     */
    MaskWriter(Path folder, Description made, int[] palette) {
        this.folder = folder;
        this.made = made;
        this.palette = palette;
    }

    /**
     * Makes what is not there yet.
     *
     * @param left names of images that are left out, for the result
     * @throws InvalidDataException if a name leads out of the folder or stands twice, or the folder holds something else
     * @throws UncheckedIOException if the folder cannot be written
     */
    MaskExport write(String title, List<Item> items, List<String> left, boolean overwrite, Workers workers) {
        List<Path> targets = targets(items);
        boolean anew = prepare(overwrite);
        AtomicInteger written = new AtomicInteger();
        AtomicInteger kept = new AtomicInteger();
        SortedMap<String, String> failed = new ConcurrentSkipListMap<>();
        workers.forEach(title, items.size(), i -> {
            if (!anew && isWhole(targets.get(i))) {
                kept.incrementAndGet();
                return;
            }
            try {
                LabelPng.write(targets.get(i), items.get(i).labels.get(), palette);
                written.incrementAndGet();
            } catch (InvalidDataException e) {
                failed.put(items.get(i).name, String.valueOf(e.getMessage()));
                if (anew) {
                    delete(targets.get(i)); // what is there is of an earlier run, and would be kept by the next
                }
            }
        });
        if (anew) {
            writeManifest(false);
        }
        return new MaskExport(written.get(), kept.get(), left, failed);
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be deleted (" + e + ")", e);
        }
    }

    private List<Path> targets(List<Item> items) {
        List<Path> targets = new ArrayList<>(items.size());
        Map<Path, String> origins = new HashMap<>();
        for (Item item : items) {
            Path target = TextLines.inside(folder, item.name + ".png", item.origin);
            String before = origins.putIfAbsent(target, item.origin);
            if (before != null) {
                throw new InvalidDataException(item.origin + ": would be written to " + target + ", as " + before
                        + " would; expected each image under a name of its own");
            }
            targets.add(target);
        }
        return targets;
    }

    /** Whether a file is there and intact; a write that was interrupted leaves none, but a copy of the folder may. */
    private static boolean isWhole(Path file) {
        if (!Files.exists(file)) {
            return false;
        }
        try {
            LabelPng.read(file);
            return true;
        } catch (InvalidDataException e) {
            return false;
        }
    }

    /**
     * Makes the folder one of these settings.
     *
     * @return whether what is in it has to be made again
     */
    private boolean prepare(boolean overwrite) {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new InvalidDataException(folder + ": is a file; expected a folder, which need not exist");
        }
        Path manifest = folder.resolve(MANIFEST);
        boolean anew = overwrite;
        if (Files.exists(manifest)) {
            if (!overwrite) {
                anew = readManifest(manifest);
            }
        } else if (!overwrite) {
            requireEmpty();
        }
        writeManifest(anew);
        return anew;
    }

    private void requireEmpty() {
        if (!Files.isDirectory(folder)) {
            return;
        }
        List<String> others;
        try (Stream<Path> files = Files.list(folder)) {
            others = files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith("."))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be listed (" + e + ")", e);
        }
        if (!others.isEmpty()) {
            throw new InvalidDataException(folder + ": holds " + Counts.names(others) + " and no " + MANIFEST
                    + " that says what they are made of; expected an empty folder, one of an earlier run, or leave to"
                    + " overwrite");
        }
    }

    /**
     * Refuses a folder of other settings.
     *
     * @return whether a run that was to make all again has not ended
     */
    private boolean readManifest(Path manifest) {
        @Nullable Manifest there;
        String why = "it lacks a part";
        try {
            there = GSON.fromJson(
                    TextLines.text(manifest, "what the label PNGs beside it are made of"), Manifest.class);
        } catch (JsonParseException e) {
            there = null;
            why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        }
        if (there == null || there.made == null) {
            throw new InvalidDataException(manifest + ": does not say what the label PNGs beside it are made of (" + why
                    + "); expected the file of an earlier run, or leave to overwrite");
        }
        List<String> differences = Description.differences(there.made, settings());
        if (!differences.isEmpty()) {
            throw new InvalidDataException(folder + ": its label PNGs are made otherwise: "
                    + String.join(", ", differences) + "; expected the same, another folder, or leave to overwrite");
        }
        return there.replacing;
    }

    private SortedMap<String, String> settings() {
        SortedMap<String, String> settings = made.under("");
        settings.put("kind", made.kind());
        return settings;
    }

    private void writeManifest(boolean replacing) {
        Manifest manifest = new Manifest(settings(), replacing);
        AtomicFile.write(folder.resolve(MANIFEST), GSON.toJson(manifest) + "\n");
    }
}
