package dev.wsss.core.nn;

import dev.wsss.api.InvalidDataException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The tensors of a network that is made without values, until each has got one. Of one thread. */
final class Unfilled {
    private static final ThreadLocal<@Nullable Unfilled> CURRENT = new ThreadLocal<>();

    /** Each with its version when construction ended: what is written later has a value. */
    private final Map<Tensor, Long> tensors = new IdentityHashMap<>();

    private boolean constructing = true;

    private Unfilled() {}

    /** Starts. */
    static Unfilled open() {
        if (CURRENT.get() != null) {
            throw new IllegalStateException("a network is being loaded already by this thread");
        }
        Unfilled unfilled = new Unfilled();
        CURRENT.set(unfilled);
        return unfilled;
    }

    /** Construction is over: from here on what is drawn is drawn. */
    void constructed() {
        constructing = false;
        tensors.replaceAll((tensor, version) -> tensor._version());
    }

    /** Ends. */
    static void close() {
        CURRENT.remove();
    }

    /** Whether nothing is to be drawn now. */
    static boolean constructing() {
        Unfilled current = CURRENT.get();
        return current != null && current.constructing;
    }

    static void register(Tensor tensor) {
        Unfilled current = CURRENT.get();
        if (current != null && current.constructing) {
            current.tensors.put(tensor, 0L);
        }
    }

    /** A checkpoint has given its value, past the version counter. */
    static void filled(Tensor tensor) {
        Unfilled current = CURRENT.get();
        if (current != null) {
            current.tensors.remove(tensor);
        }
    }

    /**
     * Refuses a network of which a tensor has no value.
     *
     * @throws InvalidDataException naming those
     */
    void requireNone(Network network) {
        List<String> names = new ArrayList<>();
        network.state().forEach((name, tensor) -> {
            Long version = tensors.get(tensor);
            if (version != null && tensor._version() == version) {
                names.add(name);
            }
        });
        if (!names.isEmpty()) {
            throw new InvalidDataException(network.getClass().getSimpleName() + " has got no values for " + names);
        }
    }
}
