package dev.wsss.core.pipeline;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Which products a run has made or found to be whole, by the fingerprint of their stage. Safe for use from several threads. */
final class VerifiedProducts {
    private final Map<String, Set<String>> ids = new ConcurrentHashMap<>();

    void add(String fingerprint, String id) {
        ids.computeIfAbsent(fingerprint, f -> ConcurrentHashMap.newKeySet()).add(id);
    }

    boolean contains(String fingerprint, String id) {
        return ids.getOrDefault(fingerprint, Set.of()).contains(id);
    }
}
