package dev.wsss.core.io;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import dev.wsss.api.InvalidDataException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The index of a checkpoint in several files, {@code *.index.json}: {@code {"metadata": {...}, "weight_map": {tensor:
 * file}}}. The files lie beside it, and are of one of the single-file formats.
 */
record ShardIndex(Map<String, String> weightMap, Map<String, String> metadata) {
    /** As the header of a safetensors file. */
    private static final int MAX_BYTES = 100_000_000;

    private static final int MAX_SHARDS = 10_000;

    /**
     * Reads an index and the contents of its shards.
     *
     * @param shards opens and reads a file beside the index by its name
     */
    static CheckpointContent read(ByteSource source, Function<String, CheckpointContent> shards) {
        String file = source.name();
        if (source.size() > MAX_BYTES) {
            throw new InvalidDataException(
                    file + ": an index of " + source.size() + " bytes, expected at most " + MAX_BYTES);
        }
        ShardIndex index = parse(file, source.readAll());
        Map<String, CheckpointContent> open = new LinkedHashMap<>();
        List<AutoCloseable> parts = new ArrayList<>(List.of(source));
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        Set<String> passedOver = new LinkedHashSet<>();
        Checkpoint.Format format = Checkpoint.Format.SAFETENSORS_SHARDED;
        try {
            for (Map.Entry<String, String> e : index.weightMap.entrySet()) {
                CheckpointContent shard = open.get(e.getValue());
                if (shard == null) {
                    if (open.size() == MAX_SHARDS) {
                        throw new InvalidDataException(file + ": more than " + MAX_SHARDS + " files");
                    }
                    shard = shards.apply(e.getValue());
                    open.put(e.getValue(), shard);
                    parts.addAll(shard.parts());
                    passedOver.addAll(shard.passedOver());
                    format = shard.format() == Checkpoint.Format.SAFETENSORS
                            ? format
                            : Checkpoint.Format.PYTORCH_SHARDED;
                }
                StoredTensor tensor = shard.tensors().get(e.getKey());
                if (tensor == null) {
                    throw new InvalidDataException(file + ": tensor " + Inputs.quote(e.getKey()) + " is not in "
                            + Inputs.quote(e.getValue()) + ", where the index has it");
                }
                tensors.put(e.getKey(), tensor);
            }
        } catch (RuntimeException e) {
            Checkpoint.closeAll(parts.subList(1, parts.size()));
            throw e;
        }
        return new CheckpointContent(format, "", tensors, index.metadata, passedOver, parts);
    }

    private static ShardIndex parse(String file, byte[] json) {
        try (JsonReader in = new JsonReader(new InputStreamReader(
                new ByteArrayInputStream(json),
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT)))) {
            in.setStrictness(Strictness.STRICT);
            Map<String, String> weightMap = null;
            Map<String, String> metadata = new LinkedHashMap<>();
            in.beginObject();
            while (in.hasNext()) {
                String key = in.nextName();
                if (key.equals("weight_map") && weightMap == null) {
                    weightMap = weightMap(file, in);
                } else if (key.equals("metadata") && in.peek() == JsonToken.BEGIN_OBJECT) {
                    readMetadata(in, metadata);
                } else {
                    in.skipValue();
                }
            }
            in.endObject();
            if (in.peek() != JsonToken.END_DOCUMENT || weightMap == null) {
                throw new InvalidDataException(
                        file + ": expected the index of a checkpoint, one object with a weight_map");
            }
            return new ShardIndex(weightMap, metadata);
        } catch (IOException | IllegalStateException | NumberFormatException e) {
            throw new InvalidDataException(file + ": not the JSON of a checkpoint's index", e);
        }
    }

    private static Map<String, String> weightMap(String file, JsonReader in) throws IOException {
        Map<String, String> map = new LinkedHashMap<>();
        in.beginObject();
        while (in.hasNext()) {
            String tensor = in.nextName();
            String shard = in.peek() == JsonToken.STRING ? in.nextString() : null;
            if (shard == null || !isPlain(shard)) {
                throw new InvalidDataException(
                        file + ": tensor " + Inputs.quote(tensor) + " is in " + Inputs.quote(String.valueOf(shard))
                                + ", expected the plain name of a file in the same folder");
            }
            if (map.put(tensor, shard) != null) {
                throw new InvalidDataException(file + ": two tensors are named " + Inputs.quote(tensor));
            }
        }
        in.endObject();
        return map;
    }

    /** Letters, digits and a few signs of any file system; so no path, and no index again. */
    private static boolean isPlain(@Nullable String name) {
        return name != null
                && name.length() <= 255
                && name.matches("[A-Za-z0-9_][A-Za-z0-9_.+-]*")
                && !name.endsWith(".json");
    }

    private static void readMetadata(JsonReader in, Map<String, String> metadata) throws IOException {
        in.beginObject();
        while (in.hasNext()) {
            String key = in.nextName();
            switch (in.peek()) {
                case STRING, NUMBER -> metadata.put(key, in.nextString());
                case BOOLEAN -> metadata.put(key, String.valueOf(in.nextBoolean()));
                default -> in.skipValue();
            }
        }
        in.endObject();
    }
}
