package dev.wsss.systems.look;

import dev.wsss.api.ImageFiles;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.api.RunManifest;
import dev.wsss.core.report.Overlay;
import dev.wsss.core.report.Report;
import dev.wsss.core.report.Strip;
import dev.wsss.core.report.StripFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Looks at photographs and leaves what it found in a folder.
 *
 * <pre>{@code
 * LookFolder.Outcome outcome = LookFolder.builder()
 *         .setLook(look)
 *         .setFolder(Path.of("look"))
 *         .optTags(ImageNetTags.of(List.of("dog", "sofa")))      // else the likeliest class of each photograph
 *         .build()
 *         .look(photos);
 * }</pre>
 *
 * <p>For each photograph there are PNGs of its reduced size, {@code NAME-map-of-dog.png}, {@code NAME-labels.png}, {@code
 * NAME-labels-with-CRF.png} and {@code NAME-supervised.png}; for all together {@code look.html}, a page that needs no other
 * file, and {@code look.json}, the same for programs. Photographs of one name get numbers. Files that lie there from before
 * are replaced where they have the same name, and left alone otherwise.
 *
 * <p>Photographs are turned as EXIF says. One that cannot be read is listed, and the others are looked at. Each is written
 * before the next is read: memory is that of one photograph and a few kilobytes for each, however many there are.
 *
 * <p>One thread at a time.
 */
public final class LookFolder {
    /** The page's name in the folder. */
    public static final String PAGE = "look.html";

    /** The name of the machine-readable summary. */
    public static final String JSON = "look.json";

    private final PhotoLook look;
    private final Path folder;
    private final @Nullable ImageNetTags tags;
    private final Listener listener;

    private LookFolder(Builder b, PhotoLook look, Path folder) {
        this.look = look;
        this.folder = folder;
        tags = b.tags;
        listener = b.listener;
    }

    /** Starts without tags. */
    public static Builder builder() {
        return new Builder();
    }

    /** Is told of each photograph in their order. */
    public interface Listener {
        /** A photograph was looked at; its pictures are written. */
        default void looked(Path photo, LookSummary summary) {}

        /** A photograph was left out. */
        default void failed(Path photo, String reason) {}
    }

    /**
     * What came of all photographs.
     *
     * @param looks of those that could be looked at, at least one
     * @param failures the others
     */
    public record Outcome(List<LookSummary> looks, List<RunManifest.Failure> failures) {
        public Outcome {
            looks = List.copyOf(looks);
            failures = List.copyOf(failures);
        }
    }

    /**
     * Looks at photographs, of any format that {@link ImageFiles} reads.
     *
     * @throws InvalidDataException if none of them can be read, and if the network gives numbers that are not finite
     * @throws UncheckedIOException naming the file, if one cannot be written
     * @throws IllegalArgumentException as {@link PhotoLook#look(RgbImage)}
     */
    public Outcome look(List<Path> photos) {
        List<LookSummary> looks = new ArrayList<>();
        List<RunManifest.Failure> failures = new ArrayList<>();
        FileNames names = new FileNames();
        FileNames files = new FileNames();
        LookPictures pictures = new LookPictures();
        try (StripFile strips = StripFile.in(folder)) {
            for (Path photo : photos) {
                RgbImage image;
                try {
                    image = ImageFiles.readUpright(photo);
                } catch (InvalidDataException e) {
                    String reason = String.valueOf(e.getMessage());
                    failures.add(new RunManifest.Failure(photo.toString(), "reading", reason));
                    listener.failed(photo, reason);
                    continue;
                }
                Look found = tags == null ? look.look(image) : look.look(image, tags.tags());
                String name = names.free(String.valueOf(photo.getFileName()), "");
                LookSummary summary = write(name, found, pictures.of(found), files, strips);
                looks.add(summary);
                listener.looked(photo, summary);
            }
            if (looks.isEmpty()) {
                throw new InvalidDataException(nothing(failures));
            }
            page(looks.size(), pictures, failures, strips).write(folder.resolve(PAGE));
        }
        LookJson.write(folder.resolve(JSON), looks, failures, tags);
        return new Outcome(looks, failures);
    }

    private static String nothing(List<RunManifest.Failure> failures) {
        return switch (failures.size()) {
            case 0 -> "expected at least one photograph, got none";
            case 1 -> failures.get(0).reason();
            default ->
                "none of the " + failures.size() + " photographs can be read; the first: "
                        + failures.get(0).reason();
        };
    }

    private LookSummary write(
            String name, Look found, Map<String, RgbImage> pictures, FileNames files, StripFile strips) {
        Map<String, String> written = new LinkedHashMap<>();
        pictures.forEach((caption, picture) -> {
            String file = files.free(name + "-" + FileNames.plain(caption), ".png");
            Overlay.writePng(folder.resolve(file), picture);
            written.put(caption, file);
        });
        LookSummary summary = LookSummary.of(name, found, tags, written);
        List<Strip.Panel> panels = new ArrayList<>();
        panels.add(new Strip.Panel("photograph", found.image(), false));
        pictures.forEach((caption, picture) -> panels.add(new Strip.Panel(caption, picture, false)));
        strips.add(new Strip(name, note(summary), panels));
        return summary;
    }

    private static String note(LookSummary summary) {
        String likeliest = summary.likeliest().stream()
                .map(each -> String.format(Locale.ROOT, "%s %.2f", each.name(), each.probability()))
                .collect(Collectors.joining(", "));
        return Stream.concat(Stream.of(likeliest), summary.remarks().stream()).collect(Collectors.joining("; "));
    }

    private Report page(int looks, LookPictures pictures, List<RunManifest.Failure> failures, StripFile strips) {
        Report.Builder report = Report.builder()
                .setTitle("What the network sees")
                .setClasses(pictures.legend())
                .optSubtitle("Class activation maps of a classifier of ImageNet, without training")
                .fact("photographs", Integer.toString(looks))
                .failures(failures)
                .strips(strips);
        if (tags != null) {
            tags.warnings().forEach(report::warning);
        }
        return report.build();
    }

    /** What is looked at, and where the outcome goes: look and folder are required. */
    public static final class Builder {
        private @Nullable PhotoLook look;
        private @Nullable Path folder;
        private @Nullable ImageNetTags tags;
        private Listener listener = new Listener() {};

        private Builder() {}

        /** How photographs are looked at. Required. */
        public Builder setLook(PhotoLook look) {
            this.look = look;
            return this;
        }

        /** Where the files go; made when the first photograph has been looked at. Required. */
        public Builder setFolder(Path folder) {
            this.folder = folder;
            return this;
        }

        /** The tags of all photographs; without, each has the classes that the network holds likeliest. */
        public Builder optTags(ImageNetTags tags) {
            this.tags = tags;
            return this;
        }

        /** Who is told while it goes on. */
        public Builder optListener(Listener listener) {
            this.listener = listener;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if look or folder is not set
         */
        public LookFolder build() {
            PhotoLook l = look;
            Path f = folder;
            if (l == null || f == null) {
                throw new IllegalStateException((l == null ? "setLook" : "setFolder") + " is required");
            }
            return new LookFolder(this, l, f);
        }
    }
}
