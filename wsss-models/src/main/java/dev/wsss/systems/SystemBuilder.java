package dev.wsss.systems;

import ai.djl.util.Progress;
import dev.wsss.api.Dataset;
import dev.wsss.core.input.InputCheck;
import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.core.pipeline.RunFolder;
import dev.wsss.core.pipeline.RunListener;
import dev.wsss.core.runtime.ComputeDevice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the run of every system starts from; data and output folder are required.
 *
 * @param <B> the builder of the system
 */
public abstract class SystemBuilder<B extends SystemBuilder<B>> {
    private final RunFolder.Builder run = RunFolder.builder();
    private final List<RunListener> listeners = new ArrayList<>();
    private @Nullable Dataset data;
    private @Nullable Path out;
    private @Nullable Dataset unseen;
    private @Nullable Path weights;
    private long pretraining;
    private double maxLeftOut = InputCheck.MAX_LEFT_OUT;
    private boolean autocastBf16;
    private LoadPolicy loadPolicy = LoadPolicy.STRICT;

    /** Nothing is set yet. */
    protected SystemBuilder() {}

    /** This. */
    protected abstract B self();

    /** The training images; their masks, if any, are read by the system's evaluation alone. */
    public final B setData(Dataset train) {
        data = train;
        return self();
    }

    /** The folder of products, checkpoints and weights. */
    public final B setOut(Path folder) {
        out = folder;
        return self();
    }

    /** Images with masks on which the segmenter is measured; the training images unless set. */
    public final B optUnseen(Dataset val) {
        unseen = val;
        return self();
    }

    /** The backbone's weights, such as ImageNet's, a file of any known form; it starts from nothing unless set. */
    public final B optWeights(Path file) {
        weights = file;
        return self();
    }

    /** What computes; the CPU unless set. */
    public final B optDevice(ComputeDevice device) {
        run.optDevice(device);
        return self();
    }

    /** Fixes everything that is random; 0 unless set. */
    public final B optSeed(long seed) {
        run.optSeed(seed);
        return self();
    }

    /** Whether what was made of other data, settings or weights is made again; otherwise it is refused. */
    public final B optRemake(boolean remake) {
        run.optRemake(remake);
        return self();
    }

    /** Whether products and networks are made again though nothing has changed: {@link RunFolder.Builder#optOverwrite}. */
    public final B optOverwrite(boolean overwrite) {
        run.optOverwrite(overwrite);
        return self();
    }

    /**
     * The share of images that may lack what a training or a folder of files should have, or cannot be read; one in twenty
     * unless set.
     *
     * @param share in [0, 1]; 1 to work on whatever there is
     */
    public final B optMaxLeftOut(double share) {
        maxLeftOut = InputCheck.requireShare(share);
        run.optMaxLeftOut(share);
        return self();
    }

    /** Whether networks train in mixed precision; not unless set. */
    public final B optAutocastBf16(boolean on) {
        autocastBf16 = on;
        return self();
    }

    /** What files of weights may hold beside what is wanted of them; nothing unless set. */
    public final B optLoadPolicy(LoadPolicy policy) {
        loadPolicy = policy;
        return self();
    }

    /** Shows the progress of each step. */
    public final B optProgress(Progress progress) {
        run.optProgress(progress);
        return self();
    }

    /** Adds a listener. */
    public final B optListener(RunListener listener) {
        listeners.add(listener);
        run.optListener(listener);
        return self();
    }

    /** Writes losses for TensorBoard too, {@link RunFolder.Builder#optTensorBoard}. */
    public final B optTensorBoard(Path folder) {
        run.optTensorBoard(folder);
        return self();
    }

    /** Makes one of several parts of the products only, {@link RunFolder.Builder#optShard}, for systems that offer it. */
    protected final void shard(int i, int n) {
        run.optShard(i, n);
    }

    /**
     * Sets in how many steps the backbone learns tags before anything else is made, for systems that offer it; 0 unless set.
     *
     * @throws IllegalArgumentException if there are fewer than 0
     */
    protected final void pretraining(long steps) {
        if (steps < 0) {
            throw new IllegalArgumentException("pretraining must be at least 0 steps, got " + steps);
        }
        pretraining = steps;
    }

    /**
     * The training images.
     *
     * @throws IllegalStateException if they or the output folder are not set
     */
    protected final Dataset data() {
        Dataset train = data;
        if (train == null || out == null) {
            throw new IllegalStateException((train == null ? "setData" : "setOut") + " is required");
        }
        return train;
    }

    /** Whether weights of the backbone are set. */
    protected final boolean hasWeights() {
        return weights != null;
    }

    /** The share of images that may be left out. */
    protected final double maxLeftOut() {
        return maxLeftOut;
    }

    /** Tells all listeners. */
    protected final void note(String text) {
        listeners.forEach(listener -> listener.onNote(text));
    }

    /**
     * Opens the folder.
     *
     * @throws IllegalStateException if data or output folder are not set, or both weights and a pretraining are
     * @throws IllegalArgumentException if the folder cannot be written
     */
    protected final SystemInputs open() {
        Dataset train = data();
        if (weights != null && pretraining > 0) {
            throw new IllegalStateException("optWeights and optPretraining are both set, expected one: " + weights
                    + " is what the backbone starts from");
        }
        Path folder = out;
        if (folder == null) {
            throw new IllegalStateException("setOut is required");
        }
        return new SystemInputs(
                train,
                run.setData(train).setFolder(folder).build(),
                unseen,
                weights,
                pretraining,
                autocastBf16,
                loadPolicy);
    }
}
