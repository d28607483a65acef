package dev.wsss.examples;

import dev.wsss.api.AtomicFile;
import dev.wsss.api.Dataset;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.pipeline.RunFolder;
import dev.wsss.core.report.RunReport;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.AdamW;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.Optimizer;
import dev.wsss.core.train.ParameterGroups;
import dev.wsss.core.train.Schedule;
import dev.wsss.core.train.Trainer;
import dev.wsss.core.train.TrainingStep;
import dev.wsss.datasets.ShapesDataset.Scenery;
import dev.wsss.examples.CaptionedScenes.Captioned;
import dev.wsss.models.clip.Clip;
import dev.wsss.models.clip.ClipTokenizer;
import dev.wsss.models.clip.ClipVit;
import dev.wsss.models.clip.ContrastiveLoss;
import dev.wsss.models.clip.MiniClip;
import dev.wsss.models.clip.PromptTemplates;
import dev.wsss.models.vit.PatchGrid;
import dev.wsss.models.vit.TransformerBlock;
import java.io.PrintWriter;
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

    /** What cosines with places are multiplied by, for their weights. */
    private static final double SHARPNESS = 10;

    /** How much labels of places count beside captions. */
    private static final double PLACES = 2;

    /** Scenes whose places are labelled. */
    private static final int LABELLED = 1000;

    @Option(names = "--steps", paramLabel = "N", description = "updates by captions alone")
    private long steps = 2400;

    @Option(
            names = "--place-steps",
            paramLabel = "N",
            description = "updates after those, by captions and labels of places")
    private long placeSteps = 600;

    @Option(
            names = "--captions",
            paramLabel = "FILE",
            description = "an earlier run's captions.safetensors, in place of learning from captions alone")
    private @Nullable Path captions;

    @Mixin
    private RunOptions options = new RunOptions();

    @Override
    public Integer call() {
        ComputeDevice on = options.start();
        Torch.seed(options.seed);
        Path out = options.out("mini-clip");
        Path words = out.resolve("mini-vocabulary.txt");
        AtomicFile.write(words, String.join("\n", ClipTokenizer.openAi().mergesOf(CaptionedScenes.words())) + "\n");
        ClipTokenizer tokenizer = ClipTokenizer.read(words);
        Path first = captions == null ? out.resolve("captions.safetensors") : captions;
        if (captions == null) {
            try (Clip clip = clip(tokenizer)) {
                train(clip, CaptionedScenes.unlabelled(), out.resolve("captions"), steps, 1e-3);
                write(clip, first);
            }
        }
        Path weights = out.resolve("mini-clip.safetensors");
        try (Clip clip = clip(tokenizer)) {
            clip.load(Safetensors.read(first));
            // captions teach what a class is told by, which is less than the whole of a thing
            train(clip, labelled(out.resolve("labels"), on), out.resolve("places"), placeSteps, 5e-4);
            write(clip, weights);
        }
        System.out.println(weights + ", " + words);
        return 0;
    }

    private void write(Clip clip, Path file) {
        clip.to(ComputeDevice.CPU, DType.F16);
        Safetensors.write(
                file,
                clip.stateDict(),
                Map.of(
                        "made_by",
                        "wsss mini-clip --seed " + options.seed + " --steps " + steps + " --place-steps "
                                + placeSteps));
    }

    /** Scenes with the labels that a classifier's CAM, random walk and CRF make of their tags. */
    private CaptionedScenes labelled(Path folder, ComputeDevice on) {
        Dataset scenes = CaptionedScenes.scenes(Scenery.GROUND, 7, LABELLED, 96, 96);
        RunFolder run = RunFolder.builder()
                .setData(scenes)
                .setFolder(folder)
                .optSeed(options.seed)
                .optDevice(on)
                .optProgress(new TerminalProgress(System.out))
                .build();
        try (QuickstartWalk walk = new QuickstartWalk(
                run,
                new BackboneOptions().start(false, new PrintWriter(System.out)),
                QuickstartSettings.of(true, options.quick),
                false)) {
            return CaptionedScenes.labelled(
                    scenes, walk.pseudoLabels(RunReport.builder().setTrain(scenes)));
        }
    }

    private static Clip clip(ClipTokenizer tokenizer) {
        return Clip.builder()
                .setConfig(MiniClip.config(tokenizer.size()))
                .optTokenizer(tokenizer)
                .build();
    }

    private void train(Clip clip, CaptionedScenes scenes, Path folder, long count, double rate) {
        try (Optimizer adam = AdamW.builder()
                        .setGroups(ParameterGroups.all(clip, 0.05))
                        .setLearningRate(rate)
                        .build();
                Trainer<Captioned> trainer = Trainer.<Captioned>builder()
                        .setNetwork(clip)
                        .setData(scenes)
                        .setLoss(LossStep.named(
                                "classes and places to captions, and to labels where known",
                                Map.of("sharpness", SHARPNESS, "places", PLACES),
                                (batch, step) -> loss(clip, batch, step)))
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

    /** CLIP's loss of the class token; and that of the value path, for masks are made of it. One pass serves both. */
    private static Tensor loss(Clip clip, Captioned batch, TrainingStep step) {
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
                ContrastiveLoss.patchAligned(places, texts, SHARPNESS).mul(scale), batch.positives());
        step.report("class token", classes);
        step.report("places", dense);
        Tensor captions = classes.add(dense);
        if (batch.labels() == null) {
            return captions;
        }
        Tensor names = clip.zeroShot(batch.classes(), PromptTemplates.PHOTO);
        Tensor where = PlaceLoss.of(places, names, batch.labels());
        step.report("labels of places", where);
        return captions.add(where.mul(new Scalar(PLACES)));
    }
}
