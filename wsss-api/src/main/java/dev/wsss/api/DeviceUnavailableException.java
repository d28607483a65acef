package dev.wsss.api;

/** The computing device that was named does not exist on this machine, or this build cannot use it. */
public class DeviceUnavailableException extends WsssException {
    private static final long serialVersionUID = 1L;

    public DeviceUnavailableException(String message) {
        super(message);
    }
}
