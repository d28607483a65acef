package dev.wsss.core.fusion;

/** How the labels that several sources give to a pixel become one. */
public enum FusionMethod {
    /** Each source has a vote of its weight; with equal weights, the majority. */
    VOTE,

    /** The most probable label by what is known of each source's errors on each class: see {@link Credibility}. */
    CREDIBILITY
}
