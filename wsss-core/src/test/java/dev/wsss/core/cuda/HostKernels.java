package dev.wsss.core.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.wsss.core.runtime.Tensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;

/**
 * CUDA kernels on the CPU: the host's C++ compiler makes a program of the same source, which runs a launch's threads one
 * after the other and stops at the first access outside an argument. For kernels whose threads do not speak to each other.
 */
public final class HostKernels implements Kernels, AutoCloseable {
    private static final Pattern KERNEL = Pattern.compile("extern \"C\" __global__ void (\\w+)\\(");

    private static final String MAIN =
            """
            #include <cmath>
            #include <cstdio>
            #include <cstdlib>
            #include <cstring>
            #include <tuple>
            #include <vector>
            #define __global__
            struct Index { unsigned x; };
            static Index blockIdx, threadIdx, blockDim = {256};
            #include "kernels.cu"

            static void in(void* to, size_t size) { if (fread(to, 1, size, stdin) != size) exit(2); }
            template <class T> struct Argument {
                T value;
                void read() { in(&value, sizeof value); }
                T get() { return value; }
                void write() {}
            };
            template <class T> struct Argument<T*> {
                std::vector<char> bytes;
                void read() { long long size; in(&size, sizeof size); bytes.resize(size); in(bytes.data(), size); }
                T* get() { return (T*) bytes.data(); }
                void write() { fwrite(bytes.data(), 1, bytes.size(), stdout); }
            };
            template <class... A> void run(void (*kernel)(A...), long long threads) {
                std::tuple<Argument<A>...> arguments;
                std::apply([](auto&... a) { (a.read(), ...); }, arguments);
                std::apply([&](auto&... a) {
                    // the last block is run whole, as on a device
                    for (long long t = 0; t < (threads + 255) / 256 * 256; t++) {
                        blockIdx.x = (unsigned) (t / 256);
                        threadIdx.x = (unsigned) (t % 256);
                        kernel(a.get()...);
                    }
                }, arguments);
                std::apply([](auto&... a) { (a.write(), ...); }, arguments);
            }
            int main() {
                char name[64];
                long long threads;
                while (fread(name, 1, sizeof name, stdin) == sizeof name) {
                    in(&threads, sizeof threads);
            """;

    private final Process program;

    private HostKernels(Process program) {
        this.program = program;
    }

    /** Compiles the source beside a class in a folder; the test is skipped where there is no {@code g++}. */
    public static HostKernels of(Path folder, Class<?> owner, String resource, String... options) {
        String source = Nvrtc.source(owner, resource);
        StringBuilder main = new StringBuilder(MAIN);
        Matcher kernels = KERNEL.matcher(source);
        while (kernels.find()) {
            main.append("if (!strcmp(name, \"%1$s\")) { run(%1$s, threads); }\n".formatted(kernels.group(1)));
        }
        try {
            Files.writeString(folder.resolve("kernels.cu"), source);
            Files.writeString(folder.resolve("main.cpp"), main + "fflush(stdout);\n}\n}\n");
            Path program = folder.resolve("kernels");
            List<String> command = new ArrayList<>(
                    List.of("g++", "-std=c++17", "-O1", "-fsanitize=address", "-static-libasan", "main.cpp", "-o"));
            command.add(program.toString());
            command.addAll(List.of(options));
            Process compiler;
            try {
                compiler = new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .start();
            } catch (IOException e) {
                assumeTrue(false, "no C++ compiler to run the kernels on the CPU with: " + e.getMessage());
                throw e;
            }
            String output = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (wait(compiler) != 0) {
                throw new AssertionError("g++ does not compile " + resource + ":\n" + output);
            }
            return new HostKernels(new ProcessBuilder(program.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized void launch(String kernel, long threads, Object... arguments) {
        ByteArrayOutputStream in = new ByteArrayOutputStream();
        in.writeBytes(Arrays.copyOf(kernel.getBytes(StandardCharsets.US_ASCII), 64));
        in.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(threads)
                .array());
        for (Object argument : arguments) {
            in.writeBytes(bytes(argument));
        }
        try {
            // the program reads all before it writes
            program.getOutputStream().write(in.toByteArray());
            program.getOutputStream().flush();
            for (Object argument : arguments) {
                if (argument instanceof Tensor t) {
                    byte[] values = program.getInputStream().readNBytes(size(t));
                    if (values.length < size(t)) {
                        throw new AssertionError("kernel " + kernel + " ended the program; see its standard error");
                    }
                    if (values.length > 0) {
                        new BytePointer(t.data_ptr()).capacity(values.length).put(values);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("kernel " + kernel, e);
        }
    }

    @Override
    public void close() {
        program.destroy();
    }

    private static byte[] bytes(Object argument) {
        if (argument instanceof Integer i) {
            return ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(i)
                    .array();
        }
        if (argument instanceof Tensor t) {
            byte[] values = new byte[size(t)];
            if (values.length > 0) { // an empty tensor has no address
                new BytePointer(t.data_ptr()).capacity(values.length).get(values);
            }
            return ByteBuffer.allocate(8 + values.length)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(values.length)
                    .put(values)
                    .array();
        }
        throw new IllegalArgumentException("no argument of a kernel: " + argument);
    }

    private static int size(Tensor t) {
        if (!t.is_contiguous()) {
            throw new IllegalArgumentException("a kernel's tensor must be contiguous");
        }
        return Math.toIntExact(t.numel() * Tensors.dtype(t).bytes());
    }

    private static int wait(Process process) {
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("not done within a minute");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
