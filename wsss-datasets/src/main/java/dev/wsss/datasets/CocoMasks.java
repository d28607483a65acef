package dev.wsss.datasets;

import ai.djl.util.Progress;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.Sha256;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Turns COCO's instances file into label PNGs, as the masks that COCO 2014 is trained and evaluated on were made.
 *
 * <pre>{@code
 * MaskExport masks = CocoMasks.builder()
 *         .setInstances(Path.of("annotations/instances_val2014.json"))
 *         .setOut(Path.of("SegmentationClass/val2014"))
 *         .optRule(OverlapRule.SMALLEST_ON_TOP)
 *         .build()
 *         .run();
 * }</pre>
 *
 * <p>The PNGs are of 8 bits and palette, in VOC's colours. Values are the labels of {@link CocoInstances#categories}: 0 for
 * the background, and the rank of a class from 1, so that of COCO's ids 1 to 90 come 1 to 80. Crowd regions are painted as
 * their class. No pixel is 255: none of the published converters writes it unless asked for borders.
 *
 * <p>coco2voc, to which AFA points, is {@link OverlapRule#SMALLEST_ON_TOP}, {@link CocoNames#ID}, {@link
 * Builder#optPublishedIds raw ids} and {@link Builder#optSkipUnannotated no file for images without annotation}; wseg is {@link
 * OverlapRule#LAST_ON_TOP}. Which of them made the archive {@code coco_seg_anno}, that RIB, AFA, CLIP-ES and CDL link, is not known.
 *
 * <p>A run that was interrupted goes on where it was: {@code wsss-masks.json} in the folder says what its masks are made of,
 * and intact ones are kept. A folder of other settings or another file is refused.
 */
public final class CocoMasks {
    /** Largest id that is a value of a mask and not 255. */
    private static final long MAX_VALUE = LabelMap.IGNORE - 1;

    private final Path instances;
    private final Path out;
    private final OverlapRule rule;
    private final CocoNames names;
    private final boolean publishedIds;
    private final boolean skipUnannotated;
    private final @Nullable Path list;
    private final @Nullable Consumer<String> broken;
    private final boolean overwrite;
    private final Workers workers;

    private CocoMasks(Builder builder, Path instances, Path out) {
        this.instances = instances;
        this.out = out;
        rule = builder.rule;
        names = builder.names;
        publishedIds = builder.publishedIds;
        skipUnannotated = builder.skipUnannotated;
        list = builder.list;
        broken = builder.broken;
        overwrite = builder.overwrite;
        workers = new Workers(builder.threads, builder.progress);
    }

    /** A new builder. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Reads the file and writes the masks that are not there yet.
     *
     * @throws InvalidDataException if the file is refused, as {@link CocoInstances#open}; an image's name leads out of the
     *     folder or is another's too; the list names an unknown image; an id is no value of a mask; or the folder holds
     *     something else. The message names file and id
     * @throws java.io.UncheckedIOException if the folder cannot be written
     * @throws java.util.concurrent.CancellationException if the thread is interrupted
     */
    public MaskExport run() {
        CocoInstances coco = broken == null ? CocoInstances.open(instances) : CocoInstances.open(instances, broken);
        byte @Nullable [] values = publishedIds ? valueOfLabel(coco) : null;
        List<MaskWriter.Item> items = new ArrayList<>();
        List<String> left = new ArrayList<>();
        for (CocoImage image : CocoChoice.of(coco, list)) {
            String name = names.of(image);
            if (skipUnannotated && coco.annotations(image.id()).isEmpty()) {
                left.add(name);
                continue;
            }
            items.add(new MaskWriter.Item(
                    name,
                    instances + ": image " + image.id(),
                    () -> values(coco.toLabelMap(image.id(), rule), values)));
        }
        return new MaskWriter(out, description(), ClassCatalog.vocPalette())
                .write("masks of " + instances.getFileName(), items, left, overwrite, workers);
    }

    private Description description() {
        String hash;
        try {
            hash = Sha256.of(instances);
        } catch (NoSuchFileException e) {
            throw new InvalidDataException(instances + ": no such file; expected " + CocoJson.EXPECTED, e);
        } catch (IOException e) {
            throw new InvalidDataException(instances + ": cannot be read (" + e + ")", e);
        }
        return Description.of("CocoMasks")
                .put("instances", hash)
                .put("rule", rule)
                .put("names", names)
                .put("publishedIds", publishedIds)
                .put("skipUnannotated", skipUnannotated)
                .put("skipBroken", broken != null)
                .build();
    }

    /** The value of each label. */
    private byte[] valueOfLabel(CocoInstances coco) {
        byte[] values = new byte[coco.categories().labelCount()];
        for (int tag = 0; tag < coco.categories().tagCount(); tag++) {
            long id = coco.categoryId(tag);
            if (id < 1 || id > MAX_VALUE) {
                throw new InvalidDataException(instances + ": category '"
                        + coco.categories().tagNames().get(tag) + "' has id " + id + "; expected 1.." + MAX_VALUE
                        + ", for ids are to be the values of masks");
            }
            values[coco.categories().labelOfTag(tag)] = (byte) id;
        }
        return values;
    }

    private static LabelMap values(LabelMap labels, byte @Nullable [] values) {
        if (values == null) {
            return labels;
        }
        byte[] pixels = labels.toArray();
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = values[pixels[i] & 255];
        }
        return LabelMap.wrap(labels.height(), labels.width(), pixels);
    }

    /** Says what to convert, and how; file and folder are required. */
    public static final class Builder {
        private @Nullable Path instances;
        private @Nullable Path out;
        private OverlapRule rule = OverlapRule.SMALLEST_ON_TOP;
        private CocoNames names = CocoNames.STEM;
        private boolean publishedIds;
        private boolean skipUnannotated;
        private @Nullable Path list;
        private @Nullable Consumer<String> broken;
        private boolean overwrite;
        private int threads = Runtime.getRuntime().availableProcessors();
        private @Nullable Progress progress;

        private Builder() {}

        /** COCO's {@code instances_*.json}. */
        public Builder setInstances(Path file) {
            instances = file;
            return this;
        }

        /** The folder of the label PNGs, which is made if need be. */
        public Builder setOut(Path folder) {
            out = folder;
            return this;
        }

        /** Which object a pixel shows where several overlap; {@link OverlapRule#SMALLEST_ON_TOP} unless set. */
        public Builder optRule(OverlapRule rule) {
            this.rule = rule;
            return this;
        }

        /** How the files are called; {@link CocoNames#STEM} unless set. */
        public Builder optNames(CocoNames names) {
            this.names = names;
            return this;
        }

        /** Whether values are COCO's own ids, 1 to 90, and not ranks; default false. */
        public Builder optPublishedIds(boolean publishedIds) {
            this.publishedIds = publishedIds;
            return this;
        }

        /** Whether images without annotation get no file, instead of one of background alone; default false. */
        public Builder optSkipUnannotated(boolean skip) {
            skipUnannotated = skip;
            return this;
        }

        /**
         * A list of the images that are meant, in place of all: an id, a {@code file_name} with or without extension, or a
         * path that ends in one, in the first word of each line. It is no part of what a folder is known by, so that another
         * list adds to it.
         */
        public Builder optImages(Path list) {
            this.list = list;
            return this;
        }

        /**
         * Leaves out the images and annotations of which something is wrong, where the file would be refused otherwise.
         *
         * @param problems takes one sentence for each
         */
        public Builder optSkipBroken(Consumer<String> problems) {
            broken = problems;
            return this;
        }

        /**
         * Whether to make all masks again, whatever the folder holds; default false. Files of other names stay. A run that
         * was interrupted at this begins again.
         */
        public Builder optOverwrite(boolean overwrite) {
            this.overwrite = overwrite;
            return this;
        }

        /**
         * How many masks are made at a time; as many as there are processors unless set. The masks are the same.
         *
         * @throws IllegalArgumentException unless it is positive
         */
        public Builder optThreads(int threads) {
            this.threads = Workers.requireThreads(threads);
            return this;
        }

        /** Is told of the masks done, never from two threads at once. */
        public Builder optProgress(Progress progress) {
            this.progress = progress;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if file or folder were not set
         */
        public CocoMasks build() {
            if (instances == null || out == null) {
                throw new IllegalStateException((instances == null ? "setInstances" : "setOut") + " is required");
            }
            return new CocoMasks(this, instances, out);
        }
    }
}
