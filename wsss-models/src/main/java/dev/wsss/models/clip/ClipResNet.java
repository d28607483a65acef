package dev.wsss.models.clip;

import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.ConvNorm;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.backbone.FeaturePyramid;
import dev.wsss.models.vit.PatchGrid;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * CLIP's modified ResNet, with OpenAI's key names less {@code visual.}: three 3x3 convolutions and an average pooling in
 * place of the stem, strides by average pooling, an {@link AttentionPool} at the end.
 *
 * <p>As a backbone it gives five maps of strides 4, 4, 8, 16 and 32, the stem's first. An image's sides should be multiples of
 * 32: what is beyond is cut off, as PyTorch's pooling does.
 */
public final class ClipResNet extends Backbone implements ImageTower {
    private static final int[] STRIDES = {4, 4, 8, 16, 32};

    private final ClipConfig.ResNet config;
    private final int embedding;
    private final List<ConvNorm> stem = new ArrayList<>();
    private final List<List<ClipBottleneck>> groups = new ArrayList<>();
    private final AttentionPool pool;

    /** A tower, drawn from libtorch's generator. */
    public ClipResNet(ClipConfig.ResNet config, int embedding, ClipSettings settings) {
        this.config = config;
        this.embedding = embedding;
        int width = config.width();
        stem(1, Conv2d.same(3, width / 2, 3, 2, 1));
        stem(2, Conv2d.same(width / 2, width / 2, 3, 1, 1));
        stem(3, Conv2d.same(width / 2, width, 3, 1, 1));
        int in = width;
        for (int g = 0; g < config.blocks().size(); g++) {
            List<ClipBottleneck> group = new ArrayList<>();
            for (int i = 0; i < config.blocks().get(g); i++) {
                int inner = width << g;
                group.add(child("layer" + (g + 1) + "." + i, new ClipBottleneck(in, inner, i == 0 && g > 0 ? 2 : 1)));
                in = inner * ClipBottleneck.EXPANSION;
            }
            groups.add(group);
        }
        pool = child(
                "attnpool",
                new AttentionPool(
                        config.resolution() / config.stride(), in, config.heads(), embedding, settings.positions()));
    }

    private void stem(int i, Conv2d conv) {
        BatchNorm2d norm = new BatchNorm2d((int) conv.weight().size(0));
        stem.add(child(new ConvNorm("conv" + i, conv, "bn" + i, norm, true)));
    }

    @Override
    public ClipConfig.ResNet config() {
        return config;
    }

    @Override
    public int embedding() {
        return embedding;
    }

    /** The pooling. */
    public AttentionPool pool() {
        return pool;
    }

    @Override
    public int[] channels() {
        int w = config.width() * ClipBottleneck.EXPANSION;
        return new int[] {config.width(), w, 2 * w, 4 * w, 8 * w};
    }

    @Override
    public int[] strides() {
        return STRIDES.clone();
    }

    @Override
    public FeaturePyramid features(Tensor images) {
        requireImages(images);
        if (images.size(2) < config.stride() || images.size(3) < config.stride()) {
            throw new IllegalArgumentException("an image must be at least " + config.stride() + "x" + config.stride()
                    + " pixels, got " + images.size(2) + "x" + images.size(3));
        }
        List<Tensor> maps = new ArrayList<>();
        maps.add(stemOf(images));
        for (List<? extends Layer> group : groups) {
            maps.add(chain(group, maps.get(maps.size() - 1)));
        }
        return FeaturePyramid.of(STRIDES, maps.toArray(Tensor[]::new));
    }

    private Tensor stemOf(Tensor images) {
        try (Scope scope = Scope.open()) {
            return scope.keep(averagePool(chain(stem, images), 2));
        }
    }

    @Override
    public Tensor embed(Tensor images) {
        try (Scope scope = Scope.open()) {
            return scope.keep(pool.pool(forward(images)));
        }
    }

    /** The pooling's {@link AttentionPool#values} of the last map, and its {@link AttentionPool#keys}. */
    @Override
    public DenseEmbedding dense(Tensor images, boolean keys) {
        try (Scope scope = Scope.open()) {
            Tensor map = forward(images);
            PatchGrid grid = new PatchGrid((int) map.size(2), (int) map.size(3));
            Tensor features = scope.keep(pool.values(map));
            return new DenseEmbedding(grid, features, keys ? scope.keep(pool.keys(map)) : null);
        }
    }

    static Tensor averagePool(Tensor x, int stride) {
        return stride == 1
                ? x
                : torch.avg_pool2d(
                        x,
                        new long[] {stride, stride},
                        new long[] {stride, stride},
                        new long[2],
                        false,
                        true,
                        new LongOptional());
    }
}
