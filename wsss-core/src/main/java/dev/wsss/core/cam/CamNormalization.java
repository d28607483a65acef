package dev.wsss.core.cam;

/** How the sum of all passes becomes a score. With map {@code S} of one class, its minimum and maximum over pixels: */
public enum CamNormalization {
    /**
     * {@code (S+ - min) / (max - min)} clamped to [0, 1], with {@code S+ = max(S, 0)}; zero where the map is constant or
     * nearly so ({@code max - min <= eps}). The sound choice: every score is a number in [0, 1].
     */
    MIN_MAX,
    /**
     * SEAM's: in {@code S+}, values below {@code min + eps} become 0, then {@code (S+ - min - eps) / (max - min +
     * eps)}. The values set to 0 end slightly below zero; a constant map ends at or near -1.
     */
    MIN_MAX_EPS,
    /** {@code S / (max + eps)}: PSA's, IRN's and EPS's, for activations that are not negative. */
    MAX
}
