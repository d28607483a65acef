package dev.wsss.core.bank;

/** What the vote of a neighbour counts. */
public enum VoteWeighting {
    /** One for each. */
    MAJORITY,
    /** {@code exp(cosine / temperature)}: near ones more than far ones. */
    SIMILARITY
}
