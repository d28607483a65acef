package dev.wsss.systems.ppc;

import dev.wsss.core.nn.Network;
import dev.wsss.core.train.ParameterGroups;
import dev.wsss.core.train.Sgd;
import dev.wsss.models.backbone.Backbone;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** The optimizer with which PSA, SEAM, EPS and PPC train their networks, AffinityNet included. */
public final class PpcOptimizer {
    /** Layers that start from nothing learn this many times as fast. */
    private static final double HEAD_RATE = 10;

    private static final double MOMENTUM = 0.9;

    private PpcOptimizer() {}

    /**
     * SGD over two groups, {@code backbone} and {@code head}, which learns ten times as fast. Use it with {@link
     * dev.wsss.core.train.Schedule#polyHoldingLast} of power 0.9. To be closed by the caller.
     *
     * @param backbone the network's own
     * @param learningRate of the backbone as published, for steps without momentum: 0.01
     * @param weightDecay 5e-4 as published
     * @param compat whose {@link PpcCompat#momentum()} counts
     */
    public static Sgd of(
            Network network, Backbone backbone, double learningRate, double weightDecay, PpcCompat compat) {
        List<Tensor> pretrained = List.copyOf(backbone.parameters().values());
        List<String> head = network.parameters().entrySet().stream()
                .filter(e -> pretrained.stream().noneMatch(p -> p == e.getValue()))
                .map(Map.Entry::getKey)
                .toList();
        return Sgd.builder()
                .setGroups(ParameterGroups.of(network)
                        .group("head", head, HEAD_RATE, weightDecay)
                        .rest("backbone", 1, weightDecay)
                        .build())
                .setLearningRate(compat.momentum() ? learningRate : learningRate * (1 - MOMENTUM))
                .optMomentum(compat.momentum() ? weightDecay : MOMENTUM)
                .build();
    }
}
