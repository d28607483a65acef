package dev.wsss.systems.cdl;

import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Network;
import dev.wsss.core.train.ParameterGroup;
import dev.wsss.core.train.ParameterGroups;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The parameter groups of CDL's training. */
public final class CdlGroups {
    private static final String BASE = "base.";
    private static final String AFFINITY = BASE + "affinity_3rd.";
    private static final String CLASSIFIERS = BASE + "aspp";

    private CdlGroups() {}

    /**
     * Convolutions of the backbone at the optimizer's rate, weights of the classifiers at ten times it, both with weight decay;
     * biases of the classifiers and the whole affinity head at twenty times it, without. Groups are named {@code backbone,
     * backbone.norm, head.weight, head.bias} and {@code affinity}; one without members is not there.
     *
     * @param weightDecay 5e-4 as published
     * @param norms whether scales and shifts of the backbone's batch normalizations train too, at the optimizer's rate and
     *     without decay. As published they do not
     * @param compat whether the affinity head of {@link CdlVariant#EXTENDED} trains
     */
    public static List<ParameterGroup> of(CdlNetwork network, double weightDecay, boolean norms, CdlCompat compat) {
        Set<String> normalizing = norms(network);
        ParameterGroups groups = ParameterGroups.of(network)
                .group("backbone", name -> isBackbone(name) && !normalizing.contains(name), 1, weightDecay)
                .group("head.weight", name -> name.startsWith(CLASSIFIERS) && name.endsWith(".weight"), 10, weightDecay)
                .group("head.bias", name -> name.startsWith(CLASSIFIERS) && name.endsWith(".bias"), 20, 0);
        if (norms) {
            groups.group("backbone.norm", name -> isBackbone(name) && normalizing.contains(name), 1, 0);
        }
        if (!compat.untrainedAffinity() || !network.variant().hasStrongView()) {
            groups.group("affinity", name -> name.startsWith(AFFINITY), 20, 0);
        }
        return groups.optDropRest().build();
    }

    private static boolean isBackbone(String name) {
        return !name.startsWith(CLASSIFIERS) && !name.startsWith(AFFINITY);
    }

    private static Set<String> norms(Network network) {
        Set<String> names = new TreeSet<>();
        for (Map.Entry<String, BatchNorm2d> norm :
                network.modules(BatchNorm2d.class).entrySet()) {
            norm.getValue().parameters().keySet().forEach(own -> names.add(norm.getKey() + "." + own));
        }
        return names;
    }
}
