package dev.wsss.core.io;

import java.util.List;
import java.util.Map;

/**
 * What a reader found in a checkpoint.
 *
 * @param root where the tensors were among wrappers, dotted; empty at the top
 * @param tensors by name, in the order of the file
 * @param metadata what else the file tells, as text
 * @param parts what must stay open while tensors are read
 */
record CheckpointContent(
        Checkpoint.Format format,
        String root,
        Map<String, StoredTensor> tensors,
        Map<String, String> metadata,
        List<AutoCloseable> parts) {}
