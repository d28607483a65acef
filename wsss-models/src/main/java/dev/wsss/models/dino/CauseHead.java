package dev.wsss.models.dino;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.checkpoint.TensorSpec;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.LayerNorm;
import dev.wsss.core.nn.Linear;
import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.core.nn.MultiHeadAttention;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.checkpoint.CheckpointShapes;
import dev.wsss.models.checkpoint.Weights;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The segmentation head of CAUSE-TR (Kim et al., "Causal Unsupervised Semantic Segmentation", 2023) on a frozen DINO or DINOv2:
 * each place is replaced by the nearest concept of a codebook, and a block of a transformer decoder tells from these concepts and
 * the places themselves what the place is.
 *
 * <pre>{@code
 * try (DinoVit vit = DinoVit.load(Path.of("dinov2_vitb14_pretrain.pth"));
 *         CauseHead head = CauseHead.load(Path.of("CAUSE_VOC2012.pt"))) {
 *     FeatureSource codes = UnsupervisedFeatures.builder().setBackbone(vit).optHead(head).build();
 * }
 * }</pre>
 *
 * <p>With tokens {@code f}, their concepts {@code t} and positions {@code p}:
 *
 * <pre>
 * t = norm1(t + selfAttention(query t + p, key t + p, value t))
 * t = norm2(t + attention(query t + p, key f, value f))
 * t = f + norm3(t + linear2(relu(linear1(t))))
 * out = f1(t) + f2(t)
 * </pre>
 *
 * <p>One head each, no dropout. The table of positions, of 23x23 places, is resized along the flattened tokens, in one
 * dimension, as published. Keys are those of CAUSE less {@code head_ema.}, and {@code codebook}.
 */
public final class CauseHead extends Layer {
    private static final String QUERIES = "head_ema.query_pos";
    /** No vector is divided by less. */
    private static final double SMALLEST = 1e-12;

    private static final String OUT = "head_ema.tr.f1.weight";

    private final int channels;
    private final Tensor table;
    private final Tensor codebook;
    private final MultiHeadAttention self;
    private final MultiHeadAttention cross;
    private final Linear linear1;
    private final Linear linear2;
    private final LayerNorm norm1;
    private final LayerNorm norm2;
    private final LayerNorm norm3;
    private final TwoBranches branches;

    private CauseHead(Builder b) {
        channels = b.channels;
        table = parameter("query_pos", Init.normal(1, b.positions, channels));
        codebook = buffer("codebook", Init.uniform(1.0 / b.codes, b.codes, channels));
        self = child("tr.self_attn", attention(channels));
        cross = child("tr.multihead_attn", attention(channels));
        linear1 = child("tr.linear1", new Linear(channels, b.hidden));
        linear2 = child("tr.linear2", new Linear(b.hidden, channels));
        norm1 = child("tr.norm1", new LayerNorm(channels));
        norm2 = child("tr.norm2", new LayerNorm(channels));
        norm3 = child("tr.norm3", new LayerNorm(channels));
        branches = child(new TwoBranches(channels, b.out, "tr.f1", "tr.f2.0", "tr.f2.2"));
    }

    private static MultiHeadAttention attention(int channels) {
        return MultiHeadAttention.builder().setWidth(channels).setHeads(1).build();
    }

    /** Starts a head: 90 channels out, 2048 codes, 2048 hidden channels, 23x23 positions unless set otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * A checkpoint of CAUSE, a dict of {@code decoder} and {@code codebook}, or the same in one. Its shape is told from it.
     *
     * @return the head in float32 on the CPU, in evaluation mode
     * @throws InvalidDataException naming the file, if it cannot be read or holds no such head
     */
    public static CauseHead load(Path file) {
        return load(file, LoadPolicy.STRICT);
    }

    /** As {@link #load(Path)}, as far as a policy allows. */
    public static CauseHead load(Path file, LoadPolicy policy) {
        try {
            Map<String, HostArray> theirs = HeadFiles.read(file, QUERIES, Map.of("decoder", ""));
            CheckpointShapes shapes = new CheckpointShapes(TensorSpec.of(theirs), "CAUSE's head");
            Builder shape = builder()
                    .setChannels(shapes.side(QUERIES, 2, 1))
                    .optPositions(shapes.side(QUERIES, 2, 0))
                    .optHidden(shapes.side("head_ema.tr.linear1.weight", 2, 0))
                    .optOut(shapes.side(OUT, 4, 0))
                    .optCodes(shapes.side("codebook", 2, 0));
            CauseHead head =
                    Init.loaded(shape::build, h -> Weights.load(h, theirs, DinoCheckpoints.CAUSE.keyMap(), policy));
            head.train(false);
            return head;
        } catch (InvalidDataException e) {
            throw inFile(file, e);
        }
    }

    static InvalidDataException inFile(Path file, InvalidDataException e) {
        String message = String.valueOf(e.getMessage());
        return message.startsWith(file.toString()) ? e : new InvalidDataException(file + ": " + message, e);
    }

    /**
     * The concept of each token, that of the largest cosine; of several the first.
     *
     * @param tokens {@code [N][L][channels]}
     * @return int64 {@code [N][L]}, numbers of rows of the codebook
     */
    public Tensor codes(Tensor tokens) {
        try (Scope scope = Scope.open()) {
            Tensor cosines = unit(tokens).matmul(unit(codebook).t());
            return scope.keep(cosines.argmax(new LongOptional(2), false));
        }
    }

    private static Tensor unit(Tensor x) {
        Tensor length = x.norm(new ScalarOptional(new Scalar(2.0)), new long[] {-1}, true);
        return x.div(length.clamp_min(new Scalar(SMALLEST)));
    }

    /** The positions of so many tokens, {@code [tokens][channels]}; the table itself if it has as many. */
    public Tensor positions(long tokens) {
        if (tokens == table.size(0)) {
            return table;
        }
        try (Scope scope = Scope.open()) {
            Tensor line = table.t().unsqueeze(0);
            return scope.keep(torch.upsample_linear1d(line, new long[] {tokens}, false)
                    .squeeze(0)
                    .t());
        }
    }

    /**
     * Codes of places.
     *
     * @param features {@code [N][channels][h][w]}
     * @return {@code [N][out][h][w]}
     * @throws IllegalArgumentException if the features are of another number of channels
     */
    @Override
    public Tensor forward(Tensor features) {
        if (features.dim() != 4 || features.size(1) != channels) {
            throw new IllegalArgumentException("expected features of shape [N, " + channels + ", h, w], got "
                    + Arrays.toString(features.sizes().vec().get()));
        }
        long rows = features.size(2);
        long columns = features.size(3);
        try (Scope scope = Scope.open()) {
            Tensor memory = features.flatten(2, 3).transpose(1, 2);
            Tensor places = positions(rows * columns);
            Tensor t = torch.embedding(codebook, codes(memory));
            Tensor where = t.add(places);
            t = norm1.forward(t.add(self.forward(where, where, t, null)));
            t = norm2.forward(t.add(cross.forward(t.add(places), memory, memory, null)));
            t = memory.add(norm3.forward(t.add(linear2.forward(Ops.relu(linear1.forward(t))))));
            Tensor map = t.transpose(1, 2).reshape(features.size(0), channels, rows, columns);
            return scope.keep(branches.forward(map));
        }
    }

    /** Settings of a head. */
    public static final class Builder {
        private int channels;
        private int codes = 2048;
        private int positions = 23 * 23;
        private int hidden = 2048;
        private int out = 90;

        private Builder() {}

        /** Channels of the backbone. Required. */
        public Builder setChannels(int channels) {
            this.channels = channels;
            return this;
        }

        /** Concepts of the codebook; 2048 by default. */
        public Builder optCodes(int count) {
            codes = positive("codes", count);
            return this;
        }

        /** Rows of the table of positions; 529, a grid of 23x23, by default. */
        public Builder optPositions(int count) {
            positions = positive("positions", count);
            return this;
        }

        /** Channels inside the block's perceptron; 2048 by default. */
        public Builder optHidden(int count) {
            hidden = positive("hidden", count);
            return this;
        }

        /** Channels that come out; 90 by default. */
        public Builder optOut(int count) {
            out = positive("out", count);
            return this;
        }

        private static int positive(String name, int count) {
            if (count < 1) {
                throw new IllegalArgumentException(name + " must be at least 1, got " + count);
            }
            return count;
        }

        /**
         * Builds, with weights drawn from libtorch's generator.
         *
         * @throws IllegalStateException if the channels are not set
         */
        public CauseHead build() {
            if (channels < 1) {
                throw new IllegalStateException("setChannels is required, at least 1, got " + channels);
            }
            return new CauseHead(this);
        }
    }
}
