package dev.wsss.core.affinity;

/**
 * Where a {@link RandomWalk} takes the scores of the background from. Without effect on a dataset whose catalog has no
 * background, and on score maps that bring a background of their own.
 *
 * @param kind the rule
 * @param value its number: the exponent of {@link Kind#POWER}, else the score
 */
public record WalkBackground(Kind kind, double value) {
    /** No background map. */
    public static final WalkBackground NONE = new WalkBackground(Kind.NONE, 0);

    /** The rules. */
    public enum Kind {
        /** The result has no background. */
        NONE,
        /** {@code (1 - max of the classes)^value} walks with the classes. */
        POWER,
        /** The same score everywhere walks with the classes; it fades towards the border of a padded grid. */
        CONSTANT,
        /** The same score everywhere is added after the walk: a threshold. */
        THRESHOLD
    }

    public WalkBackground {
        if (!(value >= 0) || Double.isInfinite(value) || kind == Kind.POWER && value == 0) {
            throw new IllegalArgumentException("background " + kind + " needs a "
                    + (kind == Kind.POWER ? "positive exponent" : "score of 0 or more") + ", got " + value);
        }
    }

    /** {@code (1 - max of the classes)^exponent}, before the walk. */
    public static WalkBackground power(double exponent) {
        return new WalkBackground(Kind.POWER, exponent);
    }

    /** A constant score, before the walk. */
    public static WalkBackground constant(double score) {
        return new WalkBackground(Kind.CONSTANT, score);
    }

    /** A constant score, after the walk. */
    public static WalkBackground threshold(double score) {
        return new WalkBackground(Kind.THRESHOLD, score);
    }
}
