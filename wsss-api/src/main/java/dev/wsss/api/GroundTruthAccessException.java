package dev.wsss.api;

/** A ground-truth mask was asked of a {@linkplain Dataset#tagsOnly() tags-only view}. */
public class GroundTruthAccessException extends WsssException {
    private static final long serialVersionUID = 1L;

    public GroundTruthAccessException(String message) {
        super(message);
    }
}
