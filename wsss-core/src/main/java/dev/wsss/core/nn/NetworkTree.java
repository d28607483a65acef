package dev.wsss.core.nn;

import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;

/** A network as a tree of parts, of which one may stand in several places. */
final class NetworkTree {
    private NetworkTree() {}

    /**
     * Where a part stands first.
     *
     * @param path unlike any other part's
     * @param prefix what stands before the names of its tensors
     */
    record Place(String path, String prefix) {
        /** Where the i-th part below stands. */
        Place below(Network.Part part, int i) {
            String here =
                    part.name().isEmpty() ? (path.isEmpty() ? "" : path + ".") + "[" + i + "]" : prefix + part.name();
            return new Place(here, prefix + part.prefix());
        }
    }

    /** Each part once, parents first, in order of registration. Networks are equal only to themselves. */
    static Map<Network, Place> modules(Network root) {
        Map<Network, Place> all = new LinkedHashMap<>();
        collect(root, new Place("", ""), all);
        return all;
    }

    private static void collect(Network network, Place place, Map<Network, Place> all) {
        if (all.putIfAbsent(network, place) != null) {
            return;
        }
        List<Network.Part> children = network.children();
        for (int i = 0; i < children.size(); i++) {
            Network.Part part = children.get(i);
            collect(part.network(), place.below(part, i), all);
        }
    }

    static <N> Map<String, N> modules(Network root, Class<N> type) {
        Map<String, N> all = new LinkedHashMap<>();
        modules(root).forEach((part, place) -> {
            if (type.isInstance(part)) {
                all.put(place.path, type.cast(part));
            }
        });
        return all;
    }

    static SortedMap<String, String> architecture(Network root) {
        Map<Network, Place> modules = modules(root);
        SortedMap<String, String> all = new TreeMap<>();
        modules.forEach((part, place) -> {
            all.put(place.path, describe(part));
            for (int i = 0; i < part.children().size(); i++) {
                Network.Part child = part.children().get(i);
                String here = place.below(child, i).path;
                String first = Objects.requireNonNull(modules.get(child.network())).path;
                if (!first.equals(here)) {
                    all.put(here, "the same as " + first);
                }
            }
        });
        return all;
    }

    private static String describe(Network part) {
        String settings = new TreeMap<>(part.settings())
                .entrySet().stream()
                        .map(e -> e.getKey() + "=" + text(e.getValue()))
                        .collect(Collectors.joining(", ", "(", ")"));
        StringBuilder text = new StringBuilder(part.getClass().getSimpleName()).append(settings);
        Set<String> parameters = part.parameters().keySet();
        part.ownTensors().forEach((name, t) -> {
            text.append(' ')
                    .append(name)
                    .append(' ')
                    .append(Tensors.dtype(t))
                    .append(Arrays.toString(Tensors.shape(t)));
            if (parameters.contains(name) && !t.requires_grad()) {
                text.append(" frozen");
            }
        });
        return text.toString();
    }

    private static String text(Object value) {
        if (value instanceof int[] ints) {
            return Arrays.toString(ints);
        }
        return value instanceof double[] doubles ? Arrays.toString(doubles) : value.toString();
    }

    /** Of the names of one tensor the last, whose value PyTorch would leave there. */
    static Collection<String> lastNames(List<String> names, Map<String, Tensor> tensors) {
        Map<Tensor, String> last = new IdentityHashMap<>();
        names.forEach(name -> last.put(tensors.get(name), name));
        return names.stream()
                .filter(name -> name.equals(last.get(tensors.get(name))))
                .toList();
    }

    static void freeze(Network root, String... paths) {
        Set<Tensor> below = Collections.newSetFromMap(new IdentityHashMap<>());
        Map<String, Tensor> state = root.state();
        for (String path : paths) {
            List<Tensor> found = state.entrySet().stream()
                    .filter(e -> path.isEmpty()
                            || e.getKey().equals(path)
                            || e.getKey().startsWith(path + "."))
                    .map(Map.Entry::getValue)
                    .toList();
            if (found.isEmpty()) {
                throw new IllegalArgumentException("there is nothing to freeze at '" + path + "' in "
                        + root.getClass().getSimpleName());
            }
            below.addAll(found);
        }
        root.parameters().values().stream().filter(below::contains).forEach(t -> t.set_requires_grad(false));
        modules(root, BatchNorm2d.class).values().stream()
                .filter(norm -> below.contains(norm.runningMean()))
                .forEach(norm -> norm.freeze(true));
    }
}
