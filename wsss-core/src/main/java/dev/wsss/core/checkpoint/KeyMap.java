package dev.wsss.core.checkpoint;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.CheckpointException;
import dev.wsss.core.io.HostArray;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How the keys of a family of checkpoints ("theirs") correspond to those of a network ("ours"): rules that work both
 * ways.
 *
 * <pre>{@code
 * KeyMap map = KeyMap.builder()
 *         .rename("visual.proj", "projection.weight", Layout.of("i o -> o i 1 1"))
 *         .rename("blocks.{1}.ln.{*}", "layers.{1+1}.norm.{*}")
 *         .split("blocks.{1}.qkv.weight", 0,
 *                 "layers.{1+1}.q.weight", "layers.{1+1}.k.weight", "layers.{1+1}.v.weight")
 *         .prefix("backbone.", "")                      // what no rule above covers
 *         .fillOurs("{*}.num_batches_tracked", "{*}.running_mean", HostArray.ofLongs(new long[1]))
 *         .dropTheirs("fc.*")
 *         .build();
 * network.load(map.toOurs(checkpoint));
 * Safetensors.write(file, map.toTheirs(network.stateDict()), Map.of());
 * }</pre>
 *
 * <p><b>Rules.</b> A key in a rule may have holes, each of which stands for the same value on either side: {@code {0}} to
 * {@code {9}} are numbers from 0, {@code {1+2}} a number plus two (so at least 2), {@code {*}} any text. Each rule must use the same holes on
 * both sides. {@linkplain Builder#prefix Prefixes} take what no other rule does, the longest first.
 *
 * <p><b>Safety.</b> Nothing is guessed. Refused by name are a key that no rule covers, one that two rules claim, two keys
 * that become one, an array whose partner is missing, a shape that a rule cannot work on, and a key that would not find
 * its way back. So {@code toTheirs(toOurs(x))} is {@code x}, bit for bit, but for what is dropped or
 * filled; only {@link Builder#quotient}, which computes, cannot promise it.
 */
public final class KeyMap {
    private final List<Rule> rules;
    private final List<Prefix> prefixes;
    private final List<Glob> drops;
    private final List<Fill> fills;
    private final List<Glob> targetDrops;
    private final List<Fill> targetFills;
    private static final Step UNCOVERED = new Step(List.of(), List.of(), new Op.Same(), "no rule");

    private final Map<String, Rule> exact = new HashMap<>();
    private final List<Rule> open = new ArrayList<>();

    private KeyMap(
            List<Rule> rules,
            List<Prefix> prefixes,
            List<Glob> drops,
            List<Fill> fills,
            List<Glob> targetDrops,
            List<Fill> targetFills) {
        this.rules = List.copyOf(rules);
        this.prefixes = prefixes.stream()
                .sorted(Comparator.comparingInt((Prefix p) -> p.from.length()).reversed())
                .toList();
        this.drops = List.copyOf(drops);
        this.fills = List.copyOf(fills);
        this.targetDrops = List.copyOf(targetDrops);
        this.targetFills = List.copyOf(targetFills);
        for (Rule rule : rules) {
            boolean isExact = rule.from.stream().allMatch(Template::isExact);
            if (!isExact) {
                open.add(rule);
                continue;
            }
            for (Template key : rule.from) {
                if (exact.put(key.toString(), rule) != null) {
                    throw new IllegalArgumentException("two rules claim the key '" + key + "'");
                }
            }
        }
        Set<String> seen = new HashSet<>();
        for (Prefix p : prefixes) {
            if (!seen.add(p.from)) {
                throw new IllegalArgumentException("two rules claim the prefix '" + p.from + "'");
            }
        }
    }

    /** Starts a map. Without any rule it covers no key. */
    public static Builder builder() {
        return new Builder();
    }

    /** The map of keys that are ours already. */
    public static KeyMap identity() {
        return builder().prefix("", "").build();
    }

    /** Whether a rule, a prefix, a drop or a filling knows a key of theirs, so that {@link #plan} does not refuse it. */
    public boolean covers(String key) {
        return find(key) != UNCOVERED;
    }

    /** The same rules with both sides exchanged. */
    public KeyMap inverse() {
        return new KeyMap(
                rules.stream().map(Rule::inverse).toList(),
                prefixes.stream().map(Prefix::inverse).toList(),
                targetDrops,
                targetFills,
                drops,
                fills);
    }

    /**
     * A checkpoint of the family under our keys.
     *
     * @throws InvalidDataException naming the key, if the rules cannot take the checkpoint
     */
    public Map<String, HostArray> toOurs(Map<String, HostArray> theirs) {
        return plan(TensorSpec.of(theirs)).apply(theirs);
    }

    /**
     * Our arrays under the family's keys.
     *
     * @throws InvalidDataException naming the key, if the rules cannot take them
     */
    public Map<String, HostArray> toTheirs(Map<String, HostArray> ours) {
        return inverse().toOurs(ours);
    }

    /**
     * What {@link #toOurs} would do to a checkpoint of these types and shapes.
     *
     * @throws InvalidDataException naming the key, if the rules cannot take the checkpoint
     */
    public Plan plan(Map<String, TensorSpec> theirs) {
        KeyMap back = inverse();
        List<Step> steps = new ArrayList<>();
        List<String> dropped = new ArrayList<>();
        Map<String, String> origin = new HashMap<>();
        Map<String, TensorSpec> specs = new LinkedHashMap<>();
        for (String key : theirs.keySet()) {
            Step step = step(key);
            if (step == null) {
                dropped.add(key);
                continue;
            }
            List<TensorSpec> in = new ArrayList<>();
            for (String source : step.from) {
                TensorSpec spec = theirs.get(source);
                if (spec == null) {
                    throw new InvalidDataException("'" + key + "' needs '" + source + "' beside it, for the rule "
                            + step.rule + "; the checkpoint has no such key");
                }
                in.add(spec);
            }
            if (!key.equals(step.from.get(0))) {
                continue; // its first partner makes the step
            }
            List<TensorSpec> out;
            try {
                out = step.op.specs(in);
            } catch (InvalidDataException e) {
                throw new InvalidDataException("'" + key + "': " + e.getMessage(), e);
            }
            for (int i = 0; i < step.to.size(); i++) {
                String target = step.to.get(i);
                String other = origin.put(target, key);
                if (other != null) {
                    throw new InvalidDataException("'" + other + "' and '" + key + "' both become '" + target + "'");
                }
                requireWayBack(back, key, target, step);
                specs.put(target, out.get(i));
            }
            steps.add(step);
        }
        Map<String, HostArray> filled = fill(specs);
        filled.forEach((key, value) -> specs.put(key, TensorSpec.of(value)));
        return new Plan(steps, specs, dropped, filled);
    }

    private static void requireWayBack(KeyMap back, String key, String target, Step step) {
        Step reverse;
        try {
            reverse = back.step(target);
        } catch (InvalidDataException e) {
            throw new InvalidDataException(
                    "'" + key + "' becomes '" + target + "', which has no way back: " + e.getMessage(), e);
        }
        if (reverse == null || !reverse.to.equals(step.from)) {
            throw new InvalidDataException("'" + key + "' becomes '" + target + "', which "
                    + (reverse == null ? "is dropped on the way back" : "goes back to " + reverse.to));
        }
    }

    private Map<String, HostArray> fill(Map<String, TensorSpec> specs) {
        Map<String, HostArray> filled = new LinkedHashMap<>();
        for (Fill fill : targetFills) {
            for (String key : specs.keySet()) {
                Map<String, String> values = fill.beside.match(key);
                String target = values == null ? null : fill.key.fill(values);
                if (target != null && !specs.containsKey(target)) {
                    filled.put(target, fill.value);
                }
            }
        }
        return filled;
    }

    /** What becomes of a key; null if it is dropped. */
    private @Nullable Step step(String key) {
        Step step = find(key);
        if (step == UNCOVERED) {
            throw new CheckpointException("no rule covers the key '" + key + "'", CheckpointException.Remedy.LEAVE_OUT);
        }
        return step;
    }

    /** What a key becomes; null if nothing, and {@link #UNCOVERED} if that is not known. */
    private @Nullable Step find(String key) {
        List<Step> claims = new ArrayList<>();
        Rule known = exact.get(key);
        if (known != null) {
            claims.add(Objects.requireNonNull(known.step(Map.of())));
        }
        for (Rule rule : open) {
            for (Template template : rule.from) {
                Map<String, String> values = template.match(key);
                Step step = values == null ? null : rule.step(values);
                if (step != null) {
                    claims.add(step);
                }
            }
        }
        Glob drop = drops.stream().filter(g -> g.matches(key)).findFirst().orElse(null);
        if (claims.size() + (drop == null ? 0 : 1) > 1) {
            List<String> all = Stream.concat(
                            claims.stream().map(Step::rule),
                            Stream.ofNullable(drop).map(g -> "drop " + g))
                    .toList();
            throw new InvalidDataException("'" + key + "' is claimed by several rules: " + all);
        }
        if (!claims.isEmpty()) {
            return claims.get(0);
        }
        if (drop != null) {
            return null;
        }
        for (Prefix prefix : prefixes) {
            if (key.startsWith(prefix.from)) {
                String target = prefix.to + key.substring(prefix.from.length());
                return new Step(List.of(key), List.of(target), new Op.Same(), prefix.toString());
            }
        }
        if (fills.stream().anyMatch(f -> f.key.match(key) != null)) {
            return null;
        }
        return UNCOVERED;
    }

    private record Rule(List<Template> from, List<Template> to, Op op) {
        Rule {
            Set<String> holes = from.get(0).holeNames();
            for (Template t : Stream.concat(from.stream(), to.stream()).toList()) {
                if (!t.holeNames().equals(holes)) {
                    throw new IllegalArgumentException("'" + from.get(0) + "' has the holes " + holes + " and '" + t
                            + "' has " + t.holeNames() + "; a rule must use the same ones everywhere");
                }
            }
            requireDistinct(from);
            requireDistinct(to);
        }

        private static void requireDistinct(List<Template> side) {
            if (new HashSet<>(side).size() != side.size()) {
                throw new IllegalArgumentException("a key stands twice on one side of a rule: " + side);
            }
        }

        Rule inverse() {
            return new Rule(to, from, op.inverse());
        }

        /** The step with these values in the holes; null if one of its keys would have a number below zero. */
        @Nullable
        Step step(Map<String, String> values) {
            List<String> sources = fill(from, values);
            List<String> targets = fill(to, values);
            return sources.size() < from.size() || targets.size() < to.size()
                    ? null
                    : new Step(sources, targets, op, toString());
        }

        private static List<String> fill(List<Template> templates, Map<String, String> values) {
            return templates.stream()
                    .flatMap(t -> Stream.ofNullable(t.fill(values)))
                    .toList();
        }

        @Override
        public String toString() {
            return side(from) + " -> " + side(to);
        }

        private static String side(List<Template> side) {
            return side.size() == 1 ? side.get(0).toString() : side.toString();
        }
    }

    private record Prefix(String from, String to) {
        Prefix inverse() {
            return new Prefix(to, from);
        }

        @Override
        public String toString() {
            return "prefix '" + from + "' -> '" + to + "'";
        }
    }

    private record Fill(Template key, Template beside, HostArray value) {}

    private record Step(List<String> from, List<String> to, Op op, String rule) {}

    /** What a map does to one checkpoint: made from types and shapes, applied to values. */
    public static final class Plan {
        private final List<Step> steps;
        private final Map<String, TensorSpec> specs;
        private final List<String> dropped;
        private final Map<String, HostArray> filled;

        private Plan(
                List<Step> steps, Map<String, TensorSpec> specs, List<String> dropped, Map<String, HostArray> filled) {
            this.steps = List.copyOf(steps);
            this.specs = specs;
            this.dropped = List.copyOf(dropped);
            this.filled = filled;
        }

        /** Types and shapes of the result by key. */
        public Map<String, TensorSpec> specs() {
            return Collections.unmodifiableMap(specs);
        }

        /** Keys of the source that the map drops on purpose. */
        public List<String> dropped() {
            return dropped;
        }

        /** Keys of the result that the source lacked and the map supplies. */
        public List<String> filled() {
            return List.copyOf(filled.keySet());
        }

        /** The keys of the source from which a key of the result is made; none if it is filled. */
        public List<String> sources(String key) {
            return steps.stream()
                    .filter(s -> s.to.contains(key))
                    .findFirst()
                    .map(Step::from)
                    .orElse(List.of());
        }

        /**
         * The result. Arrays whose values stay in their order are passed on without a copy.
         *
         * @param arrays what the plan was made for
         * @throws InvalidDataException if an array is missing or has another type or shape by now
         */
        public Map<String, HostArray> apply(Map<String, HostArray> arrays) {
            Map<String, HostArray> result = new LinkedHashMap<>();
            for (Step step : steps) {
                List<HostArray> in = new ArrayList<>();
                for (String key : step.from) {
                    HostArray array = arrays.get(key);
                    if (array == null) {
                        throw new InvalidDataException("there is no array '" + key + "' though the plan has one");
                    }
                    in.add(array);
                }
                List<HostArray> out = step.op.apply(in);
                for (int i = 0; i < step.to.size(); i++) {
                    String key = step.to.get(i);
                    TensorSpec planned = specs.get(key);
                    if (planned == null || !planned.equals(TensorSpec.of(out.get(i)))) {
                        throw new InvalidDataException(
                                "'" + key + "' is " + out.get(i) + ", the plan was made for " + planned);
                    }
                    result.put(key, out.get(i));
                }
            }
            result.putAll(filled);
            return result;
        }
    }

    /** Rules of a map, in any order. Each method throws IllegalArgumentException if its keys are not well formed. */
    public static final class Builder {
        private final List<Rule> rules = new ArrayList<>();
        private final List<Prefix> prefixes = new ArrayList<>();
        private final List<Glob> theirDrops = new ArrayList<>();
        private final List<Glob> ourDrops = new ArrayList<>();
        private final List<Fill> theirFills = new ArrayList<>();
        private final List<Fill> ourFills = new ArrayList<>();

        private Builder() {}

        /** One key, or each of a form, under another name. */
        public Builder rename(String theirs, String ours) {
            return rule(List.of(theirs), List.of(ours), new Op.Same());
        }

        /** One key under another name, its values rearranged; {@code layout} leads from theirs to ours. */
        public Builder rename(String theirs, String ours, Layout layout) {
            layout.requireComplete();
            return rule(List.of(theirs), List.of(ours), new Op.Relayout(layout));
        }

        /** One of their arrays is several of ours, which lie in it one after the other along an axis, equally long. */
        public Builder split(String theirs, int axis, String... ours) {
            requireParts(axis, ours.length);
            return rule(List.of(theirs), List.of(ours), new Op.Split(axis, ours.length));
        }

        /** Several of their arrays, of one shape, are one of ours, in which they lie one after the other along an axis. */
        public Builder join(int axis, List<String> theirs, String ours) {
            requireParts(axis, theirs.size());
            return rule(theirs, List.of(ours), new Op.Join(axis, theirs.size()));
        }

        /**
         * Their arrays are ours times a number that they keep beside them, as the sums of Caffe's batch normalization
         * are. On the way to them the number is 1. This computes, so a checkpoint of another number does not come back bit
         * for bit.
         */
        public Builder quotient(List<String> theirs, String theirDivisor, List<String> ours) {
            if (theirs.isEmpty() || theirs.size() != ours.size()) {
                throw new IllegalArgumentException("as many keys on either side, got " + theirs + " and " + ours);
            }
            List<String> from = new ArrayList<>(theirs);
            from.add(theirDivisor);
            return rule(from, ours, new Op.Quotient());
        }

        /** All keys that begin so and that no rule covers begin otherwise with us; either may be empty. */
        public Builder prefix(String theirs, String ours) {
            prefixes.add(new Prefix(theirs, ours));
            return this;
        }

        /** Keys of theirs that we have no use for; {@code *} stands for any text. */
        public Builder dropTheirs(String keys) {
            theirDrops.add(new Glob(keys));
            return this;
        }

        /** Keys of ours that they have no use for; {@code *} stands for any text. */
        public Builder dropOurs(String keys) {
            ourDrops.add(new Glob(keys));
            return this;
        }

        /**
         * An array that we have and they may lack: wherever there is the one ({@code beside}) and not the other ({@code
         * key}), it gets this value. On the way to them it is dropped, unless a rule or a prefix covers it.
         */
        public Builder fillOurs(String key, String beside, HostArray value) {
            ourFills.add(filling(key, beside, value));
            return this;
        }

        /** As {@link #fillOurs}, for an array that they have and we lack. */
        public Builder fillTheirs(String key, String beside, HostArray value) {
            theirFills.add(filling(key, beside, value));
            return this;
        }

        private static Fill filling(String key, String beside, HostArray value) {
            Template template = Template.of(key);
            Template other = Template.of(beside);
            if (!template.holeNames().equals(other.holeNames())) {
                throw new IllegalArgumentException("'" + key + "' and '" + beside + "' must have the same holes");
            }
            return new Fill(template, other, value);
        }

        private static void requireParts(int axis, int parts) {
            if (axis < 0 || parts < 2) {
                throw new IllegalArgumentException(
                        "axis must not be negative and parts at least 2, got " + axis + " and " + parts);
            }
        }

        private Builder rule(List<String> theirs, List<String> ours, Op op) {
            rules.add(new Rule(
                    theirs.stream().map(Template::of).toList(),
                    ours.stream().map(Template::of).toList(),
                    op));
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalArgumentException if two rules claim one key or one prefix, on either side
         */
        public KeyMap build() {
            KeyMap map = new KeyMap(rules, prefixes, theirDrops, theirFills, ourDrops, ourFills);
            map.inverse(); // the same checks for our side
            return map;
        }
    }
}
