package dev.wsss.examples;

import ai.djl.util.Progress;
import dev.wsss.api.Dataset;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelRule;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.nn.Network;
import dev.wsss.core.pipeline.Pipeline;
import dev.wsss.core.pipeline.PipelineResult;
import dev.wsss.core.pipeline.ProductStore;
import dev.wsss.core.pipeline.Stage;
import dev.wsss.core.pipeline.Stages;
import dev.wsss.core.report.Curve;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.train.Adam;
import dev.wsss.core.train.ImageBatch;
import dev.wsss.core.train.ImageBatches;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.Optimizer;
import dev.wsss.core.train.ParameterGroup;
import dev.wsss.core.train.Schedule;
import dev.wsss.core.train.Trainer;
import dev.wsss.core.train.TrainingHistory;
import dev.wsss.datasets.DatasetSplits;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntFunction;

/** What the steps of a program share: a folder in which they resume, and the times and curves that the report shows. */
final class ProgramRun {
    private final long start = System.nanoTime();
    private final DatasetSplits splits;
    private final Dataset train;
    private final Path out;
    private final ComputeDevice device;
    private final long seed;
    private final PrintStream console;
    private final Progress progress;
    private final List<Curve> curves = new ArrayList<>();
    private final SortedMap<String, Double> seconds = new TreeMap<>();

    ProgramRun(DatasetSplits splits, Path out, ComputeDevice device, long seed, PrintStream console) {
        this.splits = splits;
        this.train = splits.train();
        this.out = out;
        this.device = device;
        this.seed = seed;
        this.console = console;
        progress = new TerminalProgress(console);
    }

    /** AdamW, for small networks that start from nothing. */
    static Optimizer adam(List<ParameterGroup> groups, double rate) {
        return Adam.decoupledBuilder().setGroups(groups).setRate(rate).build();
    }

    /** Trains a network to the end, from where a run before was interrupted, and leaves it in evaluation. */
    void fit(
            String name,
            Network network,
            ImageBatches data,
            LossStep<ImageBatch> loss,
            Optimizer optimizer,
            long steps,
            boolean bf16) {
        Schedule schedule =
                optimizer instanceof Adam ? Schedule.cosine(steps, 0) : Schedule.polyHoldingLast(0.9, steps);
        try (Trainer<ImageBatch> trainer = Trainer.<ImageBatch>builder()
                .setNetwork(network)
                .setData(data)
                .setLoss(loss)
                .setOptimizer(optimizer)
                .optSchedule(schedule)
                .optSteps(steps)
                .optLogEvery(10)
                .optSeed(seed)
                .optAutocastBf16(bf16)
                .optCheckpoint(out.resolve("checkpoints").resolve(name), Math.max(100, steps / 20), 1)
                .optName(name)
                .optProgress(progress)
                .build()) {
            TrainingHistory history = trainer.fit();
            network.train(false);
            seconds.put("train " + name, history.seconds());
            curves.add(Curve.ofSteps("loss of the " + name, "loss", history.losses()));
            console.printf(
                    Locale.ROOT,
                    "%s: %d steps, loss %.4f, %.1f images/s%n",
                    name,
                    history.steps(),
                    history.finalLoss(),
                    history.imagesPerSecond());
            data.failures().forEach((id, reason) -> console.println("  left out of training: " + id + ": " + reason));
        }
    }

    /** A stage of labels under a name that is its folder's. */
    Stage<LabelMap> label(String name, LabelRule rule, Stage<ScoreMaps> from) {
        return Stages.label(rule, from, train.classes())
                .optName(name)
                .optConfig("rule", rule.toString())
                .build();
    }

    /** Makes the products of all training images that are not there. */
    PipelineResult run(String name, Stage<?>... stages) {
        return run(name, new int[] {0, 1}, stages);
    }

    /** As {@link #run(String, Stage...)}, of one part of the images: which, and of how many. */
    PipelineResult run(String name, int[] shard, Stage<?>... stages) {
        Pipeline.Builder pipeline = Pipeline.builder()
                .setData(train)
                .setOut(out)
                .optSeed(seed)
                .optDevice(device.toString())
                .optShard(shard[0], shard[1])
                .optProgress(progress);
        for (Stage<?> stage : stages) {
            pipeline.stage(stage);
        }
        PipelineResult done = pipeline.run();
        seconds.merge("pipeline: " + name, done.seconds().getOrDefault("total", 0.0), Double::sum);
        console.print(name + ": " + done.summary());
        return done;
    }

    /** Labels of a stage by the index of the sample; one without is left out of training. */
    IntFunction<LabelMap> labels(ProductStore<LabelMap> store) {
        return i -> product(store, train.id(i));
    }

    /** The product of a sample, without which it cannot be trained on. */
    static <P> P product(ProductStore<P> store, String id) {
        if (!store.contains(id)) {
            throw new InvalidDataException("sample '" + id + "' has no product in " + store.folder());
        }
        return store.load(id);
    }

    /** A report with the times and curves so far. */
    RunReport report() {
        seconds.put("total", (System.nanoTime() - start) / 1e9);
        return new RunReport(splits, console).curves(curves).seconds(seconds);
    }
}
