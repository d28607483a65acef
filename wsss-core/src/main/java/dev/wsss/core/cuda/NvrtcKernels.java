package dev.wsss.core.cuda;

import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.NativeException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUmod_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch_cuda;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A module in a device's primary context, the one that libtorch works in. */
final class NvrtcKernels implements Kernels {
    private static final Logger log = LoggerFactory.getLogger(NvrtcKernels.class);
    private static final int BLOCK = 256;

    private final ComputeDevice device;
    private final String name;
    private final CUmod_st module;
    private final Map<String, CUfunc_st> functions = new ConcurrentHashMap<>();

    private NvrtcKernels(ComputeDevice device, String name, CUmod_st module) {
        this.device = device;
        this.name = name;
        this.module = module;
    }

    static NvrtcKernels compile(ComputeDevice device, String name, String source, List<String> options) {
        int capability = 10 * attribute(device, cudart.cudaDevAttrComputeCapabilityMajor)
                + attribute(device, cudart.cudaDevAttrComputeCapabilityMinor);
        byte before = torch_cuda.ExchangeDevice((byte) device.cudaIndex());
        try (BytePointer image = Nvrtc.compile(name, source, capability, options)) {
            CUmod_st module = new CUmod_st();
            check(cudart.cuModuleLoadData(module, image), "loading " + name + " on " + device);
            log.info("compiled {} for {}, compute capability {}", name, device, capability);
            return new NvrtcKernels(device, name, module);
        } finally {
            torch_cuda.ExchangeDevice(before);
        }
    }

    private static int attribute(ComputeDevice device, int attribute) {
        int[] value = new int[1];
        check(cudart.cudaDeviceGetAttribute(value, attribute, device.cudaIndex()), "asking " + device + " what it is");
        return value[0];
    }

    @Override
    public void launch(String kernel, long threads, Object... arguments) {
        if (threads == 0) {
            return;
        }
        int blocks = Math.toIntExact((threads + BLOCK - 1) / BLOCK);
        byte before = torch_cuda.ExchangeDevice((byte) device.cudaIndex());
        try (PointerScope scope = new PointerScope()) {
            CUfunc_st function = functions.computeIfAbsent(kernel, this::function);
            // each argument has eight bytes, of which the kernel reads as many as its type has
            LongPointer values = new LongPointer(arguments.length);
            PointerPointer<Pointer> addresses = new PointerPointer<>(arguments.length);
            for (int i = 0; i < arguments.length; i++) {
                values.put(i, bits(kernel, i, arguments[i]));
                addresses.put(i, values.getPointer(i));
            }
            PointerPointer<Pointer> none = null;
            check(
                    cudart.cuLaunchKernel(
                            function,
                            blocks,
                            1,
                            1,
                            BLOCK,
                            1,
                            1,
                            0,
                            torch_cuda.getCurrentCUDAStream((byte) device.cudaIndex()).stream(),
                            addresses,
                            none),
                    "launching " + kernel + " on " + device);
        } finally {
            torch_cuda.ExchangeDevice(before);
        }
    }

    private CUfunc_st function(String kernel) {
        CUfunc_st function = new CUfunc_st();
        if (cudart.cuModuleGetFunction(function, module, kernel) != cudart.CUDA_SUCCESS) {
            throw new IllegalArgumentException(name + " has no kernel " + kernel);
        }
        return function;
    }

    private long bits(String kernel, int index, Object argument) {
        if (argument instanceof Tensor t) {
            if (!t.is_cuda() || t.device().index() != device.cudaIndex() || !t.is_contiguous()) {
                throw new IllegalArgumentException("argument " + index + " of kernel " + kernel
                        + " must be a contiguous tensor on " + device + ", got one that is "
                        + (t.is_contiguous() ? "elsewhere" : "not contiguous"));
            }
            // an empty tensor has no address
            return t.numel() == 0 ? 0 : t.data_ptr().address();
        }
        if (argument instanceof Integer || argument instanceof Long) {
            return ((Number) argument).longValue();
        }
        if (argument instanceof Float f) {
            return Float.floatToRawIntBits(f);
        }
        if (argument instanceof Double d) {
            return Double.doubleToRawLongBits(d);
        }
        throw new IllegalArgumentException("argument " + index + " of kernel " + kernel
                + " must be a tensor, an int, a long, a float or a double, got " + argument.getClass());
    }

    private static void check(int result, String what) {
        if (result != cudart.CUDA_SUCCESS) {
            throw new NativeException("CUDA failed at " + what + ": " + error(result));
        }
    }

    private static String error(int result) {
        try (PointerScope scope = new PointerScope()) {
            PointerPointer<BytePointer> text = new PointerPointer<>(1);
            return cudart.cuGetErrorString(result, text) == cudart.CUDA_SUCCESS
                    ? text.get(BytePointer.class).getString()
                    : "error " + result;
        }
    }
}
