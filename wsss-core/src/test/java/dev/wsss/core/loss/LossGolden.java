package dev.wsss.core.loss;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.wsss.core.affinity.AffinityLoss;
import dev.wsss.core.affinity.PairGeometry;
import dev.wsss.core.affinity.PairLabels;
import dev.wsss.core.affinity.PairRule;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** The reference vectors of the losses of SEAM, EPS, PPC and IRN. */
public final class LossGolden {
    private static final List<String> MAPS = List.of("cam1", "cam_rv1", "cam2", "cam_rv2");

    private LossGolden() {}

    public static Map<String, GoldenHandler> handlers() {
        return Map.of(
                "seam.blocks", LossGolden::blocks,
                "seam.losses", LossGolden::seam,
                "eps.er_losses", LossGolden::epsEquivariance,
                "eps.saliency_loss", LossGolden::saliency,
                "ppc.contrast", LossGolden::contrast,
                "irn.losses", LossGolden::interPixel);
    }

    private static Tensor leaf(GoldenCase golden, String name) {
        return Tensors.of(golden.in(name)).requires_grad_(true);
    }

    private static void require(JsonObject config, String key, String value) {
        if (!config.get(key).getAsString().equals(value)) {
            throw new IllegalArgumentException(key + " is " + config.get(key) + ", known is " + value);
        }
    }

    private static Map<String, HostArray> blocks(GoldenCase golden) {
        JsonObject config = golden.config();
        Map<String, HostArray> out = new LinkedHashMap<>();
        try (Scope scope = Scope.open()) {
            Tensor z = leaf(golden, "z");
            Tensor loss = new MinPoolingLoss(config.get("rvmin_divisor").getAsInt()).apply(z);
            loss.backward();
            out.put("loss", Tensors.toHost(loss));
            out.put("grad.z", Tensors.toHost(z.grad()));
            double eps = config.get("eps").getAsDouble();
            out.put("max_norm", Tensors.toHost(CamMaps.maxNorm(Tensors.of(golden.in("x")), eps)));
            int background = config.get("bg_index").getAsInt();
            out.put("max_onehot", Tensors.toHost(CamMaps.maxOneHot(Tensors.of(golden.in("y")), background)));
        }
        return out;
    }

    private static EquivarianceLoss equivariance(JsonObject config) {
        int background = config.get("bg_index").getAsInt();
        return new EquivarianceLoss(
                background,
                config.has("onehot_bg_index") ? config.get("onehot_bg_index").getAsInt() : background,
                config.get("ecr_ratio").getAsDouble(),
                config.get("align_corners").getAsBoolean(),
                config.get("eps").getAsDouble());
    }

    private static Map<String, HostArray> seam(GoldenCase golden) {
        JsonObject config = golden.config();
        require(config, "loss", "(cls1+cls2)/2+(rvmin1+rvmin2)/2+er+ecr1+ecr2");
        Map<String, HostArray> out = new LinkedHashMap<>();
        try (Scope scope = Scope.open()) {
            SeamLoss loss =
                    new SeamLoss(new MinPoolingLoss(config.get("rvmin_divisor").getAsInt()), equivariance(config));
            List<Tensor> maps = maps(golden);
            SeamLoss.Terms terms =
                    loss.apply(maps.get(0), maps.get(1), maps.get(2), maps.get(3), Tensors.of(golden.in("label")));
            terms.total().backward();
            out.put("loss", Tensors.toHost(terms.total()));
            out.put("loss_cls1", Tensors.toHost(terms.classification1()));
            out.put("loss_cls2", Tensors.toHost(terms.classification2()));
            out.put("loss_rvmin1", Tensors.toHost(terms.background1()));
            out.put("loss_rvmin2", Tensors.toHost(terms.background2()));
            out.put("loss_er", Tensors.toHost(terms.equivariance().er()));
            out.put("loss_ecr1", Tensors.toHost(terms.equivariance().ecr1()));
            out.put("loss_ecr2", Tensors.toHost(terms.equivariance().ecr2()));
            putGradients(maps, out);
        }
        return out;
    }

    private static List<Tensor> maps(GoldenCase golden) {
        return MAPS.stream().map(name -> leaf(golden, name)).toList();
    }

    private static void putGradients(List<Tensor> maps, Map<String, HostArray> out) {
        for (int i = 0; i < maps.size(); i++) {
            out.put("grad." + MAPS.get(i), Tensors.toHost(maps.get(i).grad()));
        }
    }

    private static Map<String, HostArray> epsEquivariance(GoldenCase golden) {
        JsonObject config = golden.config();
        require(config, "loss", "er+ecr+rvmin(cam_rv1)");
        Map<String, HostArray> out = new LinkedHashMap<>();
        try (Scope scope = Scope.open()) {
            List<Tensor> maps = maps(golden);
            EquivarianceLoss loss = equivariance(config);
            Tensor presence = Tensors.of(golden.in("label"));
            EquivarianceLoss.Terms terms = loss.apply(maps.get(0), maps.get(1), maps.get(2), maps.get(3), presence);
            MinPoolingLoss pooling =
                    new MinPoolingLoss(config.get("rvmin_divisor").getAsInt());
            Tensor rvmin = pooling.apply(maps.get(1), presence, loss.background());
            Tensor total = terms.total().add(rvmin);
            total.backward();
            out.put("loss", Tensors.toHost(total));
            out.put("loss_er", Tensors.toHost(terms.er()));
            out.put("loss_ecr", Tensors.toHost(terms.ecr1().add(terms.ecr2())));
            out.put("loss_rvmin", Tensors.toHost(rvmin));
            putGradients(maps, out);
        }
        return out;
    }

    private static Map<String, HostArray> saliency(GoldenCase golden) {
        JsonObject config = golden.config();
        require(config, "saliency_resize", "nearest");
        Map<String, HostArray> out = new LinkedHashMap<>();
        try (Scope scope = Scope.open()) {
            Tensor cam = leaf(golden, "cam");
            SaliencyLoss loss = new SaliencyLoss(
                    config.get("tau").getAsDouble(),
                    config.get("lam").getAsDouble(),
                    config.get("bg_index").getAsInt());
            SaliencyLoss.Terms terms =
                    loss.apply(cam, Tensors.of(golden.in("saliency")), Tensors.of(golden.in("label")));
            terms.loss().backward();
            out.put("loss", Tensors.toHost(terms.loss()));
            out.put("fg_map", Tensors.toHost(terms.foreground()));
            out.put("bg_map", Tensors.toHost(terms.rest()));
            out.put("sal_pred", Tensors.toHost(terms.estimate()));
            out.put("grad.cam", Tensors.toHost(cam.grad()));
        }
        return out;
    }

    private static Map<String, HostArray> contrast(GoldenCase golden) {
        JsonObject config = golden.config();
        require(config, "topk_ties", "lowest_flat_index");
        List<String> names = config.getAsJsonArray("terms").asList().stream()
                .map(JsonElement::getAsString)
                .toList();
        double gamma = config.get("gamma").getAsDouble();
        PrototypeContrastLoss loss = PrototypeContrastLoss.original()
                .optBackground(config.get("bg_index").getAsInt())
                .optBackgroundScore(config.get("bg_threshold").getAsDouble())
                .optTemperature(config.get("tau").getAsDouble())
                .optPrototypePixels(config.get("k_prototype").getAsInt())
                .optNegativeRanks(
                        config.getAsJsonArray("negatives_rank").get(0).getAsInt(),
                        config.getAsJsonArray("negatives_rank").get(1).getAsInt())
                .optHardRatio(config.get("hard_ratio").getAsDouble())
                .optWeights(
                        names.contains("cp") ? gamma : 0,
                        names.contains("cc") ? gamma : 0,
                        names.contains("intra") ? gamma : 0)
                .optGrid(
                        config.getAsJsonArray("grid").get(0).getAsInt(),
                        config.getAsJsonArray("grid").get(1).getAsInt())
                .optAlignCorners(config.get("align_corners").getAsBoolean())
                .optEps(config.get("eps").getAsDouble())
                .build();
        PixelSampler recorded =
                (view, channel, n, k) -> golden.in(String.format(Locale.ROOT, "sample%d.%02d", view + 1, channel))
                        .toInts();
        Map<String, HostArray> out = new LinkedHashMap<>();
        try (Scope scope = Scope.open()) {
            Tensor f1 = leaf(golden, "f_proj1");
            Tensor f2 = leaf(golden, "f_proj2");
            PrototypeContrastLoss.Terms terms = loss.apply(
                    new PrototypeContrastLoss.View(f1, Tensors.of(golden.in("cam1"))),
                    new PrototypeContrastLoss.View(f2, Tensors.of(golden.in("cam2"))),
                    Tensors.of(golden.in("label")),
                    recorded);
            terms.total().backward();
            Scalar weight = new Scalar(gamma);
            out.put("loss", Tensors.toHost(terms.total()));
            out.put("loss_cp", Tensors.toHost(terms.crossPrototype().mul(weight)));
            out.put("loss_cc", Tensors.toHost(terms.crossCam().mul(weight)));
            out.put("loss_intra", Tensors.toHost(terms.intraView().mul(weight)));
            out.put("prototypes1", Tensors.toHost(terms.prototypes1()));
            out.put("prototypes2", Tensors.toHost(terms.prototypes2()));
            out.put("pseudo_label1", Tensors.toHost(terms.labels1()));
            out.put("pseudo_label2", Tensors.toHost(terms.labels2()));
            out.put("grad.f_proj1", Tensors.toHost(f1.grad()));
            out.put("grad.f_proj2", Tensors.toHost(f2.grad()));
        }
        return out;
    }

    private static Map<String, HostArray> interPixel(GoldenCase golden) {
        JsonObject config = golden.config();
        require(config, "loss", "(bg_pos/2+fg_pos/2+neg)/2+(dp_fg+dp_bg)/2");
        int height = config.getAsJsonArray("grid").get(0).getAsInt();
        int width = config.getAsJsonArray("grid").get(1).getAsInt();
        PairGeometry geometry =
                PairGeometry.of(PairRule.PATHS, config.get("radius").getAsInt(), height, width);
        Map<String, HostArray> out = new LinkedHashMap<>();
        try (Scope scope = Scope.open()) {
            PairLabels pairs = PairLabels.of(
                    geometry, Tensors.of(golden.in("label")), config.get("valid_below").getAsInt());
            InterPixelLoss loss = new InterPixelLoss(
                    new AffinityLoss(0.25, 0.25, 0.5, config.get("eps").getAsDouble()));
            Tensor edge = leaf(golden, "edge");
            Tensor displacement = leaf(golden, "displacement");
            InterPixelLoss.Terms terms = loss.apply(
                    edge,
                    displacement,
                    geometry,
                    pairs.background(),
                    pairs.foreground(),
                    pairs.different());
            terms.total().backward();
            Tensor alike = terms.affinity().background().add(terms.affinity().foreground());
            out.put("loss", Tensors.toHost(terms.total()));
            out.put("pos_aff_loss", Tensors.toHost(alike.mul(new Scalar(0.5))));
            out.put("neg_aff_loss", Tensors.toHost(terms.affinity().different()));
            out.put("dp_fg_loss", Tensors.toHost(terms.foreground()));
            out.put("dp_bg_loss", Tensors.toHost(terms.background()));
            out.put("grad.edge", Tensors.toHost(edge.grad()));
            out.put("grad.displacement", Tensors.toHost(displacement.grad()));
        }
        return out;
    }
}
