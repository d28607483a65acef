package dev.wsss.core.io;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import dev.wsss.api.AtomicFile;
import dev.wsss.api.InvalidDataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The safetensors format: named dense tensors behind a JSON header, with nothing in it that runs.
 *
 * <pre>{@code
 * try (SafetensorsFile file = Safetensors.open(path)) {
 *     HostArray weight = file.get("conv1.weight");
 *     Safetensors.write(copy, Map.of("conv1.weight", weight), Map.of("format", "pt"));
 * }
 * }</pre>
 *
 * <p>A file is checked as the reference implementation checks it: the header has at most 100 MB, every tensor's range
 * agrees with its type and shape, and the ranges cover the data without overlap or hole. Beyond the reference, a name
 * that occurs twice is refused.
 */
public final class Safetensors {
    static final String METADATA = "__metadata__";

    /** The header's bound in the reference implementation. */
    static final int MAX_HEADER_BYTES = 100_000_000;

    /** The reference writer's order of types: widest first, so that every tensor is aligned to its element. */
    private static final List<DType> WRITE_ORDER = List.of(
            DType.U64,
            DType.I64,
            DType.F64,
            DType.F32,
            DType.U32,
            DType.I32,
            DType.BF16,
            DType.F16,
            DType.U16,
            DType.I16,
            DType.I8,
            DType.U8,
            DType.BOOL);

    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private Safetensors() {}

    /**
     * Opens a file and reads and checks its header; tensors are read when asked for.
     *
     * @throws InvalidDataException if there is no such file, or it is not a safetensors file
     * @throws java.io.UncheckedIOException if reading fails
     */
    public static SafetensorsFile open(Path path) {
        return SafetensorsFile.open(ByteSource.open(path));
    }

    /**
     * Reads every tensor of a file, in the file's order.
     *
     * @throws InvalidDataException if there is no such file, it is not a safetensors file, or a tensor has 2 GiB or more
     * @throws java.io.UncheckedIOException if reading fails
     */
    public static Map<String, HostArray> read(Path path) {
        return read(ByteSource.open(path));
    }

    /**
     * Reads every tensor of a file in memory.
     *
     * @param name for messages
     * @throws InvalidDataException if it is not a safetensors file
     */
    public static Map<String, HostArray> read(String name, byte[] file) {
        return read(ByteSource.of(name, file));
    }

    static Map<String, HostArray> read(ByteSource source) {
        try (SafetensorsFile file = SafetensorsFile.open(source)) {
            Map<String, HostArray> tensors = new LinkedHashMap<>();
            for (String name : file.names()) {
                tensors.put(name, file.get(name));
            }
            return tensors;
        }
    }

    /**
     * Writes or replaces a file atomically. The bytes depend on the content alone, not on the order of the maps: tensors
     * are laid out as the reference implementation does it, widest type first and then by name, and metadata by key.
     *
     * @param metadata free text by key; empty for none
     * @throws IllegalArgumentException if a tensor is named {@code __metadata__}
     * @throws java.io.UncheckedIOException if writing fails
     */
    public static void write(Path path, Map<String, HostArray> tensors, Map<String, String> metadata) {
        AtomicFile.write(path, content(tensors, metadata));
    }

    /** As {@link #write(Path, Map, Map)}; when it returns, the file is on the disk and outlasts a failure of the power. */
    public static void writeDurably(Path path, Map<String, HostArray> tensors, Map<String, String> metadata) {
        AtomicFile.writeDurably(path, content(tensors, metadata));
    }

    private static AtomicFile.Content content(Map<String, HostArray> tensors, Map<String, String> metadata) {
        if (tensors.containsKey(METADATA)) {
            throw new IllegalArgumentException("a tensor must not be named " + METADATA);
        }
        List<Map.Entry<String, HostArray>> order = new ArrayList<>(tensors.entrySet());
        order.sort(Comparator.comparingInt((Map.Entry<String, HostArray> e) ->
                        WRITE_ORDER.indexOf(e.getValue().dtype()))
                .thenComparing(e -> e.getKey().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned));
        byte[] header = header(order, metadata);
        return out -> {
            ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            out.write(length.putLong(header.length).array());
            out.write(header);
            for (Map.Entry<String, HostArray> e : order) {
                Inputs.copy(e.getValue().bytes(), out);
            }
        };
    }

    private static byte[] header(List<Map.Entry<String, HostArray>> order, Map<String, String> metadata) {
        Map<String, Object> header = new LinkedHashMap<>();
        if (!metadata.isEmpty()) {
            header.put(METADATA, new TreeMap<>(metadata));
        }
        long offset = 0;
        for (Map.Entry<String, HostArray> e : order) {
            HostArray array = e.getValue();
            long end = offset + array.byteSize();
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("dtype", array.dtype().name());
            entry.put("shape", array.shape());
            entry.put("data_offsets", new long[] {offset, end});
            header.put(e.getKey(), entry);
            offset = end;
        }
        byte[] json = GSON.toJson(header).getBytes(StandardCharsets.UTF_8);
        // Spaces up to a multiple of 8, so that the data begins aligned.
        int padded = Math.addExact(json.length, 7) / 8 * 8;
        if (padded > MAX_HEADER_BYTES) {
            throw new IllegalArgumentException("the header would have " + padded + " bytes, the format allows "
                    + MAX_HEADER_BYTES + "; write fewer tensors or less metadata");
        }
        byte[] bytes = Arrays.copyOf(json, padded);
        Arrays.fill(bytes, json.length, padded, (byte) ' ');
        return bytes;
    }
}
