package dev.wsss.models.tflite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.wsss.api.RgbImage;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Npz;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.cam.ImageNetClasses;
import dev.wsss.models.deeplab.DeepLabV3;
import dev.wsss.models.mobilenet.MobileNetEdgeTpu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Our networks, filled from the published files, against what TensorFlow's interpreter answered for the same bytes. The
 * folder holds the files, {@code index.json} that lists them and the pictures, and the interpreter's inputs and outputs.
 */
class PublishedFilesTest {
    /** The interpreter rounds to 8 bits in every layer, and its scores to 1/256. */
    private static final double SCORE_TOLERANCE = 0.1;

    private static final double LABEL_AGREEMENT = 0.97;

    private static final double LABEL_AGREEMENT_BF16 = 0.95;
    private static final float SCORE_TOLERANCE_BF16 = 0.05f;

    /**
     * The plain rectifiers of MobileNet EdgeTPU let activations span up to 430, so that a step of its 8 bits is up to 1.7,
     * and the network was trained to live with such steps. Without them it answers otherwise on a photograph that is not
     * of Cityscapes; with activations rounded to the file's steps, 0.946 of the pixels are the same.
     */
    private static final double LABEL_AGREEMENT_EDGE_TPU = 0.86;

    @Test
    void answersAreTheInterpreters() throws IOException {
        Path root = folder();
        int runs = 0;
        for (JsonElement entry : index(root)) {
            JsonObject file = entry.getAsJsonObject();
            String name = file.get("file").getAsString();
            boolean labels =
                    file.getAsJsonObject("output").getAsJsonArray("shape").size() == 3;
            Path path = root.resolve(name);
            Normalize normalize = TfliteNetworks.normalize(path);
            try (Layer network = labels ? TfliteNetworks.segmenter(path) : TfliteNetworks.classifier(path)) {
                network.train(false);
                for (JsonElement run : file.getAsJsonArray("runs")) {
                    String reference = run.getAsJsonObject().get("reference").getAsString();
                    Map<String, HostArray> arrays = Npz.read(root.resolve(reference));
                    if (labels) {
                        compareLabels(reference, (DeepLabV3) network, normalize, arrays);
                    } else {
                        compareScores(reference, (Classifier) network, normalize, arrays, quantization(file));
                    }
                    runs++;
                }
            }
        }
        assertThat(runs).isGreaterThanOrEqualTo(5);
    }

    /** To the bit, with the file's own roundings. */
    @Test
    void integersAreTheInterpreters() throws IOException {
        Path root = folder();
        int runs = 0;
        for (JsonElement entry : index(root)) {
            JsonObject file = entry.getAsJsonObject();
            try (TfliteInterpreter model =
                    TfliteInterpreter.of(root.resolve(file.get("file").getAsString()))) {
                for (JsonElement run : file.getAsJsonArray("runs")) {
                    String reference = run.getAsJsonObject().get("reference").getAsString();
                    Map<String, HostArray> arrays = Npz.read(root.resolve(reference));
                    HostArray input = get(arrays, "input_hwc")
                            .reshape(model.inputs().get(0).shape());
                    HostArray expected = get(arrays, "output");
                    HostArray output = model.run(List.of(input)).get(0).values();
                    assertThat(output.toLongs()).as(reference).containsExactly(expected.toLongs());
                    runs++;
                }
            }
        }
        assertThat(runs).isGreaterThanOrEqualTo(5);
    }

    /** Fused, float32 answers as it does part by part, and bfloat16 nearly so. */
    @Test
    void bfloat16IsNearFloat32() throws IOException {
        Path root = folder();
        for (JsonElement entry : index(root)) {
            JsonObject file = entry.getAsJsonObject();
            String name = file.get("file").getAsString();
            boolean labels =
                    file.getAsJsonObject("output").getAsJsonArray("shape").size() == 3;
            Path path = root.resolve(name);
            Normalize normalize = TfliteNetworks.normalize(path);
            for (JsonElement run : file.getAsJsonArray("runs")) {
                String reference = run.getAsJsonObject().get("reference").getAsString();
                HostArray input = get(Npz.read(root.resolve(reference)), "input_hwc");
                long[] expected =
                        get(Npz.read(root.resolve(reference)), "output").toLongs();
                float[] plain = answers(path, labels, null, image(normalize, input));
                float[] single = answers(path, labels, DType.F32, image(normalize, input));
                float[] half = answers(path, labels, DType.BF16, image(normalize, input));
                if (labels) {
                    System.out.printf(
                            "%s: of the pixels, fused %.5f as float32, bfloat16 %.4f as float32, %.4f as the interpreter%n",
                            reference, equal(single, plain), equal(half, plain), equal(half, expected));
                    assertThat(equal(single, plain)).isGreaterThan(0.9995);
                    assertThat(equal(half, plain)).isGreaterThan(LABEL_AGREEMENT_BF16);
                } else {
                    int top = top(plain);
                    System.out.printf("%s: %.4f, bfloat16 %.4f%n", reference, plain[top], half[top]);
                    assertThat(top(single)).isEqualTo(top);
                    assertThat(top(half)).isEqualTo(top);
                    assertThat(single[top]).isCloseTo(plain[top], within(1e-4f));
                    assertThat(half[top]).isCloseTo(plain[top], within(SCORE_TOLERANCE_BF16));
                }
            }
        }
    }

    /** Scores, or labels; of the parts one by one if there is no type to fuse in. */
    private static float[] answers(Path file, boolean labels, @Nullable DType fused, Tensor x) {
        try (Layer network = labels ? TfliteNetworks.segmenter(file) : TfliteNetworks.classifier(file);
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            network.train(false);
            if (fused != null) {
                network.fuse(fused);
            }
            Tensor y = network.forward(x).to(torch.ScalarType.Float);
            return Tensors.toFloats(
                    labels
                            ? Ops.bilinear(y, x.size(2), x.size(3), true).argmax(new LongOptional(1), false)
                            : y.softmax(1));
        }
    }

    private static double equal(float[] a, float[] b) {
        return IntStream.range(0, a.length).filter(i -> a[i] == b[i]).count() / (double) a.length;
    }

    private static double equal(float[] a, long[] b) {
        return IntStream.range(0, a.length).filter(i -> a[i] == b[i]).count() / (double) a.length;
    }

    private static int top(float[] scores) {
        return IntStream.range(0, scores.length).reduce(0, (a, b) -> scores[b] > scores[a] ? b : a);
    }

    private static Path folder() {
        String folder = System.getProperty("wsss.tflite");
        assumeThat(folder)
                .as("-Dwsss.tflite, a folder with the published files and reference outputs")
                .isNotNull();
        return Path.of(folder);
    }

    private static JsonArray index(Path root) throws IOException {
        return JsonParser.parseString(Files.readString(root.resolve("index.json")))
                .getAsJsonArray();
    }

    private static double quantization(JsonObject file) {
        return file.getAsJsonObject("output")
                .getAsJsonArray("quantization")
                .get(0)
                .getAsDouble();
    }

    private static HostArray get(Map<String, HostArray> run, String name) {
        return Objects.requireNonNull(run.get(name), name);
    }

    private static Tensor image(Normalize normalize, HostArray hwc) {
        int h = (int) hwc.shape()[hwc.shape().length - 3];
        int w = (int) hwc.shape()[hwc.shape().length - 2];
        RgbImage image = new RgbImage(h, w, hwc.toBytes());
        return Tensors.of(normalize.apply(image), 1, 3, h, w);
    }

    private static void compareScores(
            String name, Classifier network, Normalize normalize, Map<String, HostArray> run, double scale) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            float[] scores = Tensors.toFloats(
                    network.forward(image(normalize, get(run, "input_hwc"))).softmax(1));
            int[] expected = get(run, "output").toInts();
            int top = 0;
            int ours = 0;
            for (int i = 0; i < expected.length; i++) {
                top = (expected[i] & 255) > (expected[top] & 255) ? i : top;
                ours = scores[i] > scores[ours] ? i : ours;
            }
            System.out.printf(
                    "%s: %s %.4f, interpreter %s %.4f%n",
                    name,
                    ImageNetClasses.namesOf(scores.length).get(ours),
                    scores[ours],
                    ImageNetClasses.namesOf(scores.length).get(top),
                    (expected[top] & 255) * scale);
            assertThat(ours).as(name).isEqualTo(top);
            assertThat((double) scores[top]).as(name).isCloseTo((expected[top] & 255) * scale, within(SCORE_TOLERANCE));
        }
    }

    private static void compareLabels(String name, DeepLabV3 network, Normalize normalize, Map<String, HostArray> run) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Tensor x = image(normalize, get(run, "input_hwc"));
            Tensor logits = Ops.bilinear(network.forward(x), x.size(2), x.size(3), true);
            byte[] labels = Tensors.toBytes(logits.argmax(new LongOptional(1), false));
            long[] expected = get(run, "output").toLongs();
            assertThat(labels).hasSize(expected.length);
            int same = 0;
            for (int i = 0; i < expected.length; i++) {
                same += labels[i] == expected[i] ? 1 : 0;
            }
            System.out.printf("%s: %.4f of the pixels%n", name, (double) same / expected.length);
            assertThat((double) same / expected.length)
                    .as(name)
                    .isGreaterThanOrEqualTo(
                            network.backbone() instanceof MobileNetEdgeTpu
                                    ? LABEL_AGREEMENT_EDGE_TPU
                                    : LABEL_AGREEMENT);
        }
    }
}
