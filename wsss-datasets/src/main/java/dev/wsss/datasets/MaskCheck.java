package dev.wsss.datasets;

import dev.wsss.api.ImageFiles;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Looks at some masks of a dataset when it is opened: whether they can be read, are as large as their images, hold
 * labels, and show what the tags say. What is wrong with all of them is refused; what is wrong with a few is told.
 */
final class MaskCheck {
    /** Masks that are looked at. */
    private static final int SAMPLE = 16;

    private final FileDataset data;
    private final List<String> notes = new ArrayList<>();

    private MaskCheck(FileDataset data) {
        this.data = data;
    }

    /**
     * A sample whose mask could be read.
     *
     * @param tags null if they cannot be read
     */
    private record Seen(Path file, LabelMap mask, int[] counts, @Nullable ImageTags tags) {
        boolean isTagged() {
            return tags != null && !tags.isEmpty();
        }

        /** Whether there are pixels of no value but the two. */
        boolean holdsOnly(int a, int b) {
            return counts[a] + counts[b] == mask.height() * mask.width();
        }
    }

    /**
     * Checks the masks of a dataset.
     *
     * @return what is wrong with some of them
     * @throws InvalidDataException if something is wrong with all of them; the message names the first file, the value
     *     found, how often, and what was expected
     */
    static List<String> check(FileDataset data) {
        MaskCheck check = new MaskCheck(data);
        check.run();
        return check.notes;
    }

    private void run() {
        if (!data.reader().readsMaskFiles()) {
            return;
        }
        int[] masked = IntStream.range(0, data.size()).filter(data::hasTruth).toArray();
        int n = Math.min(SAMPLE, masked.length);
        if (n == 0) {
            return;
        }
        // spread over the list, its first and last among them
        int[] sample = IntStream.range(0, n)
                .map(i -> masked[n == 1 ? 0 : (int) ((long) i * (masked.length - 1) / (n - 1))])
                .toArray();
        List<Seen> seen = new ArrayList<>();
        List<String> unreadable = new ArrayList<>();
        List<String> otherSize = new ArrayList<>();
        for (int index : sample) {
            Path file = Objects.requireNonNull(data.mask(index));
            LabelMap mask;
            try {
                mask = data.reader().read(file);
            } catch (InvalidDataException e) {
                unreadable.add(String.valueOf(e.getMessage()));
                continue;
            }
            seen.add(new Seen(file, mask, mask.histogram(), tags(index)));
            String mismatch = mismatch(data.image(index), file, mask);
            if (!mismatch.isEmpty()) {
                otherSize.add(mismatch);
            }
        }
        // a class that the list lacks is in some masks only
        if (unreadable.size() == n || (unreadable.size() > 1 && unreadable.size() * 4 >= n)) {
            throw new InvalidDataException(unreadable.get(0) + of(unreadable.size(), n));
        }
        if (otherSize.size() == n) {
            throw new InvalidDataException(otherSize.get(0) + of(n, n));
        }
        tell(unreadable, n);
        tell(otherSize, n);
        checkForeground(seen);
        List<TagAgreement.Pair> pairs = new ArrayList<>();
        for (Seen s : seen) {
            if (s.tags != null) {
                pairs.add(new TagAgreement.Pair(s.file, s.tags, ImageTags.anyPixel(data.classes(), s.mask)));
            }
        }
        TagAgreement.check(data.classes(), pairs).ifPresent(notes::add);
    }

    private static String of(int some, int all) {
        return all == 1 ? "" : " (so it is with " + some + " of the " + all + " masks looked at)";
    }

    private void tell(List<String> wrong, int n) {
        if (!wrong.isEmpty()) {
            notes.add(wrong.size() + " of the " + n + " masks looked at cannot be used: " + wrong.get(0));
        }
    }

    private static String mismatch(Path image, Path file, LabelMap mask) {
        try {
            ImageFiles.Size size = ImageFiles.size(image);
            return mask.height() == size.height() && mask.width() == size.width()
                    ? ""
                    : file + ": mask is " + mask.height() + "x" + mask.width() + "; expected " + size + " as its image "
                            + image;
        } catch (InvalidDataException e) {
            return ""; // the image is what is wrong, and reading it will tell
        }
    }

    /** Refuses masks whose only foreground is 255, as drawing programs write it. */
    private void checkForeground(List<Seen> seen) {
        if (!data.classes().hasBackground() || !seen.stream().allMatch(s -> s.holdsOnly(0, LabelMap.IGNORE))) {
            return;
        }
        for (Seen s : seen) {
            int pixels = s.counts[LabelMap.IGNORE];
            if (pixels > 0 && s.isTagged()) {
                throw new InvalidDataException(s.file + ": every mask looked at (" + seen.size()
                        + ") holds only 0 and 255, this one 255 in " + pixels
                        + " pixels, and the tags of the image are "
                        + s.tags + "; expected 0 for the background and "
                        + (data.classes().tagCount() == 1
                                ? "1"
                                : "1.." + data.classes().tagCount())
                        + " for the " + (data.classes().tagCount() == 1 ? "class" : "classes") + ", for "
                        + LabelMap.IGNORE + " is ignored");
            }
        }
    }

    private @Nullable ImageTags tags(int index) {
        try {
            return data.tags(index);
        } catch (InvalidDataException e) {
            return null;
        }
    }
}
