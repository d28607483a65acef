package dev.wsss.examples;

import java.util.List;
import java.util.Set;

/**
 * A step of {@code wsss ppc}, and which options it reads beyond those that describe the run: data, device, recipe. A step
 * makes what is not there of the steps before it, so that it reads what they read.
 */
enum PpcStep implements OptionUse.Step {
    TRAIN_CAM("train-cam", Inputs.TRAINING),
    INFER_CAM("infer-cam", Inputs.TRAINING, Inputs.CAMS),
    AFFINITY("affinity", Inputs.TRAINING, Inputs.CAMS, Inputs.CONFIDENT),
    WALK("walk", Inputs.TRAINING, Inputs.CAMS, Inputs.CONFIDENT, Inputs.AFFINITY),
    SEGMENT("segment", Inputs.TRAINING, Inputs.CAMS, Inputs.CONFIDENT, Inputs.AFFINITY, Inputs.LABELS),
    EVAL("eval", Inputs.SEGMENTER),
    ALL("all", Inputs.TRAINING, Inputs.CAMS, Inputs.CONFIDENT, Inputs.AFFINITY, Inputs.LABELS, Inputs.SEGMENTER);

    private final String word;
    private final List<Set<String>> read;

    @SafeVarargs
    PpcStep(String word, Set<String>... read) {
        this.word = word;
        this.read = List.of(read);
    }

    @Override
    public String word() {
        return word;
    }

    @Override
    public boolean reads(String option) {
        return OptionUse.reads(read, option);
    }

    /** Options by the step that reads them first. */
    private static final class Inputs {
        static final Set<String> TRAINING = Set.of(
                "--weights",
                "--saliency",
                "--steps",
                "--learning-rate",
                "--batch",
                "--bf16",
                "--tensorboard",
                "--remake",
                "--overwrite",
                "--allow-left-out",
                "--allow-failures");
        static final Set<String> CAMS = Set.of("--cam-weights", "--cams", "--irn-cams", "--shard");
        static final Set<String> CONFIDENT = Set.of("--la", "--ha");
        static final Set<String> AFFINITY = Set.of("--affinity-weights");
        static final Set<String> LABELS = Set.of("--labels");
        static final Set<String> SEGMENTER = Set.of("--segmenter-weights");
    }
}
