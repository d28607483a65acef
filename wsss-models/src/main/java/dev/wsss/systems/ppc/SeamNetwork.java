package dev.wsss.systems.ppc;

import dev.wsss.api.Description;
import dev.wsss.core.affinity.AffinityNetwork;
import dev.wsss.core.cam.CamNetwork;
import dev.wsss.core.nn.Network;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.backbone.FeaturePyramid;
import org.bytedeco.pytorch.Tensor;

/**
 * The network of SEAM, of PPC on SEAM, and of PPC on EPS: a backbone with a {@link SeamHead}.
 *
 * <pre>{@code
 * SeamNetwork net = SeamNetwork.ppc(ResNet38.fineTuning().build(), 20);
 * SeamMaps maps = net.forward(images);                       // in training
 * CamGenerator cam = Cam.builder()                           // the papers' maps
 *         .setNetwork(net.refined())
 *         .optFusion(CamFusion.SEAM)
 *         .build();
 * }</pre>
 *
 * <p>Keys are the backbone's and the head's own, side by side: a checkpoint of wseg loads as it is with {@link
 * dev.wsss.models.resnet.ResNet38}. Any other backbone will do; the grid is that of its last map. The network owns both
 * parts and closes them.
 */
public final class SeamNetwork extends Network implements CamNetwork {
    private final Backbone backbone;
    private final SeamHead head;

    /** A network of a backbone and a head for its channels, both taken over. */
    public SeamNetwork(Backbone backbone, SeamHead head) {
        this.backbone = child(backbone);
        this.head = child(head);
    }

    /** SEAM's network. */
    public static SeamNetwork seam(Backbone backbone, int tags) {
        return of(backbone, SeamHead.seam(), tags);
    }

    /** The network of PPC on SEAM. */
    public static SeamNetwork ppc(Backbone backbone, int tags) {
        return of(backbone, SeamHead.ppc(), tags);
    }

    /** The network of PPC on EPS. */
    public static SeamNetwork eps(Backbone backbone, int tags) {
        return of(backbone, SeamHead.eps(), tags);
    }

    private static SeamNetwork of(Backbone backbone, SeamHead.Builder head, int tags) {
        return new SeamNetwork(
                backbone, head.setChannels(backbone.channels()).setTags(tags).build());
    }

    /** The backbone, which stays this network's. */
    public Backbone backbone() {
        return backbone;
    }

    /** The head, whose parameters are trained from scratch; it stays this network's. */
    public SeamHead head() {
        return head;
    }

    /** All maps of images {@code [N][3][H][W]}, in the current scope. */
    public SeamMaps forward(Tensor images) {
        FeaturePyramid features = backbone.features(images);
        return head.forward(images, features);
    }

    /** What {@link PixelCorrelation} compares pixels of images {@code [N][3][H][W]} by, {@code [N][D][h][w]}. */
    public Tensor embedding(Tensor images) {
        try (Scope scope = Scope.open()) {
            return scope.keep(head.embedding(images, backbone.features(images)));
        }
    }

    /**
     * The activations before pixel correlation, which EPS infers with: {@code [N][tags + 1][h][w]} on the grid, tags
     * first and the background last, whichever order the network has.
     */
    @Override
    public Tensor activations(Tensor images) {
        try (Scope scope = Scope.open()) {
            return scope.keep(backgroundLast(head.activations(backbone.features(images))));
        }
    }

    /**
     * The activations after pixel correlation, which SEAM and PPC on SEAM infer with: {@code [N][tags + 1][H][W]}, on the
     * grid where the head does not resize, tags first and the background last. A view of this network, which stays its
     * owner.
     */
    public CamNetwork refined() {
        return new Refined(this);
    }

    private record Refined(SeamNetwork seam) implements CamNetwork {
        @Override
        public Tensor activations(Tensor images) {
            try (Scope scope = Scope.open()) {
                return scope.keep(seam.backgroundLast(seam.forward(images).refined()));
            }
        }

        @Override
        public Description description() {
            return Description.of("SeamNetwork.refined")
                    .putAll(seam.description())
                    .build();
        }
    }

    /** What {@link PixelCorrelation} compares pixels by: {@link #embedding(Tensor)} as a view of this network. */
    public AffinityNetwork embedding() {
        return new Embedding(this);
    }

    private record Embedding(SeamNetwork seam) implements AffinityNetwork {
        @Override
        public Tensor features(Tensor images) {
            return seam.embedding(images);
        }

        @Override
        public Description description() {
            return Description.of("SeamNetwork.embedding")
                    .putAll(seam.description())
                    .build();
        }
    }

    private Tensor backgroundLast(Tensor maps) {
        long tags = maps.size(1) - 1;
        return head.backgroundIndex() == tags ? maps : Ops.concat(maps.narrow(1, 1, tags), maps.narrow(1, 0, 1));
    }
}
