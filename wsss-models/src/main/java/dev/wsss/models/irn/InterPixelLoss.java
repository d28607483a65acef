package dev.wsss.models.irn;

import dev.wsss.core.affinity.AffinityLoss;
import dev.wsss.core.affinity.PairGeometry;
import dev.wsss.core.nn.Select;
import dev.wsss.core.runtime.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * IRN's losses: a boundary map learns from pairs of pixels whether an object ends between them, and a displacement field
 * learns to point at the centre of the object.
 *
 * <p>The affinity of a pair is {@code 1 - max sigmoid(boundary)} over its straight path; {@link AffinityLoss} compares it
 * with what is known of the pair. With {@code D = field(source) - field(destination)} and {@code offset = destination -
 * source} as {@code (dy, dx)}, pairs of one class should have {@code D = offset} ({@code dp_fg}), background pairs
 * {@code D = 0} ({@code dp_bg}): {@code dp = sum |D - expected| / (2 n + eps)} over the {@code n} pairs of the kind in the
 * batch and both directions. The total is {@code affinity + (dp_fg + dp_bg) / 2}.
 *
 * @param affinity the loss of the affinities; with its default weights {@code (bg/2 + fg/2 + different) / 2}, as published
 * @see <a href="https://arxiv.org/abs/1904.05044">Ahn, Cho and Kwak, IRNet: Inter-pixel Relations, eq. 4 to 9</a>
 */
public record InterPixelLoss(AffinityLoss affinity) {
    /** The published settings. */
    public static final InterPixelLoss DEFAULT = new InterPixelLoss(AffinityLoss.DEFAULT);

    /**
     * The losses, scalars of the current scope with gradient.
     *
     * @param affinity of the boundary map
     * @param foreground displacement of pairs of one class
     * @param background displacement of background pairs
     * @param total the loss
     */
    public record Terms(AffinityLoss.Terms affinity, Tensor foreground, Tensor background, Tensor total) {}

    /**
     * The affinities of pairs from boundaries.
     *
     * @param boundary logits, {@code [N][1][h][w]} of the geometry's size
     * @return {@code [N][O][S]} in (0, 1)
     */
    public static Tensor affinity(Tensor boundary, PairGeometry geometry) {
        Select.requireShape("boundary", boundary, boundary.size(0), 1, geometry.height(), geometry.width());
        requirePairs(geometry);
        Tensor probability = torch.sigmoid(boundary);
        TensorVector strongest = new TensorVector();
        for (int o = 0; o < geometry.offsetCount(); o++) {
            TensorVector path = new TensorVector();
            for (int[] node : geometry.path(o)) {
                path.push_back(window(probability, geometry, node[0], node[1]));
            }
            // one copy for each offset: views of the map, where a gather of all paths would hold them at once
            strongest.push_back(Select.max(torch.cat(path, 1), 1).flatten(1, 3));
        }
        return torch.stack(strongest, 1).neg().add(new Scalar(1));
    }

    /**
     * Computes.
     *
     * @param boundary logits, {@code [N][1][h][w]} of the geometry's size
     * @param displacement {@code [N][2][h][w]}, rows then columns, in pixels of the grid
     * @param geometry normally {@link dev.wsss.core.affinity.PairRule#PATHS} of radius 10
     * @param background mask {@code [N][O][S]}, ones where both nodes are background, any type
     * @param foreground likewise for both of one class
     * @param different likewise for two classes
     */
    public Terms apply(
            Tensor boundary,
            Tensor displacement,
            PairGeometry geometry,
            Tensor background,
            Tensor foreground,
            Tensor different) {
        long n = boundary.size(0);
        Select.requireShape("displacement", displacement, n, 2, geometry.height(), geometry.width());
        for (Tensor mask : new Tensor[] {background, foreground, different}) {
            Select.requireShape("pair mask", mask, n, geometry.offsetCount(), geometry.sourceCount());
        }
        AffinityLoss.Terms pairs = affinity.apply(affinity(boundary, geometry), background, foreground, different);

        Tensor source = window(displacement, geometry, 0, 0);
        TensorVector differences = new TensorVector();
        int offsets = geometry.offsetCount();
        float[] expected = new float[2 * offsets];
        for (int o = 0; o < offsets; o++) {
            Tensor destination = window(displacement, geometry, geometry.dy(o), geometry.dx(o));
            differences.push_back(source.sub(destination).flatten(2, 3));
            expected[o] = geometry.dy(o);
            expected[offsets + o] = geometry.dx(o);
        }
        Tensor difference = torch.stack(differences, 2); // [N][2][O][S]
        Tensor offset = Tensors.of(expected, 1, 2, offsets, 1).to(displacement.device(), displacement.scalar_type());
        Tensor fg = mean(difference.sub(offset), foreground);
        Tensor bg = mean(difference, background);
        Tensor total = pairs.total().add(fg.add(bg).mul(new Scalar(0.5)));
        return new Terms(pairs, fg, bg, total);
    }

    private Tensor mean(Tensor error, Tensor mask) {
        Tensor weight = mask.to(error.scalar_type());
        Tensor sum = error.abs().mul(weight.unsqueeze(1)).sum();
        return sum.div(weight.sum().mul(new Scalar(2)).add(new Scalar(affinity.eps())));
    }

    private static void requirePairs(PairGeometry geometry) {
        if (geometry.offsetCount() == 0 || geometry.sourceCount() == 0) {
            throw new IllegalArgumentException("expected a geometry with pairs, got " + geometry);
        }
    }

    private static Tensor window(Tensor maps, PairGeometry g, int dy, int dx) {
        return maps.narrow(2, g.firstSourceRow() + dy, g.sourceRows())
                .narrow(3, g.firstSourceColumn() + dx, g.sourceColumns());
    }
}
