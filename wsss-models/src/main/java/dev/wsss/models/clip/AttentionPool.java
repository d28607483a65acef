package dev.wsss.models.clip;

import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.Linear;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.vit.PatchGrid;
import dev.wsss.models.vit.PositionResize;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The pooling of CLIP's ResNets: the mean of all places attends to the mean and to all places. Keys {@code
 * positional_embedding} and {@code q_proj, k_proj, v_proj, c_proj}.
 */
public final class AttentionPool extends Network {
    private final int channels;
    private final int heads;
    private final PositionResize positions;
    private final PatchGrid trained;
    private final Tensor table;
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear out;

    /**
     * A pooling, drawn from libtorch's generator.
     *
     * @param side of the square maps that it is trained with
     * @param channels of the maps
     * @param heads which divide the channels
     * @param embedding channels of the result
     * @param positions how the position table serves maps of other sizes
     * @throws IllegalArgumentException if a number is less than 1 or the heads do not divide the channels
     */
    public AttentionPool(int side, int channels, int heads, int embedding, PositionResize positions) {
        if (heads < 1 || channels % heads != 0) {
            throw new IllegalArgumentException("heads must divide the " + channels + " channels, got " + heads);
        }
        this.channels = channels;
        this.heads = heads;
        this.positions = positions;
        trained = new PatchGrid(side, side);
        table = parameter(
                "positional_embedding", Init.normal(1 / Math.sqrt(channels), 1L + trained.patches(), channels));
        key = child("k_proj", new Linear(channels, channels));
        query = child("q_proj", new Linear(channels, channels));
        value = child("v_proj", new Linear(channels, channels));
        out = child("c_proj", new Linear(channels, embedding));
    }

    /**
     * Maps as vectors.
     *
     * @param maps {@code [N][channels][h][w]}
     * @return {@code [N][embedding]}
     */
    public Tensor pool(Tensor maps) {
        PatchGrid grid = grid(maps);
        try (Scope scope = Scope.open()) {
            Tensor all = withMean(tokens(maps)).add(positions.resize(table, trained, grid));
            return scope.keep(attend(all.narrow(1, 0, 1), all).select(1, 0));
        }
    }

    /**
     * Each place as a vector, {@code c_proj(v_proj(x))}: neither other places nor positions take part.
     *
     * @param maps {@code [N][channels][h][w]}
     * @return {@code [N][embedding][h][w]}
     */
    public Tensor values(Tensor maps) {
        PatchGrid grid = grid(maps);
        try (Scope scope = Scope.open()) {
            return scope.keep(grid.map(out.forward(value.forward(tokens(maps)))));
        }
    }

    /** The keys of each place of {@code [N][channels][h][w]}, without positions, as {@code [N][h * w][channels]}. */
    public Tensor keys(Tensor maps) {
        try (Scope scope = Scope.open()) {
            return scope.keep(key.forward(tokens(maps)));
        }
    }

    /**
     * Each place as what it sees of the mean and all places, without positions: MaskCLIP's dense attention pooling.
     *
     * @param maps {@code [N][channels][h][w]}
     * @return {@code [N][embedding][h][w]}
     */
    public Tensor attended(Tensor maps) {
        PatchGrid grid = grid(maps);
        try (Scope scope = Scope.open()) {
            Tensor places = tokens(maps);
            return scope.keep(grid.map(attend(places, withMean(places))));
        }
    }

    private Tensor attend(Tensor from, Tensor to) {
        Tensor seen = torch.scaled_dot_product_attention(
                split(query.forward(from)),
                split(key.forward(to)),
                split(value.forward(to)),
                new TensorOptional(),
                0,
                false,
                new DoubleOptional(),
                false);
        return out.forward(seen.transpose(1, 2).flatten(2, 3));
    }

    private Tensor split(Tensor x) {
        return x.view(x.size(0), x.size(1), heads, channels / heads).transpose(1, 2);
    }

    private static PatchGrid grid(Tensor maps) {
        return new PatchGrid((int) maps.size(2), (int) maps.size(3));
    }

    private static Tensor tokens(Tensor maps) {
        return maps.flatten(2, 3).transpose(1, 2);
    }

    private static Tensor withMean(Tensor places) {
        return torch.cat(new TensorVector(places.mean(new long[] {1}, true, new ScalarTypeOptional()), places), 1);
    }

    @Override
    protected Map<String, Object> settings() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("heads", heads);
        all.put("positions", positions);
        return all;
    }
}
