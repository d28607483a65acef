package dev.wsss.datasets;

import ai.djl.util.Progress;
import dev.wsss.api.AtomicFile;
import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.Sha256;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The Semantic Boundaries Dataset as it was published, {@code benchmark_RELEASE}: masks of 11355 images of PASCAL VOC as
 * MAT files, most of them of images that VOC has no masks of.
 *
 * <pre>{@code
 * SbdRelease.open(Path.of("benchmark_RELEASE")).augment(Path.of("VOCdevkit/VOC2012"));
 * Dataset train = VocLayout.builder().setRoot(Path.of("VOCdevkit/VOC2012")).setSplit("train_aug").build();
 * }</pre>
 */
public final class SbdRelease {
    private static final MaskReader READER = MatFiles.masks(
            "GTcls", "Segmentation", value -> value < LabelSet.VOC.catalog().labelCount() ? value : -1, "0..20");

    private static final MaskReader OFFICIAL = MaskReader.of(LabelSet.VOC.catalog());

    private final Path folder;
    private final List<String> train;
    private final List<String> val;

    /**
     * What {@link #augment} wrote.
     *
     * @param list the file of the ids to train on
     * @param listed how many these are; 10582 of the complete datasets
     * @param fromSbd masks that are SBD's, which mark no border
     * @param fromVoc masks that are VOC's own
     */
    public record Augmented(Path list, int listed, int fromSbd, int fromVoc) {}

    private SbdRelease(Path folder, List<String> train, List<String> val) {
        this.folder = folder;
        this.train = train;
        this.val = val;
    }

    /**
     * Reads the lists.
     *
     * @param root {@code benchmark_RELEASE}, or {@code dataset} in it
     * @throws InvalidDataException if there is no {@code cls}, {@code train.txt} or {@code val.txt}
     */
    public static SbdRelease open(Path root) {
        Path folder = Files.isDirectory(root.resolve("dataset")) ? root.resolve("dataset") : root;
        TextLines.requireFolder(folder.resolve("cls"), "SBD's masks, benchmark_RELEASE/dataset/cls");
        return new SbdRelease(folder, ids(folder.resolve("train.txt")), ids(folder.resolve("val.txt")));
    }

    private static List<String> ids(Path list) {
        return TextLines.read(list, "a list of ids").stream()
                .map(TextLines.Line::text)
                .toList();
    }

    /** The ids that SBD trains on. */
    public List<String> train() {
        return train;
    }

    /** The ids that SBD validates on; some of them VOC trains on, and the other way round. */
    public List<String> val() {
        return val;
    }

    /**
     * The labels of an image, 0 to 20 as {@link LabelSet#VOC} has them; no pixel is ignored.
     *
     * @throws InvalidDataException if there is no such mask, or it is damaged or of other values
     */
    public LabelMap labels(String id) {
        return READER.read(mask(id));
    }

    /**
     * Makes VOC's augmented training set as mmsegmentation does. To train on are the images of VOC's train and SBD's train
     * and val but for those of VOC's val. {@code SegmentationClassAug} gets the masks of all these and of VOC's val: VOC's own
     * where it has one, with their border of 255, else SBD's. The list is {@code ImageSets/SegmentationAug/train_aug.txt}. What
     * stood there is replaced, each file at once; the list is written last.
     *
     * @param voc the folder that holds {@code JPEGImages}, {@code SegmentationClass} and {@code ImageSets}
     * @throws InvalidDataException if a list, an image or a mask is missing or damaged; the message names the file
     */
    public Augmented augment(Path voc) {
        return augment(voc, true, Runtime.getRuntime().availableProcessors(), null);
    }

    /**
     * The same; without {@code overwrite} a run that was interrupted goes on where it was, as {@link CocoMasks} do, and masks
     * that came from elsewhere are refused.
     *
     * @param overwrite whether to make all masks again, whatever the folder holds
     * @param threads how many masks are made at a time, at least 1
     * @param progress is told of the masks done; may be null
     * @throws IllegalArgumentException unless {@code threads} is positive
     * @throws InvalidDataException as above, or if the folder holds something else and is not to be overwritten
     * @throws java.util.concurrent.CancellationException if the thread is interrupted
     */
    public Augmented augment(Path voc, boolean overwrite, int threads, @Nullable Progress progress) {
        Workers workers = new Workers(Workers.requireThreads(threads), progress);
        Path lists = voc.resolve("ImageSets/Segmentation");
        Set<String> all = new TreeSet<>(ids(lists.resolve("train.txt")));
        all.addAll(train);
        all.addAll(val);
        List<String> held = ids(lists.resolve("val.txt"));
        Set<String> listed = new TreeSet<>(all);
        held.forEach(listed::remove);
        all.addAll(held);
        ImageFolder images = ImageFolder.list(voc.resolve("JPEGImages"));
        for (String id : all) {
            if (images.byId(id, "augmented list") == null) {
                throw images.missing(id, "augmented list");
            }
        }
        int own = 0;
        List<MaskWriter.Item> items = new ArrayList<>();
        StringBuilder sources = new StringBuilder();
        for (String id : all) {
            Path official = voc.resolve("SegmentationClass/" + id + ".png");
            boolean isOwn = Files.isRegularFile(official);
            own += isOwn ? 1 : 0;
            Path source = isOwn ? official : mask(id);
            sources.append(id)
                    .append(' ')
                    .append(DatasetMasks.fingerprint(source))
                    .append('\n');
            items.add(new MaskWriter.Item(id, source.toString(), () -> (isOwn ? OFFICIAL : READER).read(source)));
        }
        Description made = Description.of("SbdRelease")
                .put("masks", Sha256.of(sources.toString()))
                .build();
        MaskExport written = new MaskWriter(
                        voc.resolve("SegmentationClassAug"),
                        made,
                        LabelSet.VOC.catalog().palette())
                .write("masks of SBD", items, List.of(), overwrite, workers);
        if (!written.failed().isEmpty()) {
            int others = written.failed().size() - 1;
            throw new InvalidDataException(written.failed().get(written.failed().firstKey())
                    + (others == 0 ? "" : " (and so of " + Counts.of(others, "other mask") + ")"));
        }
        Path list = voc.resolve("ImageSets/SegmentationAug/train_aug.txt");
        AtomicFile.write(list, String.join("\n", listed) + "\n");
        return new Augmented(list, listed.size(), all.size() - own, own);
    }

    private Path mask(String id) {
        return TextLines.inside(folder, "cls/" + id + ".mat", "id");
    }

    @Override
    public String toString() {
        return "SbdRelease[" + folder + ", " + train.size() + " and " + val.size() + " images]";
    }
}
