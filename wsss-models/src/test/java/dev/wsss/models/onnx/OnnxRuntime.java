package dev.wsss.models.onnx;

import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/** ONNX Runtime from a jar that is given, by reflection: with its 139 MB it is no dependency of a build. */
final class OnnxRuntime implements AutoCloseable {
    private final URLClassLoader loader;
    private final Class<?> tensor;
    private final Object environment;
    private final Method create;

    OnnxRuntime(Path jar) throws Exception {
        loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, OnnxRuntime.class.getClassLoader());
        Class<?> type = loader.loadClass("ai.onnxruntime.OrtEnvironment");
        tensor = loader.loadClass("ai.onnxruntime.OnnxTensor");
        environment = Objects.requireNonNull(type.getMethod("getEnvironment").invoke(null));
        create = tensor.getMethod("createTensor", type, FloatBuffer.class, long[].class);
    }

    /** The first output of a model for its input {@code images}. */
    float[] run(Path model, FloatBuffer images, long[] shape) throws Exception {
        try (AutoCloseable session = (AutoCloseable) Objects.requireNonNull(environment
                        .getClass()
                        .getMethod("createSession", String.class)
                        .invoke(environment, model.toString()));
                AutoCloseable input =
                        (AutoCloseable) Objects.requireNonNull(create.invoke(null, environment, images, shape));
                AutoCloseable result = (AutoCloseable) Objects.requireNonNull(
                        session.getClass().getMethod("run", Map.class).invoke(session, Map.of("images", input)))) {
            Object first = result.getClass().getMethod("get", int.class).invoke(result, 0);
            FloatBuffer buffer = (FloatBuffer)
                    Objects.requireNonNull(tensor.getMethod("getFloatBuffer").invoke(first));
            float[] values = new float[buffer.remaining()];
            buffer.get(values);
            return values;
        }
    }

    @Override
    public void close() throws Exception {
        loader.close();
    }
}
