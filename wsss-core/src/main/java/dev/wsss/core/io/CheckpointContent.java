package dev.wsss.core.io;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a reader found in a checkpoint.
 *
 * @param root where the tensors were among wrappers, dotted; empty at the top
 * @param tensors by name, in the order of the file
 * @param metadata what else the file tells, as text
 * @param passedOver classes of objects that were passed over, which are refused unless that is asked for
 * @param parts what must stay open while tensors are read
 */
record CheckpointContent(
        Checkpoint.Format format,
        String root,
        Map<String, StoredTensor> tensors,
        Map<String, String> metadata,
        Set<String> passedOver,
        List<AutoCloseable> parts) {
    /** That of a format without objects. */
    CheckpointContent(
            Checkpoint.Format format,
            String root,
            Map<String, StoredTensor> tensors,
            Map<String, String> metadata,
            List<AutoCloseable> parts) {
        this(format, root, tensors, metadata, Set.of(), parts);
    }
}
