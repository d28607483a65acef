package dev.wsss.core.pipeline;

import dev.wsss.api.WsssException;
import dev.wsss.core.runtime.NativeException;
import java.util.HashMap;
import java.util.Map;

/**
 * Counts errors of native code. A sample that native code refuses is one thing; the same refusal again and again, such as
 * want of memory, is the machine's or the program's, and would fail all other samples too. Safe for use from several threads.
 */
final class NativeErrors {
    private final int limit;
    private final Map<String, Integer> counts = new HashMap<>();

    NativeErrors(int limit) {
        this.limit = limit;
    }

    /**
     * Counts an error, if it is one of native code.
     *
     * @throws WsssException if there are too many like it
     */
    synchronized void count(String stage, String id, WsssException e) {
        if (!(e instanceof NativeException)) {
            return;
        }
        // sizes and addresses differ from sample to sample
        String kind = stage + ": " + String.valueOf(e.getMessage()).replaceAll("0x[0-9a-fA-F]+|\\d+", "#");
        if (counts.merge(kind, 1, Integer::sum) >= limit) {
            throw new WsssException(
                    "stage '" + stage + "' failed on " + limit + " samples with the same native error, '" + id
                            + "' being the last: " + e.getMessage() + "; what was made before is kept",
                    e);
        }
    }
}
