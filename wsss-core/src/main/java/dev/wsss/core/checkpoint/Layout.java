package dev.wsss.core.checkpoint;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.HostArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * How one array's values become another's: a reversible rearrangement of its dimensions.
 *
 * <pre>{@code
 * Layout.of("o i -> o i 1 1");                                   // a linear layer to a 1x1 convolution
 * Layout.of("1 (h w) d -> d h w").with("h", 14);                 // a position table to a map, 14 rows
 * Layout.of("o (w h c) -> o (c h w)").with("w", 2).with("h", 2); // Swin's patch merging to unfold's order
 * Layout.reorder(1, 2, 1, 0);                                    // a kernel for BGR to one for RGB
 * }</pre>
 *
 * <p>In a pattern every word is a dimension, the first in a parenthesis varies slowest, and {@code 1} is a dimension of
 * length 1. Each word stands once on either side; of the words in one parenthesis, all but one need a length.
 */
public final class Layout {
    private final List<Rearrangement> steps;

    private Layout(List<Rearrangement> steps) {
        this.steps = List.copyOf(steps);
    }

    /**
     * A rearrangement by pattern.
     *
     * @throws IllegalArgumentException if the pattern is not one
     */
    public static Layout of(String pattern) {
        return new Layout(List.of(Pattern.parse(pattern)));
    }

    /**
     * A permutation along an axis, which is cut into as many equal blocks as there are numbers: block {@code i} of the
     * result is block {@code order[i]} of the source.
     *
     * @throws IllegalArgumentException if the numbers are no permutation of 0, 1, ..., or the axis is negative
     */
    public static Layout reorder(int axis, int... order) {
        return new Layout(List.of(new Reorder(axis, order)));
    }

    /**
     * Says how long a pattern's dimension is.
     *
     * @throws IllegalArgumentException if the pattern has no such dimension, or {@code length < 1}
     */
    public Layout with(String dimension, int length) {
        if (steps.size() != 1 || !(steps.get(0) instanceof Pattern pattern)) {
            throw new IllegalArgumentException("give '" + dimension + "' its length before joining layouts: " + this);
        }
        return new Layout(List.of(pattern.with(dimension, length)));
    }

    /** This, then another. */
    public Layout then(Layout next) {
        List<Rearrangement> all = new ArrayList<>(steps);
        all.addAll(next.steps);
        return new Layout(all);
    }

    /** The way back. */
    public Layout inverse() {
        List<Rearrangement> all = new ArrayList<>();
        for (Rearrangement step : steps) {
            all.add(0, step.inverse());
        }
        return new Layout(all);
    }

    /**
     * What comes of an array of this type and shape.
     *
     * @throws InvalidDataException if the shape does not fit
     */
    public TensorSpec apply(TensorSpec spec) {
        TensorSpec out = spec;
        for (Rearrangement step : steps) {
            out = TensorSpec.of(out.dtype(), step.shape(out.shape()));
        }
        return out;
    }

    /**
     * The rearranged array; a view where no value moves.
     *
     * @throws InvalidDataException if the shape does not fit
     */
    public HostArray apply(HostArray array) {
        HostArray out = array;
        for (Rearrangement step : steps) {
            out = step.apply(out);
        }
        return out;
    }

    /** That both directions know every length, which {@link #with} may supply after the pattern. */
    void requireComplete() {
        steps.forEach(Rearrangement::requireComplete);
    }

    @Override
    public String toString() {
        return String.join(", then ", steps.stream().map(Object::toString).toList());
    }

    private interface Rearrangement {
        Rearrangement inverse();

        long[] shape(long[] from);

        HostArray apply(HostArray array);

        default void requireComplete() {}
    }

    private static final class Reorder implements Rearrangement {
        private final int axis;
        private final int[] order;

        Reorder(int axis, int[] order) {
            int[] sorted = order.clone();
            Arrays.sort(sorted);
            for (int i = 0; i < sorted.length; i++) {
                if (sorted[i] != i) {
                    throw new IllegalArgumentException(
                            "order must hold 0.." + (order.length - 1) + " once each, got " + Arrays.toString(order));
                }
            }
            if (axis < 0 || order.length == 0) {
                throw new IllegalArgumentException(
                        "axis must not be negative and order not empty, got " + axis + ", " + Arrays.toString(order));
            }
            this.axis = axis;
            this.order = order.clone();
        }

        @Override
        public Rearrangement inverse() {
            int[] back = new int[order.length];
            for (int i = 0; i < order.length; i++) {
                back[order[i]] = i;
            }
            return new Reorder(axis, back);
        }

        @Override
        public long[] shape(long[] from) {
            if (axis >= from.length || from[axis] % order.length != 0) {
                throw new InvalidDataException("shape " + Arrays.toString(from) + " cannot be reordered: expected axis "
                        + axis + " to be a multiple of " + order.length);
            }
            return from;
        }

        @Override
        public HostArray apply(HostArray array) {
            long[] shape = shape(array.shape());
            long[] blocks = new long[shape.length + 1];
            System.arraycopy(shape, 0, blocks, 0, axis);
            blocks[axis] = order.length;
            blocks[axis + 1] = shape[axis] / order.length;
            System.arraycopy(shape, axis + 1, blocks, axis + 2, shape.length - axis - 1);
            return Strides.take(array, blocks, axis, order, shape);
        }

        @Override
        public String toString() {
            return "axis " + axis + " in the order " + Arrays.toString(order);
        }
    }

    private record Pattern(List<List<String>> from, List<List<String>> to, Map<String, Integer> lengths)
            implements Rearrangement {

        static Pattern parse(String text) {
            int arrow = text.indexOf("->");
            if (arrow < 0) {
                throw new IllegalArgumentException("a layout's pattern is 'a b -> b a', got '" + text + "'");
            }
            List<List<String>> from = groups(text.substring(0, arrow), text);
            List<List<String>> to = groups(text.substring(arrow + 2), text);
            List<String> left = words(from);
            List<String> right = words(to);
            if (left.stream().distinct().count() != left.size()
                    || right.stream().distinct().count() != right.size()
                    || !Set.copyOf(left).equals(Set.copyOf(right))) {
                throw new IllegalArgumentException(
                        "every dimension must stand once on either side of '->', got '" + text + "'");
            }
            return new Pattern(from, to, Map.of());
        }

        private static List<List<String>> groups(String side, String text) {
            List<List<String>> groups = new ArrayList<>();
            String spaced = side.replace("(", " ( ").replace(")", " ) ").strip();
            List<String> open = null;
            for (String token : spaced.isEmpty() ? new String[0] : spaced.split("\\s+")) {
                if (token.equals("(") && open == null) {
                    open = new ArrayList<>();
                } else if (token.equals(")") && open != null) {
                    groups.add(List.copyOf(open));
                    open = null;
                } else if (token.equals("1") && open == null) {
                    groups.add(List.of());
                } else if (token.matches("[A-Za-z][A-Za-z0-9_]*")) {
                    if (open == null) {
                        groups.add(List.of(token));
                    } else {
                        open.add(token);
                    }
                } else {
                    throw new IllegalArgumentException("'" + token + "' cannot stand there in '" + text + "'");
                }
            }
            if (open != null) {
                throw new IllegalArgumentException("a parenthesis is not closed in '" + text + "'");
            }
            return groups;
        }

        private static List<String> words(List<List<String>> groups) {
            return groups.stream().flatMap(List::stream).toList();
        }

        Pattern with(String word, int length) {
            if (!words(from).contains(word) || length < 1) {
                throw new IllegalArgumentException(
                        "'" + this + "' has no dimension '" + word + "' of length " + length);
            }
            Map<String, Integer> more = new LinkedHashMap<>(lengths);
            more.put(word, length);
            return new Pattern(from, to, Map.copyOf(more));
        }

        @Override
        public void requireComplete() {
            for (List<List<String>> side : List.of(from, to)) {
                for (List<String> group : side) {
                    List<String> open =
                            group.stream().filter(w -> !lengths.containsKey(w)).toList();
                    if (open.size() > 1) {
                        throw new IllegalArgumentException(
                                "'" + this + "' can be reversed only if all but one of " + open + " have a length");
                    }
                }
            }
        }

        @Override
        public Rearrangement inverse() {
            return new Pattern(to, from, lengths);
        }

        private Map<String, Long> solve(long[] shape) {
            if (shape.length != from.size()) {
                throw mismatch(shape);
            }
            Map<String, Long> solved = new LinkedHashMap<>();
            for (int d = 0; d < shape.length; d++) {
                long known = 1;
                String open = "";
                for (String word : from.get(d)) {
                    Integer length = lengths.get(word);
                    if (length != null) {
                        known *= length;
                        solved.put(word, (long) length);
                    } else if (open.isEmpty()) {
                        open = word;
                        solved.put(word, 0L); // keeps the order of the words
                    } else {
                        throw new IllegalArgumentException("'" + this + "' needs the length of '" + word + "'");
                    }
                }
                if (open.isEmpty() ? shape[d] != known : shape[d] % known != 0) {
                    throw mismatch(shape);
                }
                if (!open.isEmpty()) {
                    solved.put(open, shape[d] / known);
                }
            }
            return solved;
        }

        private InvalidDataException mismatch(long[] shape) {
            return new InvalidDataException(
                    "shape " + Arrays.toString(shape) + " does not fit the layout '" + this + "'");
        }

        @Override
        public long[] shape(long[] shape) {
            Map<String, Long> solved = solve(shape);
            return to.stream()
                    .mapToLong(g -> g.stream().mapToLong(solved::get).reduce(1, Math::multiplyExact))
                    .toArray();
        }

        @Override
        public HostArray apply(HostArray array) {
            Map<String, Long> solved = solve(array.shape());
            List<String> words = new ArrayList<>(solved.keySet());
            long[] lengthsInOrder = words.stream().mapToLong(solved::get).toArray();
            int[] order = words(to).stream().mapToInt(words::indexOf).toArray();
            return Strides.permute(array, lengthsInOrder, order, shape(array.shape()));
        }

        @Override
        public String toString() {
            String text = side(from) + " -> " + side(to);
            return lengths.isEmpty() ? text : text + " with " + new TreeMap<>(lengths);
        }

        private static String side(List<List<String>> groups) {
            List<String> parts = groups.stream()
                    .map(g -> g.isEmpty() ? "1" : g.size() == 1 ? g.get(0) : "(" + String.join(" ", g) + ")")
                    .toList();
            return String.join(" ", parts);
        }
    }
}
