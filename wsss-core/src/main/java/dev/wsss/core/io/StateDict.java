package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the named tensors in what a checkpoint's pickle made: below the wrappers that training programs put around a state
 * dict, or in the attributes of modules.
 */
final class StateDict {
    /** Names under which programs keep the model beside the optimizer and the rest, most telling first. */
    private static final List<String> WRAPPERS = List.of(
            "state_dict",
            "model_state_dict",
            "model_state",
            "model",
            "ema_state_dict",
            "model_ema",
            "ema",
            "net",
            "network",
            "module",
            "params_ema",
            "params",
            "weights");

    private static final int MAX_DEPTH = 64;
    private static final int MAX_TEXT = 200;

    /** What windows that repeat or overlap storages may take when they are copied out, per byte of the file. */
    private static final int COPIES_PER_BYTE = 16;

    private final String file;
    private final long fileBytes;
    private final Unpickler machine;
    private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final Set<Object> tried = Collections.newSetFromMap(new IdentityHashMap<>());
    /** Maps by whether tensors lie in them, or below them in modules. */
    private final Map<Object, Boolean> holding = new IdentityHashMap<>();

    private final Set<Object> path = Collections.newSetFromMap(new IdentityHashMap<>());
    /** The dicts that were passed on the way to the tensors, the outermost first. */
    private final List<Map<?, ?>> passed = new ArrayList<>();

    private String root = "";
    private long copied;

    /** An array that is in memory already, of a pickle that holds NumPy's arrays. */
    private record Held(HostArray array) implements StoredTensor {
        @Override
        public DType dtype() {
            return array.dtype();
        }

        @Override
        public long[] shape() {
            return array.shape();
        }

        @Override
        public HostArray read() {
            return array;
        }
    }

    private StateDict(String file, long fileBytes, Unpickler machine) {
        this.file = file;
        this.fileBytes = fileBytes;
        this.machine = machine;
    }

    /**
     * Collects the tensors of a pickle.
     *
     * @param object what the pickle made
     * @param wanted the dotted place of the state dict, null to look for it
     */
    static StateDict of(ByteSource source, Unpickler machine, @Nullable Object object, @Nullable String wanted) {
        StateDict dict = new StateDict(source.name(), source.size(), machine);
        // torch.save(tensor, file): a tensor and nothing around it
        Map<?, ?> top = dict.tensor(object) == null ? content(object) : Map.of(Checkpoint.BARE_TENSOR, object);
        if (top == null) {
            throw dict.bad("holds " + dict.describe(object) + ", expected a dict of tensors");
        }
        Map<?, ?> found = wanted == null ? dict.find(top, "", 0) : dict.descend(top, wanted);
        if (found == null) {
            throw dict.bad("no dict with tensors was found within " + MAX_DEPTH + " levels; it holds " + keys(top));
        }
        dict.passed.forEach(dict::metadataOf);
        dict.metadataOf(found);
        dict.collect(found, "", 0);
        if (dict.tensors.isEmpty()) {
            throw dict.bad("no tensors at " + Inputs.quote(dict.root) + ", it holds " + keys(found));
        }
        return dict;
    }

    Map<String, StoredTensor> tensors() {
        return tensors;
    }

    Map<String, String> metadata() {
        return metadata;
    }

    String root() {
        return root;
    }

    // ---- where the tensors are

    private @Nullable Map<?, ?> find(Map<?, ?> map, String at, int depth) {
        if (depth > 4 || !tried.add(map)) {
            return null;
        }
        for (String wrapper : WRAPPERS) {
            Map<?, ?> inner = content(map.get(wrapper));
            Map<?, ?> found = inner == null ? null : find(inner, join(at, wrapper), depth + 1);
            if (found != null) {
                passed.add(0, map);
                return found;
            }
        }
        if (holdsTensors(map, 0)) {
            root = at;
            return map;
        }
        Map<?, ?> only = null;
        for (Map.Entry<?, ?> e : map.entrySet()) {
            Map<?, ?> inner = content(e.getValue());
            if (e.getKey() instanceof String key && inner != null && holdsTensors(inner, 0)) {
                if (only != null) {
                    throw new CheckpointException(
                            file + ": several dicts hold tensors, expected to be told which of " + keys(map),
                            CheckpointException.Remedy.ROOT);
                }
                only = inner;
                root = join(at, key);
            }
        }
        if (only != null) {
            passed.add(map);
        }
        return only;
    }

    /** Follows the dots of a path; a key may have dots itself. */
    private Map<?, ?> descend(Map<?, ?> top, String wanted) {
        root = wanted;
        Map<?, ?> map = top;
        String rest = wanted;
        while (!rest.isEmpty()) {
            int end = rest.length();
            Map<?, ?> inner = content(map.get(rest));
            while (inner == null && end > 0) {
                end = rest.lastIndexOf('.', end - 1);
                inner = end <= 0 ? null : content(map.get(rest.substring(0, end)));
            }
            if (inner == null) {
                throw bad("there is no dict at root " + Inputs.quote(wanted) + "; there is " + keys(map));
            }
            rest = end == rest.length() ? "" : rest.substring(end + 1);
            passed.add(map);
            map = inner;
        }
        return map;
    }

    /** What a dict or an object holds by name; null for anything else. */
    private static @Nullable Map<?, ?> content(@Nullable Object object) {
        if (object instanceof Placeholder placeholder) {
            return placeholder.content();
        }
        return object instanceof Map<?, ?> map ? map : null;
    }

    /** Whether tensors lie in a map itself, or below it in modules. */
    private boolean holdsTensors(Map<?, ?> map, int depth) {
        Boolean known = holding.get(map);
        if (known != null) {
            return known;
        }
        holding.put(map, false);
        boolean pythonModule = isPythonModule(map);
        boolean holds = false;
        for (Object value : map.values()) {
            Map<?, ?> inner = value instanceof Placeholder || pythonModule ? content(value) : null;
            holds |= tensor(value) != null || inner != null && depth < MAX_DEPTH && holdsTensors(inner, depth + 1);
        }
        holding.put(map, holds);
        return holds;
    }

    /** Whether these are the attributes of a {@code torch.nn.Module}. */
    private static boolean isPythonModule(Map<?, ?> map) {
        return content(map.get("_parameters")) != null && content(map.get("_modules")) != null;
    }

    // ---- what they are called

    /** Takes the tensors of a state dict, or of a module's attributes and of the modules below. */
    private void collect(Map<?, ?> map, String prefix, int depth) {
        if (depth > MAX_DEPTH) {
            throw bad("modules are nested deeper than " + MAX_DEPTH + " levels");
        }
        if (!path.add(map)) {
            throw bad("module " + Inputs.quote(prefix) + " contains itself");
        }
        boolean pythonModule = isPythonModule(map);
        if (pythonModule) {
            for (String part : List.of("_parameters", "_buffers")) {
                Map<?, ?> own = content(map.get(part));
                if (own != null) {
                    collect(own, prefix, depth + 1);
                }
            }
        }
        Map<?, ?> from = pythonModule ? content(map.get("_modules")) : map;
        if (from != null) {
            collectItems(from, prefix, depth);
        }
        path.remove(map);
    }

    private void collectItems(Map<?, ?> map, String prefix, int depth) {
        for (Map.Entry<?, ?> e : map.entrySet()) {
            // The same module may be named in several places, so that names unfold to more than the file.
            machine.charge(16);
            if (!(e.getKey() instanceof String key)) {
                continue;
            }
            StoredTensor tensor = tensor(e.getValue());
            if (tensor != null) {
                add(prefix.isEmpty() ? key : prefix + "." + key, tensor);
            } else if (e.getValue() instanceof Placeholder module
                    && !module.content().isEmpty()) {
                machine.charge(2L * (prefix.length() + key.length()));
                collect(module.content(), join(prefix, key), depth + 1);
            }
        }
    }

    private void add(String name, StoredTensor tensor) {
        machine.charge(2L * name.length() + 64);
        if (tensor instanceof TorchTensor window) {
            if (!window.storage().placed()) {
                throw bad("tensor " + Inputs.quote(name) + ": its storage "
                        + Inputs.quote(window.storage().key()) + " is not in the file");
            }
            if (window.copies()) {
                // Windows may repeat a storage, and many may share one.
                copied += window.bytes();
                if (copied > COPIES_PER_BYTE * fileBytes) {
                    throw bad("tensor " + Inputs.quote(name) + ": the strides of tensors repeat storages to more than "
                            + COPIES_PER_BYTE + " times the file");
                }
            }
        }
        if (tensors.put(name, tensor) != null) {
            throw bad("two tensors are named " + Inputs.quote(name));
        }
    }

    private @Nullable StoredTensor tensor(@Nullable Object value) {
        if (value instanceof StoredTensor tensor) {
            return tensor;
        }
        Object array = value instanceof Unpickler.Pending pending && !(value instanceof Placeholder)
                ? pending.value(machine)
                : value;
        return array instanceof HostArray host ? new Held(host) : null;
    }

    // ---- the rest

    private void metadataOf(Map<?, ?> map) {
        for (Map.Entry<?, ?> e : map.entrySet()) {
            if (e.getKey() instanceof String key && tensor(e.getValue()) == null) {
                machine.charge(2L * MAX_TEXT);
                metadata.putIfAbsent(key, describe(e.getValue()));
            }
        }
    }

    private String describe(@Nullable Object value) {
        if (value instanceof String text) {
            return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + "...";
        }
        if (value instanceof Number || value instanceof Boolean) {
            return value.toString();
        }
        if (value instanceof Map<?, ?> map) {
            return "dict of " + map.size();
        }
        if (value instanceof List<?> list) {
            return "list of " + list.size();
        }
        if (value instanceof Set<?> set) {
            return "set of " + set.size();
        }
        if (value instanceof ByteBuffer bytes) {
            return bytes.remaining() + " bytes";
        }
        if (value instanceof Unpickler.Global global) {
            return global.name();
        }
        if (value instanceof StoredTensor tensor) {
            return tensor.describe();
        }
        return value instanceof Placeholder placeholder
                ? placeholder.className()
                : value == null ? "None" : "an object";
    }

    /** Some of a dict's keys. */
    static String keys(Map<?, ?> map) {
        StringBuilder text = new StringBuilder();
        int n = 0;
        for (Object key : map.keySet()) {
            if (n++ == 8) {
                return text.append(", ... of ").append(map.size()).toString();
            }
            text.append(n == 1 ? "" : ", ").append(Inputs.quote(String.valueOf(key)));
        }
        return text.isEmpty() ? "nothing" : text.toString();
    }

    private static String join(String prefix, String key) {
        return prefix.isEmpty() ? key : prefix + "." + key;
    }

    private InvalidDataException bad(String what) {
        return new InvalidDataException(file + ": " + what);
    }
}
