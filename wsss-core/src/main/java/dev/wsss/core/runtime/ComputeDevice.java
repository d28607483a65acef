package dev.wsss.core.runtime;

import dev.wsss.api.DeviceUnavailableException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;

/**
 * Where tensors live and compute: the CPU or one CUDA device.
 *
 * @param cudaIndex index of the CUDA device, or -1 for the CPU
 */
public record ComputeDevice(int cudaIndex) {
    private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,3}))?");

    /** The CPU. */
    public static final ComputeDevice CPU = new ComputeDevice(-1);

    public ComputeDevice {
        if (cudaIndex < -1 || cudaIndex > 127) {
            throw new IllegalArgumentException(
                    "CUDA device index must be in 0..127, or -1 for the CPU, got " + cudaIndex);
        }
    }

    /**
     * The device of a name: {@code cpu}, {@code cuda} (the first), {@code cuda:n}, or {@code auto} (CUDA where there is
     * one).
     *
     * @throws IllegalArgumentException if the name is none of these
     * @throws DeviceUnavailableException if this machine has no such device, or this build cannot use it
     */
    public static ComputeDevice parse(String name) {
        String key = name.trim().toLowerCase(Locale.ROOT);
        if (key.equals("cpu")) {
            return CPU;
        }
        if (key.equals("auto")) {
            return cudaDevices() > 0 ? new ComputeDevice(0) : CPU;
        }
        Matcher m = CUDA.matcher(key);
        if (!m.matches()) {
            throw new IllegalArgumentException("unknown device '" + name + "'; expected cpu, cuda, cuda:N or auto");
        }
        int index = m.group(1) == null ? 0 : Integer.parseInt(m.group(1));
        int count = cudaDevices();
        if (index >= count) {
            throw new DeviceUnavailableException("device '" + name + "' is absent: "
                    + (count == 0
                            ? "no CUDA device can be used (a CPU build of libtorch, no card, or no driver)"
                            : "there are CUDA devices 0.." + (count - 1)));
        }
        return new ComputeDevice(index);
    }

    /** Number of CUDA devices that this build can use; 0 with a CPU build. */
    public static int cudaDevices() {
        Torch.load();
        return torch.cuda_is_available() ? torch.cuda_device_count() : 0;
    }

    /** Whether this is a CUDA device. */
    public boolean isCuda() {
        return cudaIndex >= 0;
    }

    /** libtorch's form; a native object of the current scope. */
    public Device toTorch() {
        Torch.load();
        return isCuda() ? new Device(DeviceType.CUDA, (byte) cudaIndex) : new Device(DeviceType.CPU, (byte) -1);
    }

    @Override
    public String toString() {
        return isCuda() ? "cuda:" + cudaIndex : "cpu";
    }
}
