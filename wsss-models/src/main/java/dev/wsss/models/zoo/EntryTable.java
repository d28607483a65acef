package dev.wsss.models.zoo;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The table of entries that the library ships: {@code weights.json} beside this class. */
final class EntryTable {
    private static final String RESOURCE = "weights.json";

    private EntryTable() {}

    static List<WeightEntry> read() {
        try (InputStream in = EntryTable.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("the library's jar lacks " + RESOURCE);
            }
            JsonArray rows = JsonParser.parseReader(new InputStreamReader(in, StandardCharsets.UTF_8))
                    .getAsJsonArray();
            List<WeightEntry> entries = new ArrayList<>();
            for (JsonElement row : rows) {
                entries.add(entry(row.getAsJsonObject()));
            }
            return List.copyOf(entries);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + RESOURCE + ": " + e.getMessage(), e);
        }
    }

    private static WeightEntry entry(JsonObject row) {
        boolean byHand = row.has("page");
        WeightEntry.Builder entry = WeightEntry.builder()
                .setName(text(row, "name"))
                .setSource(URI.create(text(row, byHand ? "page" : "url")))
                .optByHand(byHand)
                .optFamily(text(row, "family"))
                .optLicence(text(row, "licence"))
                .optUse(text(row, "use"))
                .optCitation(text(row, "citation"));
        if (row.has("file")) {
            entry.optFile(text(row, "file"));
        }
        if (row.has("member")) {
            entry.optMember(text(row, "member"));
        }
        if (row.has("hash")) {
            entry.optHash(WeightHash.parse(text(row, "hash")));
        }
        if (row.has("size")) {
            entry.optSize(row.get("size").getAsLong());
        }
        return entry.build();
    }

    private static String text(JsonObject row, String key) {
        return row.get(key).getAsString();
    }
}
