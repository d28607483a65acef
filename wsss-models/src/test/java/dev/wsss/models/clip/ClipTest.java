package dev.wsss.models.clip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.core.checkpoint.TensorSpec;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.io.TorchArchive;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.LeakCheck;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.vit.PositionResize;
import dev.wsss.models.vit.Tap;
import dev.wsss.models.vit.Taps;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CLIP as a whole: its files, its vectors, what it refuses. */
class ClipTest {
    private static final int VOCABULARY = 49408;
    private static final ClipConfig VIT =
            new ClipConfig(new ClipConfig.Vit(32, 8, 64, 2, 1), new ClipConfig.Text(16, VOCABULARY, 64, 1, 1), 24);
    private static final ClipConfig RESNET = new ClipConfig(
            new ClipConfig.ResNet(64, 8, List.of(1, 1, 1, 1), 4), new ClipConfig.Text(16, VOCABULARY, 64, 1, 1), 24);

    @TempDir
    Path folder;

    private static Clip clip(ClipConfig config) {
        Torch.seed(3);
        Clip clip = Clip.builder().setConfig(config).build();
        clip.train(false);
        return clip;
    }

    private static RgbImage photo(int height, int width) {
        byte[] data = new byte[height * width * 3];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (i * 31 + i / 7);
        }
        return new RgbImage(height, width, data);
    }

    private static Tensor images(int height, int width) {
        return ClipPreprocess.asItIs().apply(photo(height, width));
    }

    /** A vocabulary of as many tokens as the reference's small model has. */
    private ClipTokenizer small() throws Exception {
        StringBuilder merges = new StringBuilder("#\n");
        for (char c = 'a'; c < 'a' + 86 / 4; c++) {
            for (char d = 'a'; d < 'e'; d++) {
                merges.append(c).append(' ').append(d).append('\n');
            }
        }
        merges.append("v a\nv b\n");
        Path file = folder.resolve("merges.txt");
        Files.writeString(file, merges);
        return ClipTokenizer.read(file);
    }

    /** Vectors of transformers' CLIPModel, whose weights are filled by the rule of the reference vectors. */
    @Test
    void aFileOfHuggingFaceLoads() throws Exception {
        GoldenCase reference = GoldenCase.load(resource("huggingface.safetensors"));
        Path file = folder.resolve("model.safetensors");
        Safetensors.write(file, reference.filledWeights(), Map.of());
        try (Clip clip = Clip.load(file, Clip.builder().optTokenizer(small()));
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            assertThat(clip.config())
                    .isEqualTo(new ClipConfig(
                            new ClipConfig.Vit(32, 8, 128, 3, 2), new ClipConfig.Text(16, 600, 64, 2, 1), 32));
            Tensor tokens = Tensors.of(reference.in("tokens")).to(torch.ScalarType.Long);
            assertVectors(clip.image().embed(Tensors.of(reference.in("image"))), reference.out("image_embedding"));
            assertVectors(clip.text().embed(tokens), reference.out("text_embedding"));
            // and back to the bit
            Path again = folder.resolve("again.safetensors");
            Weights.export(clip, again, ClipCheckpoints.HF_CLIP);
            assertThat(Safetensors.read(again)).isEqualTo(reference.filledWeights());
        }
    }

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(Objects.requireNonNull(ClipTest.class.getResource(name)).toURI());
    }

    private static void assertVectors(Tensor actual, HostArray expected) {
        try (Scope scope = Scope.open()) {
            assertThat(Tensors.toFloats(actual)).containsExactly(Tensors.toFloats(Tensors.of(expected)), offset(2e-5f));
        }
    }

    @Test
    void aFileOfOpenAisLoadsInEachForm() {
        for (ClipConfig config : List.of(VIT, RESNET)) {
            try (Clip made = clip(config);
                    Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                Path file = folder.resolve("clip.pt");
                Map<String, HostArray> entries = new LinkedHashMap<>(made.stateDict());
                entries.put("input_resolution", HostArray.ofLongs(new long[] {32}));
                entries.put("context_length", HostArray.ofLongs(new long[] {16}));
                entries.put("vocab_size", HostArray.ofLongs(new long[] {VOCABULARY}));
                TorchArchive.write(file, entries);
                try (Clip read = Clip.load(file)) {
                    assertThat(read.config()).isEqualTo(config);
                    assertThat(read.isTraining()).isFalse();
                    assertThat(read.stateDict()).isEqualTo(made.stateDict());
                    assertThat(read.logitScale()).isEqualTo(1 / 0.07, offset(1e-4));
                }
            }
        }
    }

    /** The names that MaskCLIP's converter writes, by hand, and the values of the tower that was converted. */
    private static Map<String, HostArray> converted(Clip clip) {
        Map<String, HostArray> theirs = new LinkedHashMap<>();
        clip.stateDict().forEach((key, value) -> {
            if (!key.startsWith("visual.")) {
                return;
            }
            String name = key.substring("visual.".length());
            switch (name) {
                case "proj" -> theirs.put("proj.weight", transposed(value));
                case "class_embedding" -> theirs.put("clip.cls_token", value.reshape(1, 1, value.size()));
                case "positional_embedding" ->
                    theirs.put("clip.pos_embed", value.reshape(1, value.shape()[0], value.shape()[1]));
                case "conv1.weight" ->
                    theirs.put(
                            clip.image() instanceof ClipVit
                                    ? "clip.patch_embed.projection.weight"
                                    : "clip.stem.0.weight",
                            value);
                case "attnpool.positional_embedding" -> {}
                default -> theirs.put(renamed(name), value);
            }
        });
        return theirs;
    }

    private static String renamed(String name) {
        if (name.startsWith("attnpool.")) {
            return name.substring("attnpool.".length());
        }
        if (name.startsWith("transformer.")) {
            return "clip."
                    + name.replace("transformer.resblocks.", "layers.")
                            .replace(".ln_", ".ln")
                            .replace(".attn.", ".attn.attn.")
                            .replace(".mlp.c_fc.", ".ffn.layers.0.0.")
                            .replace(".mlp.c_proj.", ".ffn.layers.1.");
        }
        return "clip."
                + name.replace("downsample.1.", "downsample.2.")
                        .replace("downsample.0.", "downsample.1.")
                        .replace("ln_pre.", "ln0.")
                        .replace("ln_post.", "ln1.")
                        .replaceAll("^bn1\\.", "stem.1.")
                        .replaceAll("^conv2\\.", "stem.3.")
                        .replaceAll("^bn2\\.", "stem.4.")
                        .replaceAll("^conv3\\.", "stem.6.")
                        .replaceAll("^bn3\\.", "stem.7.");
    }

    private static HostArray transposed(HostArray a) {
        int rows = (int) a.shape()[0];
        int columns = (int) a.shape()[1];
        float[] from = a.toFloats();
        float[] to = new float[from.length];
        for (int i = 0; i < from.length; i++) {
            to[i % columns * rows + i / columns] = from[i];
        }
        return HostArray.ofFloats(to, columns, rows);
    }

    @Test
    void maskClipsConvertedTowersLoad() {
        for (ClipConfig config : List.of(VIT, RESNET)) {
            try (Clip made = clip(config);
                    Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                Path file = folder.resolve("tower_clip_weights.pth");
                TorchArchive.write(file, converted(made));
                Tensor images = Tensors.of(new float[3 * 64 * 96], 1, 3, 64, 96).add(new Scalar(0.5));
                Tensor expected = made.image().dense(images).features();
                try (Network read = ImageTower.load(file, ClipSettings.DEFAULT)) {
                    ImageTower tower = (ImageTower) read;
                    assertThat(tower.embedding()).isEqualTo(config.embedding());
                    assertThat(read.isTraining()).isFalse();
                    assertThat(Tensors.toFloats(tower.dense(images).features())).isEqualTo(Tensors.toFloats(expected));
                }
                assertThatThrownBy(() -> Clip.load(file))
                        .isInstanceOf(InvalidDataException.class)
                        .hasMessageStartingWith(file + ": MaskCLIP's converted image tower, which has no text tower;"
                                + " expected a whole CLIP");
                // OpenAI's own serves as well
                Path whole = folder.resolve("clip.pt");
                TorchArchive.write(whole, made.stateDict());
                try (Network read = ImageTower.load(whole, ClipSettings.DEFAULT)) {
                    assertThat(Tensors.toFloats(
                                    ((ImageTower) read).dense(images).features()))
                            .isEqualTo(Tensors.toFloats(expected));
                }
            }
        }
    }

    @Test
    void whatIsNoImageTowerIsRefusedByName() {
        Path file = folder.resolve("odd.safetensors");
        HostArray some = HostArray.ofFloats(new float[2], 1, 2);
        Safetensors.write(file, Map.of("backbone.patch_embed.projection.weight", some), Map.of());
        assertThatThrownBy(() -> ImageTower.load(file, ClipSettings.DEFAULT))
                .isInstanceOf(InvalidDataException.class)
                .hasMessage(file + ": a backbone without CLIP's projections, such as MaskCLIP's *_clip_backbone.pth;"
                        + " expected *_clip_weights.pth, which has them");
        Safetensors.write(file, Map.of("fc.weight", some), Map.of());
        assertThatThrownBy(() -> ImageTower.load(file, ClipSettings.DEFAULT))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageStartingWith(file + ": no image tower of CLIP: expected OpenAI's keys")
                .hasMessageContaining("got [fc.weight] and 0 more");
    }

    @Test
    void releasedShapes() {
        assertThat(ClipConfig.names())
                .containsExactly(
                        "RN50",
                        "RN101",
                        "RN50x4",
                        "RN50x16",
                        "RN50x64",
                        "ViT-B/32",
                        "ViT-B/16",
                        "ViT-L/14",
                        "ViT-L/14@336px");
        for (String name : ClipConfig.names()) {
            assertThat(ClipConfig.byName(name).name()).contains(name);
        }
        // the numbers of parameters that are published
        assertParameters(ClipConfig.VIT_B_16, 149_620_737);
        assertParameters(ClipConfig.RN50, 102_007_137);
        assertThatThrownBy(() -> ClipConfig.byName("ViT-B-16"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("no CLIP is named 'ViT-B-16'; there are [RN50, RN101");
    }

    private static void assertParameters(ClipConfig config, long count) {
        try (Clip clip = Clip.builder().setConfig(config).build()) {
            assertThat(clip.parameterCount()).isEqualTo(count);
            assertThat(ClipConfig.of(TensorSpec.of(clip.liveState()))).isEqualTo(config);
        }
    }

    @Test
    void classesAreEnsemblesOfUnitVectors() {
        try (Clip clip = clip(VIT);
                Scope scope = Scope.open()) {
            PromptTemplates two = PromptTemplates.of("a photo of a {}.", "the {}");
            Tensor classes = clip.zeroShot(List.of("cat", "traffic light"), two);
            assertThat(Tensors.shape(classes)).containsExactly(2, 24);
            assertThat(classes.requires_grad()).isFalse();
            Tensor texts = clip.textEmbeddings(List.of("a photo of a cat.", "the cat"));
            float[] mean = Tensors.toFloats(texts.select(0, 0).add(texts.select(0, 1)));
            double norm = 0;
            for (float v : mean) {
                norm += (double) v * v;
            }
            float[] first = Tensors.toFloats(classes.select(0, 0));
            for (int i = 0; i < 24; i++) {
                assertThat((double) first[i]).isEqualTo(mean[i] / Math.sqrt(norm), offset(1e-5));
            }
            float[] probabilities = clip.classify(photo(50, 40), classes);
            assertThat(probabilities).hasSize(2);
            assertThat(probabilities[0] + probabilities[1]).isEqualTo(1, offset(1e-5f));
        }
    }

    /** A text's vector does not depend on the longer texts beside it, nor on the padding. */
    @Test
    void paddingIsNotSeen() {
        try (Clip clip = clip(VIT);
                Scope scope = Scope.open()) {
            Tensor alone = clip.textEmbeddings(List.of("a cat"));
            Tensor beside = clip.textEmbeddings(List.of("a cat", "a very long text of many words"))
                    .narrow(0, 0, 1);
            Tensor tokens = clip.tokenizer().tokens(List.of("a cat"), 16);
            Tensor full = clip.text()
                    .project(
                            clip.text().hidden(clip.text().lookup(tokens)),
                            clip.text().ends(tokens));
            full = full.div(full.square().sum().sqrt());
            assertThat(Tensors.toFloats(beside)).containsExactly(Tensors.toFloats(alone), offset(1e-5f));
            assertThat(Tensors.toFloats(full)).containsExactly(Tensors.toFloats(alone), offset(1e-5f));
        }
    }

    @Test
    void gradientsReachBothTowers() {
        for (ClipConfig config : List.of(VIT, RESNET)) {
            try (Clip clip = clip(config);
                    Scope scope = Scope.open()) {
                int side = config.image().resolution();
                Tensor images = images(side, side).requires_grad_(true);
                Tensor cosines = clip.imageEmbeddings(images)
                        .matmul(clip.textEmbeddings(List.of("a cat", "a dog")).t());
                cosines.square().sum().backward();
                assertThat(Tensors.item(images.grad().abs().max())).isPositive();
                for (String name : List.of("visual.conv1.weight", "token_embedding.weight", "text_projection")) {
                    assertThat(Tensors.item(clip.tensor(name).grad().abs().max()))
                            .as(name)
                            .isPositive();
                }
            }
        }
    }

    @Test
    void bfloat16IsClose() {
        try (Clip clip = clip(VIT);
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Tensor images = images(32, 48);
            Tensor exact = clip.image().dense(images, true).features();
            Tensor half;
            try (Torch.Mode bf16 = Torch.autocastBf16(ComputeDevice.CPU)) {
                half = clip.image().dense(images, true).features().to(torch.ScalarType.Float);
            }
            double peak = Tensors.item(exact.abs().max());
            assertThat(Tensors.item(half.sub(exact).abs().max())).isPositive().isLessThan(0.03 * peak);
        }
    }

    @Test
    void nothingIsLeftBehind() {
        try (Clip vit = clip(VIT);
                Clip resNet = clip(RESNET)) {
            LeakCheck.assertFlat(200, () -> {
                try (Scope scope = Scope.open();
                        Torch.Mode noGrad = Torch.noGrad()) {
                    vit.image().dense(images(32, 48), true);
                    vit.imageEmbeddings(images(32, 32));
                    ((ClipVit) vit.image())
                            .trace(images(32, 32), Taps.of(Tap.ATTENTION).and(Tap.KEY, -1));
                    vit.zeroShot(List.of("cat"), PromptTemplates.PHOTO);
                    resNet.image().dense(images(64, 64), true);
                    resNet.imageEmbeddings(images(64, 64));
                }
            });
        }
    }

    @Test
    void imagesThatDoNotFitAreRefused() {
        try (Clip vit = clip(VIT);
                Clip padding = Clip.builder()
                        .setConfig(VIT)
                        .optSettings(ClipSettings.MASKCLIP)
                        .build();
                Clip fixed = Clip.builder()
                        .setConfig(VIT)
                        .optSettings(ClipSettings.DEFAULT.withPositions(PositionResize.NONE))
                        .build();
                Clip resNet = clip(RESNET);
                Scope scope = Scope.open()) {
            assertRefused(vit, images(7, 64), "at least one patch of 8x8 pixels, got 7x64");
            assertRefused(vit, images(33, 32), "multiples of the patch of 8 pixels, got 33x32");
            assertRefused(vit, Tensors.of(new float[64], 1, 1, 8, 8), "expected images of shape [N, 3, H, W]");
            assertRefused(padding, images(7, 64), "at least one patch of 8x8 pixels, got 7x64");
            assertThat(padding.image().dense(images(33, 32)).grid().rows()).isEqualTo(5);
            assertThat(padding.image().dense(images(33, 32)).features().requires_grad())
                    .isTrue();
            assertRefused(fixed, images(32, 40), "the position table is for 4x4 patches and is not to be resized");
            assertRefused(resNet, images(31, 64), "an image must be at least 32x32 pixels, got 31x64");
            assertThatThrownBy(() -> vit.image().dense(images(32, 32)).keys())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("keys were not asked for");
        }
    }

    private static void assertRefused(Clip clip, Tensor images, String message) {
        assertThatThrownBy(() -> clip.image().embed(images))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
        if (clip.computation().positions() != PositionResize.NONE) {
            assertThatThrownBy(() -> clip.image().dense(images)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void classesWithoutPromptsAreRefused() {
        try (Clip clip = clip(VIT)) {
            assertThatThrownBy(() -> clip.zeroShot(List.of("cat", " "), PromptTemplates.PHOTO))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("class 1 has no name to make a prompt of");
            assertThatThrownBy(() -> clip.zeroShot(List.of(List.of("a cat"), List.of())))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("class 1 has no prompt");
            assertThatThrownBy(() -> clip.zeroShot(List.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("expected at least one class, got none");
        }
    }

    @Test
    void whatIsNoClipIsRefusedByName() throws Exception {
        Path file = folder.resolve("other.safetensors");
        Safetensors.write(file, Map.of("fc.weight", HostArray.ofFloats(new float[2], 1, 2)), Map.of());
        assertThatThrownBy(() -> Clip.load(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageStartingWith(file + ": no whole CLIP: expected OpenAI's keys")
                .hasMessageContaining("got [fc.weight] and 0 more");
        ClipConfig threeHeads = new ClipConfig(new ClipConfig.Vit(32, 8, 48, 1, 3), VIT.text(), 24);
        Path narrow = folder.resolve("narrow.safetensors");
        try (Clip clip = clip(threeHeads)) {
            Weights.export(clip, narrow, ClipCheckpoints.OPENAI_CLIP);
        }
        assertThatThrownBy(() -> Clip.load(narrow))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageStartingWith(narrow + ": visual.conv1.weight has a width of 48")
                .hasMessageEndingWith("give the configuration");
        try (Clip clip = Clip.load(narrow, Clip.builder().setConfig(threeHeads))) {
            assertThat(clip.config()).isEqualTo(threeHeads);
        }
        ClipTokenizer few = small();
        ClipConfig fewer = new ClipConfig(VIT.image(), new ClipConfig.Text(16, 599, 64, 1, 1), 24);
        assertThatThrownBy(
                        () -> Clip.builder().setConfig(fewer).optTokenizer(few).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the tokenizer has 600 tokens, the text tower only 599");
        assertThatThrownBy(() -> Clip.builder().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setConfig is required");
    }
}
