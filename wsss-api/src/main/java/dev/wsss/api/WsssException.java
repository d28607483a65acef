package dev.wsss.api;

import org.jspecify.annotations.Nullable;

/** Root of the exceptions that this library throws for something other than a wrong argument. */
public class WsssException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public WsssException(String message) {
        super(message);
    }

    public WsssException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
