package dev.wsss.api;

import org.jspecify.annotations.Nullable;

/**
 * Data from outside (a file, a folder, a checkpoint, a map of scores) is not what it should be. The message names the
 * thing, the value found and what was expected.
 */
public class InvalidDataException extends WsssException {
    private static final long serialVersionUID = 1L;

    public InvalidDataException(String message) {
        super(message);
    }

    public InvalidDataException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
