package dev.wsss.examples;

import dev.wsss.models.ppc.PpcCompat;
import dev.wsss.models.ppc.PpcVariant;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What every step of {@code wsss ppc} is told. All steps of one run need the same. */
final class PpcOptions {
    /** Which network says what belongs together. */
    enum Affinity {
        /** AffinityNet. */
        PSA,
        /** IRN's boundaries. */
        IRN
    }

    @Option(names = "--data", paramLabel = "SPEC", description = "voc:DIR, folder:DIR or shapes")
    String data = "shapes";

    @Option(
            names = "--cls-labels",
            paramLabel = "FILE",
            description = "cls_labels.npy of the original programs: the tags of voc:DIR in place of its annotations")
    @Nullable
    Path clsLabels;

    @Option(names = "--out", paramLabel = "DIR", description = "where products, weights and the report go")
    Path out = Path.of("out-ppc");

    @Option(
            names = "--variant",
            paramLabel = "NAME",
            description = "what CAMs are learnt from: ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}")
    PpcVariant variant = PpcVariant.SEAM_PPC;

    @Option(names = "--original", description = "repeat the accidents of the published code")
    boolean original;

    @Option(names = "--small", negatable = true, description = "small networks and few steps; default for shapes only")
    @Nullable
    Boolean small;

    @Option(names = "--quick", hidden = true, description = "a few small steps: everything runs, nothing is learnt")
    boolean quick;

    @Option(names = "--backbone", paramLabel = "NAME", description = "resnet38, resnet101, resnet50 or small")
    @Nullable
    String backbone;

    @Option(
            names = "--weights",
            paramLabel = "FILE",
            description = "the backbone's ImageNet weights, of any known form")
    @Nullable
    Path weights;

    @Option(
            names = "--affinity",
            paramLabel = "NAME",
            description = "what the random walk goes by: ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}")
    Affinity affinity = Affinity.PSA;

    @Option(
            names = "--cam-weights",
            paramLabel = "FILE",
            description = "the CAM network's weights in place of training")
    @Nullable
    Path camWeights;

    @Option(names = "--affinity-weights", paramLabel = "FILE", description = "AffinityNet's or IRN's weights, likewise")
    @Nullable
    Path affinityWeights;

    @Option(names = "--segmenter-weights", paramLabel = "FILE", description = "the segmenter's weights, likewise")
    @Nullable
    Path segmenterWeights;

    @Option(names = "--cams", paramLabel = "DIR", description = "CAM dicts (npy) in place of inference")
    @Nullable
    Path cams;

    @Option(names = "--irn-cams", paramLabel = "DIR", description = "CAM files of IRN, likewise")
    @Nullable
    Path irnCams;

    @Option(
            names = "--la",
            paramLabel = "DIR",
            description = "CRF files (npy) with the strong background, in place of ours")
    @Nullable
    Path la;

    @Option(
            names = "--ha",
            paramLabel = "DIR",
            description = "CRF files (npy) with the weak background, in place of ours")
    @Nullable
    Path ha;

    @Option(names = "--labels", paramLabel = "DIR", description = "pseudo masks (png) in place of ours")
    @Nullable
    Path labels;

    @Option(
            names = "--saliency",
            paramLabel = "DIR",
            description = "saliency maps for EPS; default are those of the minimum barrier distance")
    @Nullable
    Path saliency;

    @Option(names = "--segmenter", paramLabel = "NAME", description = "v1, v2 or v3plus; default ${DEFAULT-VALUE}")
    String segmenter = "v1";

    @Option(names = "--steps", paramLabel = "N", description = "steps of the CAM network's training")
    @Nullable
    Long steps;

    @Option(names = "--rate", paramLabel = "X", description = "rate of the CAM network's training")
    @Nullable
    Double rate;

    @Option(names = "--batch", paramLabel = "N", description = "images of a step")
    @Nullable
    Integer batch;

    @Option(names = "--bf16", description = "train in mixed precision")
    boolean bf16;

    @Option(
            names = "--device",
            paramLabel = "NAME",
            description = "cpu, cuda, cuda:N or auto; default ${DEFAULT-VALUE}")
    String device = "auto";

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "fixes everything that is random; default ${DEFAULT-VALUE}")
    long seed = 1;

    @Option(names = "--threads", paramLabel = "N", description = "threads of one operation; default ${DEFAULT-VALUE}")
    int threads = Math.max(1, Math.min(4, Runtime.getRuntime().availableProcessors() - 1));

    @Option(
            names = "--shard",
            paramLabel = "I/N",
            description = "infer only the I-th of N parts (from 0); a run without it, when all have ended, goes on")
    @Nullable
    String shard;

    PpcCompat compat() {
        return original ? PpcCompat.original() : PpcCompat.sound();
    }

    PpcSettings settings() {
        boolean isSmall = small == null ? data.startsWith("shapes") : small;
        PpcSettings settings = isSmall ? PpcSettings.small() : PpcSettings.published();
        return quick ? settings.quick() : settings;
    }

    /** Refuses files that no step would read. */
    void requireMeaning() {
        if (affinity == Affinity.IRN && (la != null || ha != null)) {
            throw new IllegalArgumentException("--la and --ha are for --affinity PSA, got --affinity " + affinity
                    + ", which makes its labels from CAMs");
        }
        if (clsLabels != null && !data.startsWith("voc:")) {
            throw new IllegalArgumentException("--cls-labels is for voc:DIR, got --data " + data);
        }
    }

    /** The part and the number of parts. */
    int[] shard() {
        String text = shard == null ? "0/1" : shard;
        if (!text.matches("\\d{1,6}/\\d{1,6}")) {
            throw new IllegalArgumentException("--shard is '" + text + "'; expected I/N such as 0/4");
        }
        int slash = text.indexOf('/');
        return new int[] {Integer.parseInt(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1))};
    }
}
