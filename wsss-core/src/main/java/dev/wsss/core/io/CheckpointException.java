package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;

/**
 * A checkpoint is not taken as it is, and a setting would take it. The message says what is there and what was expected;
 * what to do about it depends on whom it is told to, who finds it in {@link #remedy}.
 */
public final class CheckpointException extends InvalidDataException {
    private static final long serialVersionUID = 1L;

    private final Remedy remedy;

    /** The settings that there are. */
    public enum Remedy {
        /** Objects of unknown classes can be passed over: {@link Checkpoint.Builder#optInertGlobals}. */
        INERT_GLOBALS,
        /** Where the tensors are can be told: {@link Checkpoint.Builder#optRoot}. */
        ROOT,
        /** Tensors can be left out: {@link dev.wsss.core.nn.LoadPolicy.Builder#optAllowExtra}. */
        LEAVE_OUT,
        /** Values that are not finite can be let in: {@link dev.wsss.core.nn.LoadPolicy.Builder#optNonFinite}. */
        NON_FINITE
    }

    public CheckpointException(String message, Remedy remedy) {
        super(message);
        this.remedy = remedy;
    }

    /** What would help. */
    public Remedy remedy() {
        return remedy;
    }
}
