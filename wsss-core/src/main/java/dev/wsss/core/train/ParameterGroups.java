package dev.wsss.core.train;

import dev.wsss.core.nn.Network;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;

/**
 * Splits a network's parameters into groups by their names:
 *
 * <pre>{@code
 * List<ParameterGroup> groups = ParameterGroups.of(network)
 *         .group("head.weight", n -> n.startsWith("head.") && n.endsWith("weight"), 10, 5e-4)
 *         .group("head.bias", n -> n.startsWith("head.") && n.endsWith("bias"), 20, 0)
 *         .rest("backbone", 1, 5e-4)
 *         .build();
 * }</pre>
 *
 * <p>Every parameter must be in exactly one group, frozen ones too: a misspelt prefix would otherwise train a head at
 * the backbone's rate, or not at all, without a word. Published code that leaves some out says so by {@link
 * #optDropRest}.
 */
public final class ParameterGroups {
    private final Map<String, Tensor> parameters;
    private final List<Choice> choices = new ArrayList<>();
    private boolean dropRest;

    private record Choice(String name, Predicate<String> member, boolean rest, double multiplier, double decay) {}

    private ParameterGroups(Map<String, Tensor> parameters) {
        this.parameters = parameters;
    }

    /** Starts with the parameters of a network and no group. */
    public static ParameterGroups of(Network network) {
        return new ParameterGroups(network.parameters());
    }

    /** All parameters of a network in one group, {@code all}, at the optimizer's own rate. */
    public static List<ParameterGroup> all(Network network, double weightDecay) {
        return of(network).rest("all", 1, weightDecay).build();
    }

    /** Adds a group of the parameters whose full name satisfies a predicate. */
    public ParameterGroups group(String name, Predicate<String> member, double rateMultiplier, double weightDecay) {
        if (choices.stream().anyMatch(c -> c.name.equals(name))) {
            throw new IllegalArgumentException("there are two parameter groups named '" + name + "'");
        }
        choices.add(new Choice(name, member, false, rateMultiplier, weightDecay));
        return this;
    }

    /**
     * Adds a group of listed parameters.
     *
     * @throws IllegalArgumentException if the network lacks one of them
     */
    public ParameterGroups group(String name, Collection<String> members, double rateMultiplier, double weightDecay) {
        Set<String> names = new TreeSet<>(members);
        for (String member : names) {
            if (!parameters.containsKey(member)) {
                throw new IllegalArgumentException(
                        "parameter group '" + name + "' lists '" + member + "', which the network does not have");
            }
        }
        return group(name, names::contains, rateMultiplier, weightDecay);
    }

    /** Puts what no other group has into one; there is no such group if nothing is left. */
    public ParameterGroups rest(String name, double rateMultiplier, double weightDecay) {
        group(name, n -> true, rateMultiplier, weightDecay);
        Choice last = choices.remove(choices.size() - 1);
        choices.add(new Choice(last.name, last.member, true, last.multiplier, last.decay));
        return this;
    }

    /** Lets parameters of no group be: they are not trained, but still get gradients unless they are frozen. */
    public ParameterGroups optDropRest() {
        dropRest = true;
        return this;
    }

    /**
     * The groups, in the order in which they were added.
     *
     * @throws IllegalArgumentException naming the parameter that is in two groups or in none, or the group without any
     */
    public List<ParameterGroup> build() {
        Map<String, Map<String, Tensor>> members = new LinkedHashMap<>();
        choices.forEach(c -> members.put(c.name, new LinkedHashMap<>()));
        parameters.forEach((name, tensor) -> {
            List<Choice> named =
                    choices.stream().filter(c -> !c.rest && c.member.test(name)).toList();
            if (named.size() > 1) {
                throw new IllegalArgumentException("parameter '" + name + "' is in two groups, '" + named.get(0).name
                        + "' and '" + named.get(1).name + "'");
            }
            if (named.isEmpty()) {
                named = choices.stream().filter(Choice::rest).limit(1).toList();
            }
            if (named.isEmpty() && !dropRest) {
                throw new IllegalArgumentException("parameter '" + name + "' is in none of the groups "
                        + members.keySet() + "; add rest(..), or optDropRest() to leave it out");
            }
            named.forEach(c -> members.getOrDefault(c.name, Map.of()).put(name, tensor));
        });
        return choices.stream()
                .filter(c -> !c.rest || !members.getOrDefault(c.name, Map.of()).isEmpty())
                .map(c -> new ParameterGroup(c.name, members.getOrDefault(c.name, Map.of()), c.multiplier, c.decay))
                .toList();
    }
}
