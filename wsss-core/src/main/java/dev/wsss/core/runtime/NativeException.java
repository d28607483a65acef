package dev.wsss.core.runtime;

import dev.wsss.api.WsssException;

/** Native code refused an operation: sizes that do not fit, a wrong type, no memory. The cause, if any, has the full text. */
public class NativeException extends WsssException {
    private static final long serialVersionUID = 1L;

    public NativeException(String message) {
        super(message);
    }

    public NativeException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Of want of memory: says which limit was met, its value and what sets it. */
    public static NativeException of(OutOfMemoryError error) {
        return new NativeException(MemoryLimits.explain(error), error);
    }
}
