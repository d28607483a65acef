package dev.wsss.core.pipeline;

import dev.wsss.api.Dataset;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * What became of each sample in a stage, as lines of text: those of a stage's index, sorted by id, and of a run's
 * journal, in the order in which things happened. A line ends with its checksum, and one that does not match (a process
 * died while it wrote) says nothing.
 */
final class ProductIndex {
    private ProductIndex() {}

    /** The end of one sample's way through a stage. */
    sealed interface Entry {
        String line(String id);
    }

    /**
     * There is a product.
     *
     * @param sha256 of its file
     * @param origin what tells the sample it was made of from another under its id: its tags, and its image's fingerprint
     */
    record Made(String sha256, String origin) implements Entry {
        @Override
        public String line(String id) {
            return checked("made\t" + id + "\t" + sha256 + "\t" + origin);
        }
    }

    /**
     * There is none.
     *
     * @param where the stage that failed, or {@link StageRun#READ}
     */
    record Failed(String where, String reason) implements Entry {
        @Override
        public String line(String id) {
            return checked("failed\t" + id + "\t" + where + "\t" + escape(reason));
        }
    }

    /** What a sample is at present, as {@link Made#origin} has it. */
    static String origin(Dataset data, int index) {
        String image = data.fingerprint(index).replaceAll("\\s", "_");
        return Arrays.toString(data.tags(index).toArray()) + (image.isEmpty() ? "" : " " + image);
    }

    /** The entries of a file, later lines over earlier ones; none if there is no file. */
    static SortedMap<String, Entry> read(Path file) throws IOException {
        SortedMap<String, Entry> entries = new TreeMap<>();
        try {
            // Not readAllLines: a torn line may end within a character.
            new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().forEach(l -> parse(l, entries));
        } catch (NoSuchFileException e) {
            return entries;
        }
        return entries;
    }

    /** All entries by ascending id. */
    static String text(SortedMap<String, Entry> entries) {
        StringBuilder text = new StringBuilder();
        entries.forEach((id, entry) -> text.append(entry.line(id)));
        return text.toString();
    }

    private static void parse(String line, SortedMap<String, Entry> entries) {
        String[] parts = line.split("\t", -1);
        if (parts.length != 5 || !crc(line.substring(0, line.lastIndexOf('\t'))).equals(parts[4])) {
            return;
        }
        Entry entry =
                switch (parts[0]) {
                    case "made" -> new Made(parts[2], parts[3]);
                    case "failed" -> new Failed(parts[2], unescape(parts[3]));
                    default -> null;
                };
        if (entry != null) {
            entries.put(parts[1], entry);
        }
    }

    private static String checked(String text) {
        return text + "\t" + crc(text) + "\n";
    }

    private static String crc(String text) {
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return "%08x".formatted(crc.getValue());
    }

    private static String escape(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\') {
                out.append("\\\\");
            } else if (c < ' ' || c == 0x7F || c == 0x85 || c == 0x2028 || c == 0x2029 || Character.isSurrogate(c)) {
                out.append("\\u%04x".formatted((int) c));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    private static String unescape(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && text.startsWith("u", i + 1)) {
                out.append((char) Integer.parseInt(text.substring(i + 2, i + 6), 16));
                i += 5;
            } else if (c == '\\') {
                out.append(text.charAt(++i));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    /** The hash of a product that there is by {@code entry}, made of a sample of this origin; otherwise null. */
    static @Nullable String expectedHash(@Nullable Entry entry, String origin) {
        return entry instanceof Made made && made.origin().equals(origin) ? made.sha256() : null;
    }
}
