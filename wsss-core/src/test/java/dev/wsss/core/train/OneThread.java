package dev.wsss.core.train;

import dev.wsss.core.runtime.Torch;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Runs a class of tests with one native thread. Tensors of a few kilobytes are not worth a second one, and on a busy
 * machine its wake-ups cost seconds.
 */
public final class OneThread implements BeforeAllCallback, AfterAllCallback {
    private int before;

    @Override
    public void beforeAll(ExtensionContext context) {
        before = Torch.threads();
        Torch.setThreads(1);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Torch.setThreads(before);
    }
}
