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
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The JSON header of a safetensors file. Read as a stream against the one structure that is allowed, so nesting cannot
 * grow and no tree is built.
 */
record SafetensorsHeader(Map<String, SafetensorsFile.Entry> entries, Map<String, String> metadata) {
    /** The format's other types, whose tensors are listed and not read, and the bits of an element. */
    private static final Map<String, Integer> OTHER_TYPES = Map.of(
            "C64",
            64,
            "F8_E4M3",
            8,
            "F8_E5M2",
            8,
            "F8_E8M0",
            8,
            "F8_E4M3FNUZ",
            8,
            "F8_E5M2FNUZ",
            8,
            "F6_E2M3",
            6,
            "F6_E3M2",
            6,
            "F4",
            4);

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
            @Nullable String type = null;
            long @Nullable [] shape = null;
            long @Nullable [] range = null;
            String tensor = "tensor " + Inputs.quote(name);
            in.beginObject();
            while (in.hasNext()) {
                String key = in.nextName();
                switch (key) {
                    case "dtype" -> {
                        if (type != null) {
                            throw bad(tensor + " has two dtypes");
                        }
                        if (in.peek() != JsonToken.STRING) {
                            throw bad(tensor + ": dtype is not a string");
                        }
                        type = in.nextString();
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
            if (type == null || shape == null || range == null || range.length != 2) {
                throw bad(tensor + ": expected dtype, shape and two data_offsets");
            }
            if (range[0] > range[1]) {
                throw bad(tensor + ": data_offsets " + Arrays.toString(range) + " run backwards");
            }
            DType dtype = dtype(type);
            if (dtype == null && !OTHER_TYPES.containsKey(type)) {
                throw bad(tensor + ": unknown dtype " + Inputs.quote(type) + ", expected one of "
                        + Arrays.toString(DType.values()));
            }
            long bytes = dtype != null
                    ? Inputs.byteCount(dtype, shape)
                    : packed(Objects.requireNonNull(OTHER_TYPES.get(type)), shape);
            if (bytes != range[1] - range[0]) {
                throw bad(tensor + ": " + type + Inputs.shape(shape) + " does not have the " + (range[1] - range[0])
                        + " bytes of data_offsets " + Arrays.toString(range));
            }
            return new SafetensorsFile.Entry(type, dtype, shape, range[0], range[1]);
        }

        /** The type of a name; null if it is none of ours. */
        private static @Nullable DType dtype(String name) {
            return Arrays.stream(DType.values())
                    .filter(dtype -> dtype.name().equals(name))
                    .findFirst()
                    .orElse(null);
        }

        /** Bytes of elements of so many bits; -1 if they are too many to count or fill no whole byte. */
        private static long packed(int bits, long[] shape) {
            long elements = Inputs.byteCount(DType.U8, shape);
            return elements < 0 || elements > Long.MAX_VALUE / bits || elements * bits % 8 != 0
                    ? -1
                    : elements * bits / 8;
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
