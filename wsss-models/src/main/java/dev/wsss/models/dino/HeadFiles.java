package dev.wsss.models.dino;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.io.CheckpointException;
import dev.wsss.core.io.HostArray;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Files of heads, whose tensors lie in one dict or in several. */
final class HeadFiles {
    private HeadFiles() {}

    /**
     * The tensors of a file, copied.
     *
     * @param told a key by which a file that is one dict is known
     * @param parts dicts of a file that has several, each with what is put before its keys
     */
    static Map<String, HostArray> read(Path file, String told, Map<String, String> parts) {
        Map<String, HostArray> all = new LinkedHashMap<>();
        try (Checkpoint whole = Checkpoint.open(file)) {
            if (whole.root().isEmpty() || whole.names().contains(told)) {
                whole.names().forEach(name -> all.put(name, whole.get(name).copy()));
            }
            if (all.containsKey(told)) {
                return all;
            }
        } catch (CheckpointException e) {
            if (e.remedy() != CheckpointException.Remedy.ROOT) {
                throw e;
            }
            // several dicts, which are read below
        }
        parts.forEach((root, prefix) -> {
            try (Checkpoint part =
                    Checkpoint.builder().setPath(file).optRoot(root).build()) {
                part.names()
                        .forEach(name -> all.put(prefix + name, part.get(name).copy()));
            } catch (InvalidDataException e) {
                throw new InvalidDataException(
                        file + ": has neither '" + told + "' nor a dict '" + root + "' (" + e.getMessage() + ")", e);
            }
        });
        return all;
    }
}
