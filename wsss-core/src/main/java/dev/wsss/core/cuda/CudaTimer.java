package dev.wsss.core.cuda;

import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import org.bytedeco.pytorch.cuda.CUDAEvent;
import org.bytedeco.pytorch.global.torch_cuda;

/**
 * Times what a device does, by events on its current stream: not what the CPU needs to ask for it.
 *
 * <pre>{@code
 * try (CudaTimer timer = CudaTimer.start(device)) {
 *     work.run();
 *     double milliseconds = timer.stop();
 * }
 * }</pre>
 */
public final class CudaTimer implements AutoCloseable {
    /** {@code cudaEventDefault}: with a time, unlike libtorch's own events. */
    private static final int WITH_TIME = 0;

    private final ComputeDevice device;
    private final CUDAEvent begin;
    private final CUDAEvent end;

    private CudaTimer(ComputeDevice device) {
        this.device = device;
        try (Scope scope = Scope.open()) {
            begin = Scope.own(new CUDAEvent(WITH_TIME));
            end = Scope.own(new CUDAEvent(WITH_TIME));
        }
    }

    /**
     * Starts timing behind everything that the device has been given.
     *
     * @throws IllegalArgumentException if the device is not CUDA
     */
    public static CudaTimer start(ComputeDevice device) {
        if (!device.isCuda()) {
            throw new IllegalArgumentException("device events are CUDA's, the device is " + device);
        }
        CudaTimer timer = new CudaTimer(device);
        timer.record(timer.begin);
        return timer;
    }

    /** Waits for everything that the device has been given since, and returns what it took, in milliseconds. */
    public double stop() {
        record(end);
        end.synchronize();
        return begin.elapsed_time(end);
    }

    private void record(CUDAEvent event) {
        try (Scope scope = Scope.open()) {
            event.record(torch_cuda.getCurrentCUDAStream((byte) device.cudaIndex()));
        }
    }

    @Override
    public void close() {
        begin.close();
        end.close();
    }
}
