package dev.wsss.datasets;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What {@link CocoMasks} or {@link DatasetMasks} have done.
 *
 * @param written label PNGs that were made
 * @param kept label PNGs that an earlier run had made
 * @param left names of images that are left out as asked, in the order of their source
 * @param failed why images have no label PNG, by name; unmodifiable
 */
public record MaskExport(int written, int kept, List<String> left, SortedMap<String, String> failed) {
    /** Copies the lists. */
    public MaskExport {
        left = List.copyOf(left);
        failed = Collections.unmodifiableSortedMap(new TreeMap<>(failed));
    }
}
