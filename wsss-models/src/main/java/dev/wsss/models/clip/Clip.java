package dev.wsss.models.clip;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.core.checkpoint.TensorSpec;
import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.checkpoint.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * CLIP (Radford et al., ICML 2021): two towers that map images and texts to one space, in which those that belong together
 * are close.
 *
 * <pre>{@code
 * try (Clip clip = Clip.load(Path.of("ViT-B-16.pt"));
 *         Scope scope = Scope.open()) {
 *     List<String> names = List.of("cat", "dog", "traffic light");
 *     Tensor classes = clip.zeroShot(names, PromptTemplates.IMAGENET);
 *     float[] probabilities = clip.classify(photo, classes);
 * }
 * }</pre>
 *
 * <p>Key names are OpenAI's. A network that is built is in training mode, one that is loaded in evaluation mode; gradients flow
 * through all but {@link #zeroShot} and {@link #classify}.
 */
public final class Clip extends Network {
    /** What the trainings start from. */
    private static final double LOGIT_SCALE = Math.log(1 / 0.07);

    /** Texts of which vectors are computed at a time. */
    private static final int TEXTS_AT_ONCE = 64;

    private final ClipConfig config;
    private final ClipSettings settings;
    private final ImageTower image;
    private final TextTower text;
    private final Tensor logitScale;
    private final ClipTokenizer tokenizer;

    private Clip(Builder b, ClipConfig config) {
        this.config = config;
        settings = b.settings;
        tokenizer = b.tokenizer == null ? ClipTokenizer.openAi() : b.tokenizer;
        if (tokenizer.size() > config.text().vocabulary()) {
            throw new IllegalArgumentException("the tokenizer has " + tokenizer.size() + " tokens, the text tower only "
                    + config.text().vocabulary());
        }
        if (config.image() instanceof ClipConfig.Vit vit) {
            image = child("visual", new ClipVit(vit, config.embedding(), settings));
        } else {
            image = child("visual", new ClipResNet((ClipConfig.ResNet) config.image(), config.embedding(), settings));
        }
        text = child(new TextTower(config.text(), config.embedding(), settings));
        logitScale = parameter("logit_scale", Tensors.of(new float[] {(float) LOGIT_SCALE}));
    }

    /** Starts a CLIP without weights of anyone's: {@link ClipSettings#DEFAULT}, OpenAI's vocabulary unless set otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * A checkpoint of OpenAI's or Hugging Face's in any format that {@link Checkpoint} reads, OpenAI's TorchScript archives
     * included, with {@link ClipSettings#DEFAULT}. Its shape is told from the checkpoint.
     *
     * @return the network in float32 on the CPU, in evaluation mode
     * @throws InvalidDataException naming the file, if it cannot be read or holds no CLIP
     */
    public static Clip load(Path file) {
        return load(file, ClipSettings.DEFAULT);
    }

    /** As {@link #load(Path)}, computing in another way. */
    public static Clip load(Path file, ClipSettings settings) {
        return load(file, builder().optSettings(settings));
    }

    /**
     * As {@link #load(Path)} with the builder's settings and tokenizer; and with its configuration if that is set, for a
     * checkpoint from which it cannot be told.
     */
    public static Clip load(Path file, Builder builder) {
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            Map<String, TensorSpec> theirs = new LinkedHashMap<>();
            checkpoint.info().forEach(i -> theirs.put(i.name(), TensorSpec.of(i.dtype(), i.shape())));
            CheckpointFamily family;
            ClipConfig config;
            try {
                Map<String, TensorSpec> plain = Weights.unwrapped(theirs);
                family = ClipCheckpoints.whole(plain.keySet());
                config = builder.config != null
                        ? builder.config
                        : ClipConfig.of(family.keyMap().plan(plain).specs());
            } catch (InvalidDataException | IllegalArgumentException e) {
                throw new InvalidDataException(file + ": " + e.getMessage(), e);
            }
            Clip clip = Init.loaded(() -> new Clip(builder, config), n -> Weights.load(n, file, family));
            clip.train(false);
            return clip;
        }
    }

    /** Its shape. */
    public ClipConfig config() {
        return config;
    }

    /** How it computes. */
    public ClipSettings computation() {
        return settings;
    }

    /** The tower of images. */
    public ImageTower image() {
        return image;
    }

    /** The tower of texts. */
    public TextTower text() {
        return text;
    }

    /** What makes tokens of texts. */
    public ClipTokenizer tokenizer() {
        return tokenizer;
    }

    /** What cosines are multiplied by before a softmax, {@code exp(logit_scale)}; 100 in the released models. */
    public double logitScale() {
        return Math.exp(Tensors.item(logitScale));
    }

    /** OpenAI's preprocessing for this network: the shorter side to its resolution, the middle cut out. */
    public ClipPreprocess preprocess() {
        return ClipPreprocess.centerCrop(config.image().resolution());
    }

    /**
     * Images as unit vectors.
     *
     * @param images as {@link ImageTower} takes them
     * @return {@code [N][embedding]}
     */
    public Tensor imageEmbeddings(Tensor images) {
        try (Scope scope = Scope.open()) {
            return scope.keep(unit(image.embed(images)));
        }
    }

    /**
     * Texts as unit vectors.
     *
     * @return {@code [texts][embedding]}, on this network's device
     * @throws IllegalArgumentException if there are no texts, or one is too long and the tokenizer refuses such
     */
    public Tensor textEmbeddings(List<String> texts) {
        if (texts.isEmpty()) {
            throw new IllegalArgumentException("expected at least one text, got none");
        }
        try (Scope scope = Scope.open()) {
            List<Tensor> parts = new ArrayList<>();
            for (int i = 0; i < texts.size(); i += TEXTS_AT_ONCE) {
                List<String> some = texts.subList(i, Math.min(texts.size(), i + TEXTS_AT_ONCE));
                try (Scope inner = Scope.open()) {
                    Tensor tokens = tokenizer.tokens(some, config.text().context());
                    parts.add(inner.keep(unit(text.embed(tokens.to(device().toTorch(), tokens.scalar_type())))));
                }
            }
            return scope.keep(torch.cat(new TensorVector(parts.toArray(Tensor[]::new)), 0));
        }
    }

    /**
     * The vectors of classes: of each the {@link #ensemble} of its name in every template. No gradient is recorded.
     *
     * @param classes a name each, such as those of {@link ClassPrompts}
     * @return {@code [classes][embedding]} of unit rows, float32, on this network's device
     * @throws IllegalArgumentException if there are no classes, or a name is blank
     */
    public Tensor zeroShot(List<String> classes, PromptTemplates templates) {
        List<List<String>> prompts = new ArrayList<>();
        for (int i = 0; i < classes.size(); i++) {
            if (classes.get(i).isBlank()) {
                throw new IllegalArgumentException("class " + i + " has no name to make a prompt of");
            }
            prompts.add(templates.fill(classes.get(i)));
        }
        return zeroShot(prompts);
    }

    /**
     * As {@link #zeroShot(List, PromptTemplates)} from whole prompts.
     *
     * @param prompts of each class, at least one
     * @throws IllegalArgumentException if there are no classes, or one has no prompt
     */
    public Tensor zeroShot(List<List<String>> prompts) {
        if (prompts.isEmpty()) {
            throw new IllegalArgumentException("expected at least one class, got none");
        }
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            List<Tensor> classes = new ArrayList<>();
            for (int i = 0; i < prompts.size(); i++) {
                if (prompts.get(i).isEmpty()) {
                    throw new IllegalArgumentException("class " + i + " has no prompt");
                }
                try (Scope inner = Scope.open()) {
                    Tensor each = textEmbeddings(prompts.get(i)).to(torch.ScalarType.Float);
                    classes.add(inner.keep(ensemble(each.unsqueeze(0))));
                }
            }
            return scope.keep(torch.cat(new TensorVector(classes.toArray(Tensor[]::new)), 0));
        }
    }

    /**
     * A class's vector from those of its prompts: each is normalized, then their mean.
     *
     * @param prompts {@code [C][T][E]}
     * @return {@code [C][E]} of unit rows
     */
    public static Tensor ensemble(Tensor prompts) {
        try (Scope scope = Scope.open()) {
            return scope.keep(unit(unit(prompts).mean(new long[] {1}, false, new ScalarTypeOptional())));
        }
    }

    /**
     * How likely a photograph is of each class, by OpenAI's preprocessing. No gradient is recorded.
     *
     * @param classes unit rows {@code [C][embedding]} of {@link #zeroShot}
     * @return a probability each; they sum to 1
     */
    public float[] classify(RgbImage photo, Tensor classes) {
        if (classes.dim() != 2 || classes.size(1) != config.embedding()) {
            throw new IllegalArgumentException("expected classes of shape [C, " + config.embedding() + "], got "
                    + Arrays.toString(Tensors.shape(classes)));
        }
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Tensor input = preprocess().apply(photo).to(device().toTorch(), logitScale.scalar_type());
            Tensor cosines = imageEmbeddings(input).to(classes.scalar_type()).matmul(classes.t());
            return Tensors.toFloats(cosines.mul(new Scalar(logitScale())).softmax(1));
        }
    }

    private static Tensor unit(Tensor x) {
        return unit(x, -1);
    }

    /** Vectors along a dimension, divided by their length. */
    public static Tensor unit(Tensor x, int dimension) {
        try (Scope scope = Scope.open()) {
            return scope.keep(x.div(x.norm(new ScalarOptional(new Scalar(2.0)), new long[] {dimension}, true)));
        }
    }

    /** Settings of a CLIP. */
    public static final class Builder {
        private @Nullable ClipConfig config;
        private ClipSettings settings = ClipSettings.DEFAULT;
        private @Nullable ClipTokenizer tokenizer;

        private Builder() {}

        /** Its shape. */
        public Builder setConfig(ClipConfig config) {
            this.config = config;
            return this;
        }

        /** How it computes; {@link ClipSettings#DEFAULT} by default. */
        public Builder optSettings(ClipSettings settings) {
            this.settings = settings;
            return this;
        }

        /** What makes tokens of texts; {@link ClipTokenizer#openAi()} by default. */
        public Builder optTokenizer(ClipTokenizer tokenizer) {
            this.tokenizer = tokenizer;
            return this;
        }

        /**
         * Builds, with weights drawn from libtorch's generator.
         *
         * @throws IllegalStateException if the shape is not set
         * @throws IllegalArgumentException if the tokenizer has more tokens than the text tower
         */
        public Clip build() {
            if (config == null) {
                throw new IllegalStateException("setConfig is required");
            }
            return new Clip(this, config);
        }
    }
}
