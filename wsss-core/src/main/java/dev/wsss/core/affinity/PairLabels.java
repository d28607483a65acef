package dev.wsss.core.affinity;

import dev.wsss.api.LabelMap;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * What is known about the pairs of a batch, as three masks {@code [N][O][S]} of booleans on the labels' device. A pair that is
 * in none of them is unknown.
 *
 * @param background both nodes are background
 * @param foreground both are of the same class
 * @param different they are of different classes
 */
public record PairLabels(Tensor background, Tensor foreground, Tensor different) {
    /**
     * The pairs of label maps, in the current scope. A pair is known if both labels are below {@code validBelow}: alike with
     * equal labels, different otherwise. Computed where the labels are.
     *
     * @param labels of the grid's nodes, integers {@code [N][h][w]}; 0 is background
     * @param validBelow labels from this on are unknown: 255 in AffinityNet, the number of labels (21 on VOC) in IRN
     * @throws IllegalArgumentException if the maps are not of the geometry's size
     */
    public static PairLabels of(PairGeometry geometry, Tensor labels, int validBelow) {
        if (labels.dim() != 3 || labels.size(1) != geometry.height() || labels.size(2) != geometry.width()) {
            throw new IllegalArgumentException("expected labels of the grid, [N][" + geometry.height() + "]["
                    + geometry.width() + "], got " + Arrays.toString(Tensors.shape(labels)));
        }
        if (validBelow < 1 || validBelow > LabelMap.IGNORE) {
            throw new IllegalArgumentException("validBelow must be in 1..255, got " + validBelow);
        }
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            TensorVector destinations = new TensorVector();
            for (int o = 0; o < geometry.offsetCount(); o++) {
                destinations.push_back(nodes(geometry, labels, geometry.dy(o), geometry.dx(o)));
            }
            Tensor from = nodes(geometry, labels, 0, 0).unsqueeze(1);
            Tensor to = destinations.empty() ? from.narrow(1, 0, 0) : torch.stack(destinations, 1); // [N][O][S]
            Scalar limit = new Scalar((long) validBelow);
            Tensor known = from.lt(limit).logical_and(to.lt(limit));
            Tensor alike = known.logical_and(from.eq(to));
            Tensor isBackground = from.eq(new Scalar(0L));
            return new PairLabels(
                    scope.keep(alike.logical_and(isBackground)),
                    scope.keep(alike.logical_and(isBackground.logical_not())),
                    scope.keep(known.logical_and(from.ne(to))));
        }
    }

    /** The labels of all sources, or of where they lead at an offset: {@code [N][S]}. */
    private static Tensor nodes(PairGeometry g, Tensor labels, int dy, int dx) {
        if (g.sourceCount() == 0) {
            return labels.flatten(1, 2).narrow(1, 0, 0);
        }
        return labels.narrow(1, g.firstSourceRow() + dy, g.sourceRows())
                .narrow(2, g.firstSourceColumn() + dx, g.sourceColumns())
                .flatten(1, 2);
    }
}
