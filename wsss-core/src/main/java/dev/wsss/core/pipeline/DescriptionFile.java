package dev.wsss.core.pipeline;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.wsss.api.AtomicFile;
import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Settings by name as a JSON file, beside what was made by them. */
final class DescriptionFile {
    private static final Gson GSON =
            new GsonBuilder().disableHtmlEscaping().setPrettyPrinting().create();

    private DescriptionFile() {}

    static String text(Map<String, String> settings) {
        JsonObject json = new JsonObject();
        new TreeMap<>(settings).forEach(json::addProperty);
        return GSON.toJson(json) + "\n";
    }

    static void write(Path file, Map<String, String> settings) {
        AtomicFile.write(file, text(settings));
    }

    /**
     * Reads a file.
     *
     * @param expected what it stands beside, for messages
     * @throws InvalidDataException if there is none, or it is none
     */
    static SortedMap<String, String> read(Path file, String expected) {
        try {
            SortedMap<String, String> found = new TreeMap<>();
            JsonParser.parseString(Files.readString(file))
                    .getAsJsonObject()
                    .entrySet()
                    .forEach(e -> found.put(e.getKey(), e.getValue().getAsString()));
            return found;
        } catch (NoSuchFileException e) {
            throw new InvalidDataException(file + ": no such file; expected " + expected, e);
        } catch (IOException | JsonParseException | IllegalStateException | UnsupportedOperationException e) {
            throw new InvalidDataException(file + ": not a description (" + e.getMessage() + ")", e);
        }
    }
}
