package dev.wsss.core.crf;

import java.util.List;

/** The lattices of a drawn image of two halves, of positions and of positions with colours. */
final class DrawnLattices {
    private final PermutohedralLattice positions = new PermutohedralLattice(2);
    private final PermutohedralLattice both = new PermutohedralLattice(5);

    /** The terms of the two. */
    List<MeanField.Term> terms(Compatibility smoothness, Compatibility appearance) {
        return List.of(new MeanField.Term(positions, smoothness), new MeanField.Term(both, appearance));
    }

    /** Builds them for an image with a colour for each point. */
    void build(float[] colours, int width) {
        positions.build(colours.length, (point, feature) -> place(point, width, 3, feature), 1);
        both.build(
                colours.length,
                (point, feature) -> {
                    place(point, width, 10, feature);
                    feature[2] = colours[point];
                    feature[3] = 1;
                    feature[4] = colours[point] / 2;
                },
                1);
    }

    private static void place(int point, int width, float deviation, float[] feature) {
        feature[0] = point % width / deviation;
        feature[1] = point / width / deviation;
    }
}
