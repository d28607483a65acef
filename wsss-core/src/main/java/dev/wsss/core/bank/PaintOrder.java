package dev.wsss.core.bank;

/** Which mask a pixel gets its label from where several lie over each other. */
public enum PaintOrder {
    /** The one of the highest score. */
    SCORE,
    /** The smallest one, and of equal ones that of the highest score: parts stay visible on wholes. */
    AREA
}
