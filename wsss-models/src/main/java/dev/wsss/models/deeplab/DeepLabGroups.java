package dev.wsss.models.deeplab;

import dev.wsss.core.nn.Network;
import dev.wsss.core.train.ParameterGroup;
import dev.wsss.core.train.ParameterGroups;
import dev.wsss.models.backbone.Backbone;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** The parameter groups of DeepLab's training as in wseg: layers on the backbone learn faster, biases faster still. */
public final class DeepLabGroups {
    private static final double HEAD = 10;
    private static final double BIAS = 2;

    private DeepLabGroups() {}

    /**
     * Weights of the backbone at the optimizer's rate and of the head at ten times it, with weight decay; biases at twice
     * the rate of their weights, without. Groups are named {@code backbone.weight}, {@code backbone.bias}, {@code
     * backbone.norm}, {@code head.weight} and so on; one without members is not there.
     *
     * @param backbone the network's own
     * @param weightDecay 5e-4 as published
     * @param norms whether the scales and shifts of batch normalization train too, as weights do but without decay. As
     *     published they are in no group and stay what the checkpoint has
     */
    public static List<ParameterGroup> of(Network network, Backbone backbone, double weightDecay, boolean norms) {
        List<Tensor> pretrained = List.copyOf(backbone.parameters().values());
        Map<String, List<String>> groups = new LinkedHashMap<>();
        network.parameters().forEach((name, tensor) -> {
            String part = pretrained.stream().anyMatch(p -> p == tensor) ? "backbone" : "head";
            groups.computeIfAbsent(part + kind(network, name), g -> new ArrayList<>())
                    .add(name);
        });
        ParameterGroups result = ParameterGroups.of(network);
        groups.forEach((group, names) -> {
            if (group.endsWith(".norm") && !norms) {
                return;
            }
            boolean bias = group.endsWith(".bias");
            double rate = (group.startsWith("head") ? HEAD : 1) * (bias ? BIAS : 1);
            result.group(group, names, rate, group.endsWith(".weight") ? weightDecay : 0);
        });
        return result.optDropRest().build();
    }

    private static String kind(Network network, String name) {
        int dot = name.lastIndexOf('.');
        if (network.buffers().containsKey(name.substring(0, dot + 1) + "running_mean")) {
            return ".norm";
        }
        return name.endsWith(".bias") ? ".bias" : ".weight";
    }
}
