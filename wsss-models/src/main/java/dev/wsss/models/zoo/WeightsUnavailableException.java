package dev.wsss.models.zoo;

import dev.wsss.api.WsssException;
import org.jspecify.annotations.Nullable;

/**
 * A file of weights is not in the cache and cannot be brought there: no network, a server that refuses, offline mode, a
 * full disk. The message says why and where to place the file by hand.
 */
public class WeightsUnavailableException extends WsssException {
    private static final long serialVersionUID = 1L;

    public WeightsUnavailableException(String message) {
        super(message);
    }

    public WeightsUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
