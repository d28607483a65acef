package dev.wsss.examples;

import dev.wsss.api.AtomicFile;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.AdamW;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.Optimizer;
import dev.wsss.core.train.ParameterGroups;
import dev.wsss.core.train.Schedule;
import dev.wsss.core.train.Trainer;
import dev.wsss.core.train.TrainingStep;
import dev.wsss.examples.CaptionedScenes.Captioned;
import dev.wsss.models.clip.Clip;
import dev.wsss.models.clip.ClipTokenizer;
import dev.wsss.models.clip.ClipVit;
import dev.wsss.models.clip.ContrastiveLoss;
import dev.wsss.models.clip.MiniClip;
import dev.wsss.models.clip.PromptTemplates;
import dev.wsss.models.vit.PatchGrid;
import dev.wsss.models.vit.TransformerBlock;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code wsss mini-clip}: makes {@link MiniClip} from nothing. The weights are those of its resource, byte for byte, on a
 * processor whose vector instructions are the same, with one thread; elsewhere the last bits of sums differ.
 */
@Command(
        name = "mini-clip",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description =
                "Trains the small CLIP that comes with the library, from captions made of the tags of drawn scenes.")
final class MiniClipCommand implements Callable<Integer> {
    /** As in OpenAI's training. */
    private static final double MAX_SCALE = 100;

    /** How much the labels of places count beside captions. */
    private static final double PLACES = 2;

    @Option(names = "--steps", paramLabel = "N", description = "updates by captions alone")
    private long steps = 1600;

    @Option(
            names = "--place-steps",
            paramLabel = "N",
            description = "updates after those, by captions and by what the network of before says of places")
    private long placeSteps = 300;

    @Mixin
    private RunOptions options = new RunOptions();

    @Override
    public Integer call() {
        options.start();
        Torch.seed(options.seed);
        Path out = options.out("mini-clip");
        String vocabulary = String.join("\n", ClipTokenizer.openAi().mergesOf(CaptionedScenes.words())) + "\n";
        Path words = out.resolve("mini-vocabulary.txt");
        AtomicFile.write(words, vocabulary);
        ClipTokenizer tokenizer = ClipTokenizer.read(words);
        try (Clip clip = clip(tokenizer)) {
            train(clip, null, out.resolve("captions"), steps, 1e-3);
            // what is learnt from captions is where a class is told by; a CRF knows which pixels go with those
            try (PlaceLabels labels = new PlaceLabels(copy(clip, tokenizer))) {
                train(clip, labels, out.resolve("places"), placeSteps, 5e-4);
            }
            clip.to(ComputeDevice.CPU, DType.F16);
            Path weights = out.resolve("mini-clip.safetensors");
            Safetensors.write(
                    weights,
                    clip.stateDict(),
                    Map.of(
                            "made_by",
                            "wsss mini-clip --seed " + options.seed + " --steps " + steps + " --place-steps "
                                    + placeSteps));
            System.out.println(weights + ", " + words);
        }
        return 0;
    }

    private static Clip clip(ClipTokenizer tokenizer) {
        return Clip.builder()
                .setConfig(MiniClip.config(tokenizer.size()))
                .optTokenizer(tokenizer)
                .build();
    }

    private static Clip copy(Clip of, ClipTokenizer tokenizer) {
        Clip copy = clip(tokenizer);
        copy.load(of.stateDict());
        return copy;
    }

    private void train(Clip clip, @Nullable PlaceLabels labels, Path folder, long count, double rate) {
        try (Optimizer adam = AdamW.builder()
                        .setGroups(ParameterGroups.all(clip, 0.05))
                        .setLearningRate(rate)
                        .build();
                Trainer<Captioned> trainer = Trainer.<Captioned>builder()
                        .setNetwork(clip)
                        .setData(new CaptionedScenes(labels == null ? 1 : 2))
                        .setLoss(LossStep.named(
                                labels == null ? "classes and places to captions" : "and places to labels",
                                Map.of("places", labels == null ? 0 : PLACES),
                                (batch, step) -> loss(clip, labels, batch, step)))
                        .setOptimizer(adam)
                        .optSchedule(Schedule.cosine(count, 0).withLinearWarmup(Math.min(100, count / 2), 0.01))
                        .optSteps(count)
                        .optSeed(options.seed)
                        .optGradientClip(1)
                        .optThreads(1)
                        .optLogEvery(20)
                        .optProgress(new TerminalProgress(System.out))
                        .optCheckpoint(folder, 200, 2)
                        .build()) {
            trainer.fit();
        }
    }

    /**
     * CLIP's loss of the class token; and that of the value path, for masks are made of it. One pass serves both.
     *
     * @param labels of places, where they are known
     */
    private static Tensor loss(Clip clip, @Nullable PlaceLabels labels, Captioned batch, TrainingStep step) {
        ClipVit vit = (ClipVit) clip.image();
        Tensor texts = clip.textEmbeddings(batch.captions());
        Tensor scale = clip.tensor("logit_scale").exp().clamp_max(new Scalar(MAX_SCALE));
        List<TransformerBlock> blocks = vit.transformer().blocks();
        TransformerBlock last = blocks.get(blocks.size() - 1);
        Tensor x = vit.transformer().forward(vit.input(batch.images()), null, 0, blocks.size() - 1);
        PatchGrid grid = vit.grid(batch.images().size(2), batch.images().size(3));

        Tensor whole = Clip.unit(vit.project(last.forward(x).select(1, 0)), -1);
        Tensor places = Clip.unit(grid.map(vit.project(last.valuePath(x.narrow(1, 1, grid.patches())))), 1);
        Tensor classes = ContrastiveLoss.symmetric(whole.matmul(texts.t()).mul(scale), batch.positives());
        Tensor dense = ContrastiveLoss.symmetric(
                ContrastiveLoss.patchAligned(places, texts, batch.sharpness()).mul(scale), batch.positives());
        step.report("class token", classes);
        step.report("places", dense);
        Tensor captions = classes.add(dense);
        if (labels == null || !batch.classes().hasBackground()) {
            return captions;
        }
        Tensor where = labels.loss(places, clip.zeroShot(batch.classes().tagNames(), PromptTemplates.PHOTO), batch);
        step.report("labels of places", where);
        return captions.add(where.mul(new Scalar(PLACES)));
    }
}
