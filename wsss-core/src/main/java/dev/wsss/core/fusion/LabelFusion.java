package dev.wsss.core.fusion;

import dev.wsss.api.AtomicFile;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.core.image.Resize;
import dev.wsss.core.pipeline.LabelFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes one folder of pseudo labels of several.
 *
 * <pre>{@code
 * FusionResult result = LabelFusion.builder()
 *         .setClasses(classes)
 *         .addSource(FusionSource.of(Path.of("eps")))
 *         .addSource(FusionSource.of(Path.of("rib")))
 *         .addSource(FusionSource.of(Path.of("a2gnn")).ignoring(254))
 *         .optMethod(FusionMethod.CREDIBILITY)
 *         .build()
 *         .run(Path.of("fused"));
 * LabelFolder labels = new LabelFolder(result.labels(), classes);
 * }</pre>
 *
 * <p>The folder gets {@code labels/<id>.png}, {@code agreement/<id>.png} (0 to 100 percent, 255 where no source has a label) and
 * {@code fusion.json}. All maps are read, and checked, before the first file is written. An image that some source lacks is
 * decided by the others; it is counted and named, and so is one that cannot be fused because a file is damaged, has another size
 * than the first source's, or holds a value that is no label. Where either are too many, nothing is written.
 */
public final class LabelFusion {
    private static final String LABELS = "labels";
    private static final String AGREEMENT = "agreement";

    private final ClassCatalog classes;
    private final List<FusionSource> sources;
    private final List<LabelFolder> folders;
    private final FusionMethod method;
    private final double minShare;
    private final boolean resize;
    private final double allowLeftOut;
    private final boolean overwrite;
    private final @Nullable List<String> ids;

    private LabelFusion(Builder b, ClassCatalog classes) {
        this.classes = classes;
        sources = List.copyOf(b.sources);
        folders =
                sources.stream().map(s -> new LabelFolder(s.folder(), classes)).toList();
        method = b.method;
        minShare = b.minShare;
        resize = b.resize;
        allowLeftOut = b.allowLeftOut;
        overwrite = b.overwrite;
        ids = b.ids;
    }

    /** Starts a fusion. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Fuses all images and writes the result.
     *
     * @param out the folder; new or empty, unless it holds a former fusion that is to be overwritten
     * @throws InvalidDataException if a source has no files, too many images lack a file or cannot be fused, or the folder holds
     *     something else or lies about a source; the message names the source, the first image and how many there are
     * @throws UncheckedIOException if a file cannot be written
     */
    public FusionResult run(Path out) {
        requireApart(out);
        requireFree(out);
        Map<String, List<String>> missing = new LinkedHashMap<>();
        List<String> all = images(missing);
        Map<String, String> failed = new TreeMap<>();
        LabelPatterns patterns = count(all, failed);
        requireFew(
                failed.size(),
                all.size(),
                "cannot be fused, the first because "
                        + (failed.isEmpty() ? "" : failed.values().iterator().next()));
        if (patterns.pixels() == patterns.counts().getOrDefault(nothing(), 0L)) {
            throw new InvalidDataException(
                    "no pixel of " + all.size() + " images has a label of any of " + sources + "; expected some");
        }
        Credibility credibility = sources.size() < 3 ? null : Credibility.estimate(patterns, classes.labelCount());
        LabelFuser fuser = credibility != null && method == FusionMethod.CREDIBILITY
                ? LabelFuser.of(credibility)
                : LabelFuser.vote(
                        sources.stream().mapToDouble(FusionSource::weight).toArray());
        List<String> made = all.stream().filter(id -> !failed.containsKey(id)).toList();
        begin(out);
        long ignored = write(out, made, fuser.withMinShare(minShare));
        FusionResult result = new FusionResult(
                out.resolve(LABELS),
                out.resolve(AGREEMENT),
                classes,
                sources,
                method,
                made,
                missing,
                failed,
                patterns,
                credibility,
                ignored);
        AtomicFile.write(out.resolve(FusionResult.FILE), result.toJson());
        return result;
    }

    /** The tuple of a pixel that no source labels. */
    private long nothing() {
        long tuple = 0;
        for (int s = 0; s < sources.size(); s++) {
            tuple |= (long) LabelMap.IGNORE << (8 * s);
        }
        return tuple;
    }

    private void requireApart(Path out) {
        Path mine = out.toAbsolutePath().normalize();
        for (FusionSource source : sources) {
            Path theirs = source.folder().toAbsolutePath().normalize();
            if (theirs.startsWith(mine) || mine.startsWith(theirs)) {
                throw new InvalidDataException(out + ": the folder to write and the source '" + source.name() + "' ("
                        + source.folder() + ") lie in each other; expected another folder");
            }
        }
    }

    private void requireFree(Path out) {
        if (!Files.exists(out)) {
            return;
        }
        boolean former = Files.exists(out.resolve(FusionResult.FILE));
        try (Stream<Path> entries = Files.list(out)) {
            if (entries.findAny().isPresent() && !(former && overwrite)) {
                throw new InvalidDataException(
                        out + (former ? ": holds a fusion; expected" : ": is not empty; expected") + " a new folder"
                                + (former ? ", or leave to overwrite" : ""));
            }
        } catch (IOException e) {
            throw new InvalidDataException(out + ": cannot be listed (" + e + "); expected a new folder", e);
        }
    }

    /** Images to fuse, ascending or as listed, and those that each source lacks. */
    private List<String> images(Map<String, List<String>> missing) {
        List<Set<String>> there = new ArrayList<>();
        for (int s = 0; s < sources.size(); s++) {
            List<String> names = folders.get(s).ids();
            if (names.isEmpty()) {
                throw new InvalidDataException(sources.get(s).folder() + ": source '"
                        + sources.get(s).name() + "' has no *.png file; expected label PNGs");
            }
            there.add(new LinkedHashSet<>(names));
        }
        Set<String> union = new TreeSet<>();
        there.forEach(union::addAll);
        Set<String> meant = ids == null ? union : new LinkedHashSet<>(ids);
        for (int s = 0; s < sources.size(); s++) {
            Set<String> has = there.get(s);
            List<String> lacks = meant.stream().filter(id -> !has.contains(id)).toList();
            missing.put(sources.get(s).name(), lacks);
            requireFew(
                    lacks.size(),
                    meant.size(),
                    "have no labels of source '" + sources.get(s).name() + "', such as '"
                            + (lacks.isEmpty() ? "" : lacks.get(0)) + "': "
                            + sources.get(s).folder() + " has "
                            + has.size() + " files");
        }
        return meant.stream().filter(union::contains).toList();
    }

    private void requireFew(int count, int of, String what) {
        if (count > allowLeftOut * of) {
            throw new InvalidDataException(String.format(
                    Locale.ROOT,
                    "%d of %d images (%.1f %%) %s; expected at most %s %%; allow more images to be left out, if that is meant",
                    count,
                    of,
                    100.0 * count / of,
                    what,
                    String.format(Locale.ROOT, "%.1f", 100 * allowLeftOut).replaceAll("\\.0$", "")));
        }
    }

    private LabelPatterns count(List<String> images, Map<String, String> failed) {
        LabelPatterns patterns = new LabelPatterns(sources.size());
        IntStream.range(0, images.size()).parallel().forEach(i -> {
            LabelPatterns of = new LabelPatterns(sources.size());
            String fault = null;
            try {
                of.add(read(images.get(i)));
            } catch (InvalidDataException e) {
                fault = String.valueOf(e.getMessage());
            }
            synchronized (patterns) {
                if (fault == null) {
                    patterns.merge(of);
                } else {
                    failed.put(images.get(i), fault);
                }
            }
        });
        return patterns;
    }

    /** The map of each source, of one size and of labels alone. */
    private List<@Nullable LabelMap> read(String id) {
        List<@Nullable LabelMap> maps = new ArrayList<>();
        LabelMap first = null;
        String from = "";
        for (int s = 0; s < sources.size(); s++) {
            FusionSource source = sources.get(s);
            if (folders.get(s).missing(id).isPresent()) {
                maps.add(null);
                continue;
            }
            String file = folders.get(s).file(id) + " of source '" + source.name() + "'";
            LabelMap map = source.translate(folders.get(s).values(id));
            map.requireLabels(file, classes);
            if (first == null) {
                first = map;
                from = source.name();
            } else if (map.height() != first.height() || map.width() != first.width()) {
                if (!resize) {
                    throw new InvalidDataException(file + ": labels are " + map.height() + "x" + map.width()
                            + "; expected " + first.height() + "x" + first.width() + " as of source '" + from
                            + "', or leave to resize");
                }
                map = Resize.PIL_NEAREST.apply(map, first.height(), first.width());
            }
            maps.add(map);
        }
        return maps;
    }

    /** Leaves a trace by which the next run knows the folder, and nothing of a former fusion. */
    private void begin(Path out) {
        AtomicFile.write(out.resolve(FusionResult.FILE), "{\"complete\": false}\n");
        for (String part : List.of(LABELS, AGREEMENT)) {
            Path folder = out.resolve(part);
            if (Files.isDirectory(folder)) {
                LabelFolder former = new LabelFolder(folder, classes);
                for (String id : former.ids()) {
                    try {
                        Files.delete(former.file(id));
                    } catch (IOException e) {
                        throw new UncheckedIOException(former.file(id) + ": cannot be deleted (" + e + ")", e);
                    }
                }
            }
        }
    }

    /** Writes labels and agreement; number of pixels without a label. */
    private long write(Path out, List<String> images, LabelFuser fuser) {
        int[] grey = IntStream.range(0, 256)
                .map(v -> v > 100 ? 0xFF0000 : v * 255 / 100 * 0x010101)
                .toArray();
        return images.parallelStream()
                .mapToLong(id -> {
                    FusedLabels fused = fuser.fuse(read(id));
                    LabelPng.write(out.resolve(LABELS).resolve(id + ".png"), fused.labels(), classes);
                    LabelPng.write(out.resolve(AGREEMENT).resolve(id + ".png"), fused.agreement(), grey);
                    return fused.labels().histogram()[LabelMap.IGNORE];
                })
                .sum();
    }

    @Override
    public String toString() {
        return "LabelFusion[" + method + " of " + sources + "]";
    }

    /** What to fuse: the classes and at least two sources are required. */
    public static final class Builder {
        private @Nullable ClassCatalog classes;
        private final List<FusionSource> sources = new ArrayList<>();
        private FusionMethod method = FusionMethod.VOTE;
        private double minShare;
        private boolean resize;
        private double allowLeftOut = 0.05;
        private boolean overwrite;
        private @Nullable List<String> ids;

        private Builder() {}

        /** The meaning of the values of all sources. */
        public Builder setClasses(ClassCatalog classes) {
            this.classes = classes;
            return this;
        }

        /**
         * Adds a source, of 2 to 8.
         *
         * @throws IllegalArgumentException if there is one of its name, or there are too many
         */
        public Builder addSource(FusionSource source) {
            if (sources.stream().anyMatch(s -> s.name().equals(source.name()))) {
                throw new IllegalArgumentException(
                        "there are two sources called '" + source.name() + "'; expected a name of its own for each");
            }
            if (sources.size() == LabelPatterns.MAX_SOURCES) {
                throw new IllegalArgumentException("expected at most " + LabelPatterns.MAX_SOURCES + " sources");
            }
            sources.add(source);
            return this;
        }

        /** How pixels are decided; {@link FusionMethod#VOTE} unless set. */
        public Builder optMethod(FusionMethod method) {
            this.method = method;
            return this;
        }

        /**
         * The share, or probability, that a winner needs, or else the pixel is {@link LabelMap#IGNORE}; 0 unless set. Ties are
         * always.
         *
         * @throws IllegalArgumentException if it is not in [0, 1]
         */
        public Builder optMinShare(double share) {
            if (!(share >= 0 && share <= 1)) {
                throw new IllegalArgumentException("the winner's least share must be in [0, 1], got " + share);
            }
            minShare = share;
            return this;
        }

        /** Whether maps of another size than the first source's are resized to it, nearest as Pillow; off unless set. */
        public Builder optResize(boolean on) {
            resize = on;
            return this;
        }

        /**
         * The share of images that a source may lack, and the share that may not be fused; 0.05 unless set.
         *
         * @throws IllegalArgumentException if it is not in [0, 1]
         */
        public Builder optAllowLeftOut(double share) {
            if (!(share >= 0 && share <= 1)) {
                throw new IllegalArgumentException("share of images left out must be in [0, 1], got " + share);
            }
            allowLeftOut = share;
            return this;
        }

        /** Whether a former fusion in the folder may be replaced; off unless set. */
        public Builder optOverwrite(boolean on) {
            overwrite = on;
            return this;
        }

        /** The images that are meant, in place of all that a source has. */
        public Builder optIds(List<String> ids) {
            this.ids = List.copyOf(ids);
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if something required is not set, or {@link FusionMethod#CREDIBILITY} has less than three
         *     sources or weights, which it does not use
         */
        public LabelFusion build() {
            ClassCatalog c = classes;
            if (c == null || sources.size() < 2) {
                throw new IllegalStateException(c == null ? "setClasses is required" : "addSource is required, twice");
            }
            if (method == FusionMethod.CREDIBILITY) {
                if (sources.size() < 3) {
                    throw new IllegalStateException("CREDIBILITY needs at least 3 sources, got " + sources.size()
                            + ": where two differ, nothing tells which is right");
                }
                sources.stream().filter(s -> s.weight() != 1).findFirst().ifPresent(s -> {
                    throw new IllegalStateException("source '" + s.name() + "' has the weight " + s.weight()
                            + ", which CREDIBILITY does not use; expected VOTE");
                });
            }
            return new LabelFusion(this, c);
        }
    }
}
