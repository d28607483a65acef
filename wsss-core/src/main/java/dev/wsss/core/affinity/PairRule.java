package dev.wsss.core.affinity;

/** Which pairs of grid nodes have an affinity, and in what order. All rules know only pairs closer than the radius. */
public enum PairRule {
    /**
     * AffinityNet's half disc: offsets {@code (0, 1..r-1)}, then each lower row from left to right. Every unordered pair
     * occurs once. Sources are the nodes all of whose offsets stay on the grid.
     */
    HALF_DISC,
    /** The full disc, row by row, without its centre; each unordered pair occurs twice, away from the border. */
    FULL_DISC,
    /**
     * IRN's half disc: the pairs of {@link #HALF_DISC} ordered by the number of nodes on the straight path between the
     * two.
     */
    PATHS
}
