package dev.wsss.core.batch;

import dev.wsss.api.MaskProposals;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Mask proposals of a batch, as many as each image has. They stay runs on the host until they are asked for: an image's
 * hundred masks are megabytes as pixels.
 */
public final class MaskBatch {
    private final List<MaskProposals> proposals;
    private final ComputeDevice device;

    MaskBatch(List<MaskProposals> proposals, ComputeDevice device) {
        this.proposals = List.copyOf(proposals);
        this.device = device;
    }

    /** Number of images. */
    public int size() {
        return proposals.size();
    }

    /** The proposals of an image as its view shows them, in the order in which they were given; some may be empty. */
    public MaskProposals proposals(int image) {
        return proposals.get(image);
    }

    /** The masks of an image, booleans {@code [M][H][W]} on the batch's device, in the current scope. */
    public Tensor masks(int image) {
        MaskProposals of = proposals.get(image);
        int pixels = of.height() * of.width();
        byte[] inside = new byte[Math.multiplyExact(of.masks().size(), pixels)];
        for (int m = 0; m < of.masks().size(); m++) {
            System.arraycopy(of.masks().get(m).pixels().toDense(), 0, inside, m * pixels, pixels);
        }
        try (Scope scope = Scope.open()) {
            Tensor bytes = Tensors.of(inside, of.masks().size(), of.height(), of.width());
            return scope.keep(Tensors.to(bytes, device).to(torch.ScalarType.Bool));
        }
    }
}
