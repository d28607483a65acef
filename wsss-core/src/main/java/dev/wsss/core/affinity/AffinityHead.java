package dev.wsss.core.affinity;

import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.Network;
import dev.wsss.core.nn.Ops;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * AffinityNet's head: from a backbone's feature maps to one feature vector for each node of a grid, whose L1 distances
 * say how alike two nodes are.
 *
 * <p>Each tap goes through a 1x1 convolution without bias and ELU; the results are stacked and go through another 1x1
 * convolution and ELU. Taps of other sizes than the first are resized to it bilinearly, so the taps of any backbone will
 * do:
 *
 * <pre>{@code
 * AffinityHead head = AffinityHead.builder()
 *         .addTap("f8_3", 512, 64)
 *         .addTap("f8_4", 1024, 128)
 *         .addTap("f8_5", 2048, 256)
 *         .build();
 * Tensor aff = AffinityHead.affinity(head.features(List.of(layer2, layer3, layer4)), geometry);
 * }</pre>
 *
 * <p>Checkpoint keys are {@code <tap>.weight} and {@code <merge>.weight}, by default AffinityNet's.
 *
 * @see <a href="https://arxiv.org/abs/1803.10464">Ahn and Kwak, Learning Pixel-level Semantic Affinity, eq. 1</a>
 */
public final class AffinityHead extends Network {
    private final List<Tap> taps;
    private final List<Conv2d> reduce = new ArrayList<>();
    private final Conv2d merge;

    private record Tap(String name, int in, int out) {}

    private AffinityHead(Builder b) {
        taps = List.copyOf(b.taps);
        int stacked = 0;
        for (Tap tap : taps) {
            Conv2d conv = child(tap.name, Conv2d.same(tap.in, tap.out, 1, 1, 1));
            Init.kaimingNormalFanIn(conv);
            reduce.add(conv);
            stacked += tap.out;
        }
        merge = child(b.mergeName, Conv2d.same(stacked, b.out == 0 ? stacked : b.out, 1, 1, 1));
        Init.xavierUniform(merge, 4);
    }

    /** Starts a head without taps. */
    public static Builder builder() {
        return new Builder();
    }

    /** AffinityNet's head on ResNet-38: taps of 512, 1024 and 4096 channels, layers f8_3, f8_4, f8_5 and f9. */
    public static Builder resnet38() {
        return builder().addTap("f8_3", 512, 64).addTap("f8_4", 1024, 128).addTap("f8_5", 4096, 256);
    }

    /**
     * The feature map of the grid.
     *
     * @param maps one map for each tap, {@code [N][in][h][w]}; the first one's size is the grid
     * @return {@code [N][out][h][w]}
     * @throws IllegalArgumentException if there are not as many maps as taps
     */
    public Tensor features(List<Tensor> maps) {
        if (maps.size() != taps.size()) {
            throw new IllegalArgumentException(
                    "expected " + taps.size() + " feature maps, one for each tap, got " + maps.size());
        }
        long height = maps.get(0).size(2);
        long width = maps.get(0).size(3);
        TensorVector parts = new TensorVector();
        for (int i = 0; i < maps.size(); i++) {
            // resized after the reduction, which commutes with it up to the ELU and is cheaper
            Tensor reduced = Ops.bilinear(reduce.get(i).forward(maps.get(i)), height, width, false);
            parts.push_back(torch.elu(reduced));
        }
        return torch.elu(merge.forward(torch.cat(parts, 1)));
    }

    /**
     * The affinities of pairs: {@code exp(-mean over channels of |f(destination) - f(source)|)}.
     *
     * @param features {@code [N][C][h][w]} of the geometry's size
     * @return {@code [N][O][S]} in (0, 1]
     * @throws IllegalArgumentException if the features are of another size
     */
    public static Tensor affinity(Tensor features, PairGeometry geometry) {
        if (features.dim() != 4 || features.size(2) != geometry.height() || features.size(3) != geometry.width()) {
            throw new IllegalArgumentException("expected features [N][C][" + geometry.height() + "][" + geometry.width()
                    + "], got " + Arrays.toString(features.sizes().vec().get()));
        }
        if (geometry.offsetCount() == 0) {
            return features.new_empty(features.size(0), 0, geometry.sourceCount());
        }
        Tensor source = window(features, geometry, 0, 0);
        TensorVector distances = new TensorVector();
        for (int o = 0; o < geometry.offsetCount(); o++) {
            // a window for each offset: views, where a gather of all pairs would copy the features O times
            Tensor difference =
                    window(features, geometry, geometry.dy(o), geometry.dx(o)).sub(source);
            distances.push_back(difference.abs().mean(1).flatten(1, 2));
        }
        return torch.stack(distances, 1).neg().exp();
    }

    private static Tensor window(Tensor features, PairGeometry g, int dy, int dx) {
        return features.narrow(2, g.firstSourceRow() + dy, g.sourceRows())
                .narrow(3, g.firstSourceColumn() + dx, g.sourceColumns());
    }

    /** Settings of a head. */
    public static final class Builder {
        private final List<Tap> taps = new ArrayList<>();
        private String mergeName = "f9";
        private int out;

        private Builder() {}

        /**
         * Adds a tap: one more feature map of the backbone.
         *
         * @param name of the layer, as in the checkpoint
         * @param in channels of the feature map
         * @param out channels it is reduced to
         */
        public Builder addTap(String name, int in, int out) {
            taps.add(new Tap(name, in, out));
            return this;
        }

        /** Name of the layer that merges the taps; "f9" unless set. */
        public Builder optMergeName(String name) {
            mergeName = name;
            return this;
        }

        /** Channels of the result; as many as the taps are reduced to together unless set. */
        public Builder optOutChannels(int channels) {
            if (channels < 1) {
                throw new IllegalArgumentException("channels must be at least 1, got " + channels);
            }
            out = channels;
            return this;
        }

        /**
         * Builds, with the paper's initial weights.
         *
         * @throws IllegalArgumentException if there is no tap, or two layers have one name
         */
        public AffinityHead build() {
            if (taps.isEmpty()) {
                throw new IllegalArgumentException("an affinity head needs at least one tap: call addTap");
            }
            Set<String> names = new HashSet<>(Set.of(mergeName));
            for (Tap tap : taps) {
                if (!names.add(tap.name)) {
                    throw new IllegalArgumentException("two layers are named '" + tap.name + "'");
                }
            }
            return new AffinityHead(this);
        }
    }
}
