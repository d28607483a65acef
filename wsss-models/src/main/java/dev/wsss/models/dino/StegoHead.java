package dev.wsss.models.dino;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.checkpoint.TensorSpec;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.models.checkpoint.CheckpointShapes;
import dev.wsss.models.checkpoint.Weights;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * STEGO's segmentation head (Hamilton et al., ICLR 2022) on a frozen DINO: of each place the sum of a linear map and a
 * perceptron. Keys {@code cluster1.0.*}, {@code cluster2.0.*} and {@code cluster2.2.*}.
 */
public final class StegoHead extends Layer {
    /** Channels of its codes, as DHR uses it. */
    public static final int CODE = 70;

    private final TwoBranches branches;

    /** A head with weights drawn from libtorch's generator. */
    public StegoHead(int channels, int out) {
        branches = child(new TwoBranches(channels, out, "cluster1.0", "cluster2.0", "cluster2.2"));
    }

    /**
     * A checkpoint, with {@code cluster1} and {@code cluster2} as dicts or as the beginning of keys. Its shape is told from it.
     *
     * @return the head in float32 on the CPU, in evaluation mode
     * @throws InvalidDataException naming the file, if it cannot be read or holds no such head
     */
    public static StegoHead load(Path file) {
        try {
            Map<String, String> parts = new LinkedHashMap<>();
            parts.put("cluster1", "cluster1.");
            parts.put("cluster2", "cluster2.");
            Map<String, HostArray> theirs = HeadFiles.read(file, "cluster1.0.weight", parts);
            CheckpointShapes shapes = new CheckpointShapes(TensorSpec.of(theirs), "STEGO's head");
            String key = "cluster1.0.weight";
            StegoHead head = Init.loaded(
                    () -> new StegoHead(shapes.side(key, 4, 1), shapes.side(key, 4, 0)),
                    h -> Weights.load(h, theirs, DinoCheckpoints.STEGO.keyMap(), LoadPolicy.STRICT));
            head.train(false);
            return head;
        } catch (InvalidDataException e) {
            throw CauseHead.inFile(file, e);
        }
    }

    /** {@code [N][channels][h][w]} to {@code [N][out][h][w]}. */
    @Override
    public Tensor forward(Tensor features) {
        return branches.forward(features);
    }
}
