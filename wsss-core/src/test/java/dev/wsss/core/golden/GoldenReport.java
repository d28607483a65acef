package dev.wsss.core.golden;

import com.google.gson.GsonBuilder;
import dev.wsss.api.AtomicFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The machine-readable result of a run. It lists every file from the start, as failed until its test has ended, and is
 * rewritten after each test, so a JVM that dies on the way leaves a complete report that tells where.
 */
final class GoldenReport {
    private final Path target;
    private final Map<String, Map<String, Object>> entries = new TreeMap<>();

    GoldenReport(Path target, List<Path> files) {
        this.target = target;
        for (Path file : files) {
            put(file, "unknown", "failed", Map.of("worst", Double.MAX_VALUE, "message", "the test did not end"));
        }
        write();
    }

    synchronized void record(Path file, String name, String status, Map<String, Object> rest) {
        put(file, name, status, rest);
        write();
    }

    private void put(Path file, String name, String status, Map<String, Object> rest) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("file", file.getFileName().toString());
        entry.put("case", name);
        entry.put("status", status);
        for (String key : List.of("worst", "where", "message")) {
            Object value = rest.get(key);
            if (value != null) {
                // JSON has no infinity.
                entry.put(key, value instanceof Double d ? (Object) Math.min(d, Double.MAX_VALUE) : value);
            }
        }
        entries.put(file.getFileName().toString(), entry);
    }

    private void write() {
        String json = new GsonBuilder()
                .setPrettyPrinting()
                .disableHtmlEscaping()
                .create()
                .toJson(entries.values());
        AtomicFile.write(target, json + "\n");
    }
}
