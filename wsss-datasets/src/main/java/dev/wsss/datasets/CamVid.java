package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * CamVid with 11 classes in the layout of the SegNet tutorial: a folder with lists ({@code train.txt}, {@code val.txt},
 * {@code test.txt}) whose lines name an image and its mask, relative to the folder or with the tutorial's prefix {@code
 * /SegNet/CamVid/}.
 *
 * <p>There is no background; masks hold 0 to 10, and 11 for void, which becomes {@link LabelMap#IGNORE}.
 *
 * <p>CamVid has no tags of its own. They are derived from the masks once, when the dataset is opened, by the any-pixel
 * rule that CARB's {@code labels.npy} follows: a class is present when one pixel carries it. After that, masks are
 * reached only through {@link #truth}.
 */
public final class CamVid extends FileDataset {
    /** The 11 classes, in SegNet's order and colours. */
    public static final ClassCatalog CLASSES = LabelSet.CAMVID.catalog();

    private static final String PREFIX = "/SegNet/CamVid/";
    static final String EXPECTED = "CamVid in the SegNet tutorial's layout";

    private static final MaskReader READER = MaskReader.ofStored(LabelSet.CAMVID);

    private CamVid(String name, List<Entry> entries, Source source) {
        super(name, CLASSES, entries, source);
    }

    /**
     * Reads the list of a split, and the masks for their tags.
     *
     * @param root the folder that holds the lists
     * @param split the list's name without extension: {@code train}, {@code val} or {@code test}
     * @throws InvalidDataException if the folder, the list or a listed file is missing, a path leads out of the folder,
     *     an id stands twice, or a mask cannot be read; the message names the file and line
     */
    public static CamVid open(Path root, String split) {
        TextLines.requireFolder(root, EXPECTED);
        return open(root, split, TextLines.inside(root, split + ".txt", "split"), false);
    }

    /**
     * As {@link #open(Path, String)}, of a list under another name.
     *
     * @param kept whether what is missing or damaged is kept for a check to tell of
     */
    static CamVid open(Path root, String split, Path list, boolean kept) {
        Gaps gaps = new Gaps(kept);
        TextLines.requireFolder(root, EXPECTED);
        List<Entry> entries = new ArrayList<>();
        for (TextLines.Line line : TextLines.read(list, "the list of split '" + split + "'")) {
            String[] tokens = line.text().split("\\s+");
            if (tokens.length != 2) {
                throw new InvalidDataException(
                        line.origin() + ": is '" + line.text() + "'; expected the paths of an image and its mask");
            }
            String id = TextLines.stem(tokens[0]);
            if (!kept) {
                Path mask = TextLines.resolve(root, strip(tokens[1]), line.origin());
                ImageTags tags = ImageTags.anyPixel(CLASSES, READER.read(mask));
                Path image = TextLines.resolve(root, strip(tokens[0]), line.origin());
                entries.add(new Entry(id, image, mask, () -> tags, line.origin()));
                continue;
            }
            Path image = TextLines.inside(root, strip(tokens[0]), line.origin());
            if (!Files.isRegularFile(image)) {
                gaps.image(
                        id,
                        new InvalidDataException(
                                line.origin() + ": names '" + tokens[0] + "', but there is no file " + image));
            }
            Path mask = TextLines.inside(root, strip(tokens[1]), line.origin());
            entries.add(new Entry(
                    id, image, mask, MaskTags.of(CLASSES, READER, mask, id, line.origin(), false), line.origin()));
        }
        return new CamVid(
                "camvid/" + split,
                entries,
                new Source(
                        TextLines.within(root, list),
                        "those of the list, from which the tags come",
                        READER,
                        false,
                        gaps,
                        List.of()));
    }

    private static String strip(String path) {
        return path.startsWith(PREFIX) ? path.substring(PREFIX.length()) : path;
    }
}
