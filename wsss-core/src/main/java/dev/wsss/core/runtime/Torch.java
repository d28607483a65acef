package dev.wsss.core.runtime;

import dev.wsss.api.WsssException;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one libtorch of this JVM: loading it, its threads, its seed, its modes, its errors. */
public final class Torch {
    private static final Logger log = LoggerFactory.getLogger(Torch.class);
    /** What was set, or 0: a thread that has asked libtorch before would hear what held then. */
    private static volatile int threads;

    private static final String DJL_ENGINE = "ai/djl/pytorch/engine/PtEngine.class";

    private Torch() {}

    private static final class Loaded {
        static {
            if (Torch.class.getClassLoader().getResource(DJL_ENGINE) != null) {
                throw new WsssException(
                        "ai.djl.pytorch is on the class path: it brings a second libtorch, and two in one"
                                + " JVM fail with undefined symbols. Remove ai.djl.pytorch:pytorch-engine; this library needs"
                                + " ai.djl:api only");
            }
            Loader.load(torch.class);
            if (HiddenCaches.present()) {
                HiddenCaches.variable(System.getenv()).ifPresent(Loaded::limitOneDnn);
                torch.globalContext().setUserEnabledNNPACK(false);
            }
        }

        private static void limitOneDnn(String variable) {
            torch.set_env(variable, HiddenCaches.LIMIT);
            log.warn(
                    "this machine does not tell the sizes of its caches; on such a one oneDNN computed wrong"
                            + " convolutions with AVX, so it is limited to {}, which is slower. Set {} to choose yourself",
                    HiddenCaches.LIMIT,
                    variable);
        }

        static void touch() {}
    }

    /**
     * Loads libtorch; later calls do nothing. Everything in this library calls it by itself.
     *
     * @throws WsssException if it cannot be loaded; the message says why, and names a second libtorch on the class path
     */
    public static void load() {
        try {
            Loaded.touch();
        } catch (ExceptionInInitializerError e) {
            Throwable cause = e.getCause();
            if (cause instanceof WsssException own) {
                throw own;
            }
            throw new WsssException("libtorch cannot be loaded: " + cause, cause);
        } catch (NoClassDefFoundError | UnsatisfiedLinkError e) {
            throw new WsssException(
                    "libtorch cannot be loaded: " + e.getMessage()
                            + ". Is the native artifact of this platform on the class path (" + Loader.getPlatform()
                            + ")?",
                    e);
        }
    }

    /**
     * Sets how many threads one operation on the CPU uses, anywhere in this library; as many as there are cores, or as
     * {@code OMP_NUM_THREADS} says, if never set.
     *
     * <p>It holds for libtorch's operations and for what this library computes in Java, such as the dense CRF and the random
     * walk. Objects of the latter kind have an {@code optThreads}, which overrides it for their own code; libtorch's
     * operations obey this setting alone. Results are the same bits for any number of threads where the object says so.
     *
     * <p>Callers that compute in parallel should set {@code cores / callers}: more threads than cores slow all of them.
     *
     * @throws IllegalArgumentException if {@code threads < 1}
     */
    public static void setThreads(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1, got " + threads);
        }
        load();
        Torch.threads = threads;
        torch.set_num_threads(threads);
        // OpenBLAS, which multiplies small matrices, has threads of its own, and they spin while they wait
        openblas_nolapack.blas_set_num_threads(threads);
    }

    /**
     * OpenBLAS multiplies on the threads that call it until the result is closed, for an operation of libtorch that is
     * parallel by itself and multiplies in each of its threads: those would wait for each other's. Of the whole JVM.
     */
    public static Mode callersOwnBlas() {
        int all = threads();
        if (all == 1) {
            return () -> {};
        }
        openblas_nolapack.blas_set_num_threads(1);
        return () -> openblas_nolapack.blas_set_num_threads(all);
    }

    /** How many threads one operation uses. */
    public static int threads() {
        load();
        return threads > 0 ? threads : torch.get_num_threads();
    }

    /** Seeds libtorch's generators on every device: initial weights, dropout. */
    public static void seed(long seed) {
        load();
        torch.manual_seed(seed);
    }

    /** No gradients are recorded on this thread until the result is closed. */
    public static Mode noGrad() {
        return gradMode(false);
    }

    /** Gradients are recorded on this thread until the result is closed, also inside {@link #noGrad()}. */
    public static Mode grad() {
        return gradMode(true);
    }

    private static Mode gradMode(boolean on) {
        load();
        // not the guard objects NoGradGuard and AutoGradMode: in a Scope they would end with the scope only
        boolean before = GradMode.is_enabled();
        GradMode.set_enabled(on);
        return () -> GradMode.set_enabled(before);
    }

    /**
     * Convolutions and matrix products of this thread run in bfloat16 until the result is closed; parameters keep their
     * type.
     */
    public static Mode autocastBf16(ComputeDevice device) {
        load();
        DeviceType type = device.isCuda() ? DeviceType.CUDA : DeviceType.CPU;
        boolean before = torch.is_autocast_enabled(type);
        torch.ScalarType typeBefore = torch.get_autocast_dtype(type);
        torch.set_autocast_dtype(type, torch.ScalarType.BFloat16);
        torch.set_autocast_enabled(type, true);
        torch.increment_nesting();
        return () -> {
            // weights cast while training must not outlive the step that changes them
            if (torch.decrement_nesting() == 0) {
                torch.clear_cache();
            }
            torch.set_autocast_enabled(type, before);
            torch.set_autocast_dtype(type, typeBefore);
        };
    }

    /** Operations of this thread run in the types of their arguments until the result is closed. */
    public static Mode withoutAutocast(ComputeDevice device) {
        load();
        DeviceType type = device.isCuda() ? DeviceType.CUDA : DeviceType.CPU;
        boolean before = torch.is_autocast_enabled(type);
        torch.set_autocast_enabled(type, false);
        return () -> torch.set_autocast_enabled(type, before);
    }

    /** A mode of the current thread that ends with {@link #close()}. */
    @FunctionalInterface
    public interface Mode extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Runs native code and turns its errors into short ones: the first line of libtorch's message, without its C++
     * trace, which is logged at debug level. Want of memory is such an error too, whether JavaCPP, libtorch, C++ or the heap
     * ran short of it; the message says which limit was met, its value and what sets it.
     *
     * @throws NativeException if the native code threw, or there is too little memory
     */
    public static <T> T call(Supplier<T> code) {
        try {
            return code.get();
        } catch (WsssException | IllegalArgumentException | IllegalStateException e) {
            throw e;
        } catch (RuntimeException e) {
            throw translate(e);
        } catch (OutOfMemoryError e) {
            log.debug("out of memory", e);
            throw NativeException.of(e);
        }
    }

    /** As {@link #call} for code without a result. */
    public static void run(Runnable code) {
        call(() -> {
            code.run();
            return Boolean.TRUE;
        });
    }

    private static RuntimeException translate(RuntimeException e) {
        // JavaCPP throws plain RuntimeException for a C++ exception; its subclasses are Java's own and stay as they are
        if (e.getClass() != RuntimeException.class) {
            return e;
        }
        log.debug("native error", e);
        String message = e.getMessage() == null ? "unknown native error" : e.getMessage();
        int end = message.indexOf('\n');
        String first = end < 0 ? message : message.substring(0, end);
        return new NativeException(MemoryLimits.isShortage(first) ? MemoryLimits.explain(first) : first, e);
    }
}
