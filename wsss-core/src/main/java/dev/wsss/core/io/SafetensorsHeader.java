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
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The JSON header of a safetensors file. Read as a stream against the one structure that is allowed, so nesting cannot
 * grow and no tree is built.
 */
record SafetensorsHeader(Map<String, SafetensorsFile.Entry> entries, Map<String, String> metadata) {

    static SafetensorsHeader parse(String file, byte[] json) {
        // The reference implementation requires it: no byte order mark, no leading space.
        if (json.length == 0 || json[0] != '{') {
            throw new InvalidDataException(file + ": the header must begin with '{'");
        }
        try (JsonReader in = new JsonReader(new InputStreamReader(
                new ByteArrayInputStream(json),
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT)))) {
            in.setStrictness(Strictness.STRICT);
            return new Parser(file, in).header();
        } catch (IOException | IllegalStateException e) {
            throw new InvalidDataException(file + ": the header is not the JSON of a safetensors file", e);
        }
    }

    private record Parser(String file, JsonReader in) {
        SafetensorsHeader header() throws IOException {
            Map<String, SafetensorsFile.Entry> entries = new LinkedHashMap<>();
            Map<String, String> metadata = new LinkedHashMap<>();
            boolean metadataSeen = false;
            in.beginObject();
            while (in.hasNext()) {
                String name = in.nextName();
                if (name.equals(Safetensors.METADATA)) {
                    if (metadataSeen) {
                        throw bad("two " + Safetensors.METADATA);
                    }
                    metadataSeen = true;
                    readMetadata(metadata);
                } else {
                    SafetensorsFile.Entry entry = entry(name);
                    if (entries.put(name, entry) != null) {
                        throw bad("two tensors are named " + Inputs.quote(name));
                    }
                }
            }
            in.endObject();
            if (in.peek() != JsonToken.END_DOCUMENT) {
                throw bad("text after the header's closing brace");
            }
            return new SafetensorsHeader(entries, metadata);
        }

        private void readMetadata(Map<String, String> metadata) throws IOException {
            in.beginObject();
            while (in.hasNext()) {
                String key = in.nextName();
                if (in.peek() != JsonToken.STRING) {
                    throw bad("metadata " + Inputs.quote(key) + " is not a string");
                }
                if (metadata.put(key, in.nextString()) != null) {
                    throw bad("two metadata entries " + Inputs.quote(key));
                }
            }
            in.endObject();
        }

        private SafetensorsFile.Entry entry(String name) throws IOException {
            @Nullable DType dtype = null;
            long @Nullable [] shape = null;
            long @Nullable [] range = null;
            String tensor = "tensor " + Inputs.quote(name);
            in.beginObject();
            while (in.hasNext()) {
                String key = in.nextName();
                switch (key) {
                    case "dtype" -> {
                        if (dtype != null) {
                            throw bad(tensor + " has two dtypes");
                        }
                        if (in.peek() != JsonToken.STRING) {
                            throw bad(tensor + ": dtype is not a string");
                        }
                        dtype = dtype(tensor, in.nextString());
                    }
                    case "shape" -> {
                        if (shape != null) {
                            throw bad(tensor + " has two shapes");
                        }
                        shape = numbers(tensor, key, Inputs.MAX_RANK);
                    }
                    case "data_offsets" -> {
                        if (range != null) {
                            throw bad(tensor + " has two data_offsets");
                        }
                        range = numbers(tensor, key, 2);
                    }
                    default ->
                        throw bad(
                                tensor + " has " + Inputs.quote(key) + ", expected only dtype, shape and data_offsets");
                }
            }
            in.endObject();
            if (dtype == null || shape == null || range == null || range.length != 2) {
                throw bad(tensor + ": expected dtype, shape and two data_offsets");
            }
            if (range[0] > range[1]) {
                throw bad(tensor + ": data_offsets " + Arrays.toString(range) + " run backwards");
            }
            long bytes = Inputs.byteCount(dtype, shape);
            if (bytes != range[1] - range[0]) {
                throw bad(tensor + ": " + dtype + Inputs.shape(shape) + " does not have the " + (range[1] - range[0])
                        + " bytes of data_offsets " + Arrays.toString(range));
            }
            return new SafetensorsFile.Entry(dtype, shape, range[0], range[1]);
        }

        private DType dtype(String tensor, String name) {
            for (DType dtype : DType.values()) {
                if (dtype.name().equals(name)) {
                    return dtype;
                }
            }
            throw bad(tensor + ": unknown dtype " + Inputs.quote(name) + ", expected one of "
                    + Arrays.toString(DType.values()));
        }

        /** An array of non-negative whole numbers. */
        private long[] numbers(String tensor, String key, int max) throws IOException {
            long[] values = new long[4];
            int n = 0;
            in.beginArray();
            while (in.hasNext()) {
                if (n == max) {
                    throw bad(tensor + ": " + key + " has more than " + max + " entries");
                }
                if (in.peek() != JsonToken.NUMBER) {
                    throw bad(tensor + ": " + key + " holds something other than numbers");
                }
                if (n == values.length) {
                    values = Arrays.copyOf(values, 2 * n);
                }
                values[n++] = number(tensor, key, in.nextString());
            }
            in.endArray();
            return Arrays.copyOf(values, n);
        }

        /** By hand because the JSON reader would also take 1.0 and 1e3. */
        private long number(String tensor, String key, String text) {
            boolean digits = text.length() <= 19;
            for (int i = 0; digits && i < text.length(); i++) {
                digits = text.charAt(i) >= '0' && text.charAt(i) <= '9';
            }
            try {
                if (!digits) {
                    throw bad(tensor + ": " + key + " holds " + Inputs.quote(text) + ", expected a whole number");
                }
                return Long.parseLong(text);
            } catch (NumberFormatException e) {
                throw bad(tensor + ": " + key + " holds " + Inputs.quote(text) + ", expected less than 2^63");
            }
        }

        private InvalidDataException bad(String what) {
            return new InvalidDataException(file + ": " + what);
        }
    }
}
