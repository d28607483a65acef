package dev.wsss.models.vit;

/** What can be kept of a block. */
public enum Tap {
    /** The tokens that come in, {@code [N][L][width]}. */
    INPUT,
    /** The same after the block's first normalization. */
    NORMALIZED,
    /** The heads' queries, {@code [N][heads][L][d]}. */
    QUERY,
    /** The heads' keys, {@code [N][heads][L][d]}. */
    KEY,
    /** The heads' values, {@code [N][heads][L][d]}. */
    VALUE,
    /** Attention maps averaged over the heads, {@code [N][L][L]}: rows are those who see, columns those who are seen. */
    ATTENTION,
    /** Attention maps of each head, {@code [N][heads][L][L]}. */
    ATTENTION_HEADS,
    /** The tokens that go out, {@code [N][L][width]}. */
    OUTPUT;

    boolean insideAttention() {
        return this != INPUT && this != NORMALIZED && this != OUTPUT;
    }
}
