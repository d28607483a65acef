package dev.wsss.benchmarks;

import dev.wsss.core.io.DType;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.clip.ClipConfig;
import dev.wsss.models.clip.ClipSettings;
import dev.wsss.models.clip.ClipVit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;

/**
 * The dense features of CLIP's ViT-B/16 for one frame of 512x1024, by turns with Python's PyTorch: as MaskCLIP publishes it,
 * and with the arithmetic that we have. Then by how much features of a small image differ in bfloat16; with {@code
 * -Dbf16=true} those of the frame, and how long they take, for processors that have bfloat16. {@code peers/clip.sh
 * [--bf16]} runs it.
 *
 * <p>Weights are drawn, and the same on both sides: what is computed does not depend on them, and the features of both must
 * agree.
 */
public final class ClipPairs extends Pairs {
    private static final int HEIGHT = 512;
    private static final int WIDTH = 1024;
    /** Of the image that bfloat16 is compared on where the frame would take too long. */
    private static final int SIDE = 224;

    private static final double TOLERANCE = 1e-3;

    private final ClipVit vit;
    private final float[] image = new float[3 * HEIGHT * WIDTH];

    private ClipPairs(Path folder) throws IOException {
        super(folder);
        Torch.setThreads(THREADS);
        Torch.seed(1);
        vit = new ClipVit((ClipConfig.Vit) ClipConfig.VIT_B_16.image(), 512, ClipSettings.MASKCLIP);
        vit.train(false);
        vit.requiresGrad(false);
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < image.length; i++) {
            image[i] = (float) (2 * random.nextDouble() - 1);
        }
        Safetensors.write(folder.resolve("vit.safetensors"), vit.stateDict(), Map.of());
        write("image.f32", image);
    }

    /** Runs; {@code -Dpeer} names the script, {@code -Dpython} and {@code -Dmodules} the Python and what it has. */
    public static void main(String[] args) throws IOException {
        Path folder = Files.createTempDirectory("clip");
        try {
            new ClipPairs(folder).run();
        } finally {
            delete(folder);
        }
    }

    private void run() {
        float[] ours = features(false, HEIGHT, WIDTH);
        for (String form : List.of("published", "fused")) {
            String name = "ViT-B/16 dense, 512x1024, " + THREADS + " threads, peer " + form;
            if (compare(name, python(form, "torch"), 1, HEAVY_PAIRS, () -> features(false, HEIGHT, WIDTH))) {
                double off = difference(read(form + ".f32"), ours);
                if (!(off < TOLERANCE)) {
                    throw new IllegalStateException(form + ": features differ by " + off);
                }
            }
        }
        boolean timed = Boolean.getBoolean("bf16");
        if (timed) {
            alone("the same under autocast to bfloat16", () -> features(true, HEIGHT, WIDTH));
        }
        int height = timed ? HEIGHT : SIDE;
        int width = timed ? WIDTH : SIDE;
        float[] half = features(true, height, width);
        float[] full = timed ? ours : features(false, height, width);
        System.out.printf(
                Locale.ROOT,
                "bfloat16: features of %dx%d differ by at most %.4f of the greatest, cosines of places are at least %.5f%n",
                height,
                width,
                difference(half, full),
                worstCosine(half, full));
    }

    private float[] features(boolean half, int height, int width) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad();
                Torch.Mode mode = half ? Torch.autocastBf16(ComputeDevice.CPU) : () -> {}) {
            Tensor features = vit.dense(Tensors.of(Arrays.copyOf(image, 3 * height * width), 1, 3, height, width))
                    .features();
            return Tensors.toFloats(features.to(Tensors.scalarType(DType.F32)));
        }
    }

    private float[] read(String name) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(folder.resolve(name)));
            float[] values = new float[bytes.capacity() / 4];
            bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
            return values;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The greatest difference, as a part of the greatest value. */
    private static double difference(float[] a, float[] b) {
        double most = 0;
        double peak = 0;
        for (int i = 0; i < b.length; i++) {
            most = Math.max(most, Math.abs(a[i] - b[i]));
            peak = Math.max(peak, Math.abs(b[i]));
        }
        return most / peak;
    }

    private double worstCosine(float[] a, float[] b) {
        int channels = vit.embedding();
        int places = b.length / channels;
        double[] dot = new double[places];
        double[] aa = new double[places];
        double[] bb = new double[places];
        for (int i = 0; i < b.length; i++) {
            int p = i % places;
            dot[p] += (double) a[i] * b[i];
            aa[p] += (double) a[i] * a[i];
            bb[p] += (double) b[i] * b[i];
        }
        double[] cosines = new double[places];
        Arrays.setAll(cosines, p -> dot[p] / Math.sqrt(aa[p] * bb[p]));
        return Arrays.stream(cosines).min().orElseThrow();
    }
}
