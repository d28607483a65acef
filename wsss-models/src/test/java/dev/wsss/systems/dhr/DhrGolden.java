package dev.wsss.systems.dhr;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.wsss.api.ClassCatalog;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.image.Resize;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.LabelTensors;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.models.Outputs;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** {@code dhr.seed}, {@code dhr.seed_mask}, {@code dhr.hierarchy} and {@code dhr.loss}: the published rules. */
public final class DhrGolden {
    private DhrGolden() {}

    public static Map<String, GoldenHandler> handlers() {
        return Map.of(
                "dhr.seed", DhrGolden::seed,
                "dhr.seed_mask", DhrGolden::seedMask,
                "dhr.hierarchy", DhrGolden::hierarchy,
                "dhr.loss", DhrGolden::loss);
    }

    private static ClassCatalog classes(JsonObject config) {
        List<String> names = config.getAsJsonArray("class_names").asList().stream()
                .map(JsonElement::getAsString)
                .toList();
        return config.get("has_background").getAsBoolean()
                ? ClassCatalog.withBackground(names.subList(1, names.size()))
                : ClassCatalog.withoutBackground(names);
    }

    private static List<ContentBox> boxes(GoldenCase golden) {
        try (Scope scope = Scope.open()) {
            long[] all = Tensors.toLongs(Tensors.of(golden.in("crop_bboxes")));
            List<ContentBox> boxes = new ArrayList<>();
            for (int i = 0; i < all.length; i += 4) {
                boxes.add(new ContentBox((int) all[i], (int) all[i + 1], (int) all[i + 2], (int) all[i + 3]));
            }
            return boxes;
        }
    }

    private static DhrSeed.Builder published(GoldenCase golden) {
        return DhrSeed.builder().setClasses(classes(golden.config())).optCompat(DhrCompat.original());
    }

    private static Map<String, HostArray> seed(GoldenCase golden) {
        int[] canvas = Outputs.ints(golden, "canvas");
        DhrSeed seed = published(golden).build();
        try (Scope scope = Scope.open()) {
            Tensor cams = Tensors.of(golden.in("cams"));
            Tensor tags = Tensors.of(golden.in("labels"));
            Outputs out = new Outputs(golden).put("refined_cams", DhrSeed.activations(cams, tags));
            List<ContentBox> boxes = boxes(golden);
            for (int b = 0; b < boxes.size(); b++) {
                ContentBox box = boxes.get(b);
                ContentBox cells = box.on(canvas[0], canvas[1], (int) cams.size(2), (int) cams.size(3));
                Tensor scores =
                        seed.scores(cams.select(0, b), tags.select(0, b), cells).scores();
                out.put("seed_scores" + b, scores)
                        .put(
                                "seed_hr" + b,
                                LabelTensors.resize(scores, Resize.TORCH_NEAREST, box.height(), box.width()));
            }
            return out.toMap();
        }
    }

    private static Map<String, HostArray> seedMask(GoldenCase golden) {
        try (DenseCrf crf = DenseCrf.deeplabPytorch().build();
                Scope scope = Scope.open()) {
            DhrSeed seed = published(golden).optCrf(crf).build();
            Tensor tags = Tensors.of(golden.in("labels"));
            Tensor images = Tensors.of(golden.in("images"));
            Tensor masks = Tensors.of(golden.in("masks")).to(ScalarType.Long);
            Outputs out = new Outputs(golden);
            List<ContentBox> boxes = boxes(golden);
            for (int b = 0; b < boxes.size(); b++) {
                long[] flags = Tensors.toLongs(tags.select(0, b));
                int[] present = IntStream.range(0, flags.length)
                        .filter(c -> flags[c] > 0)
                        .toArray();
                DhrSeed.Seeds seeds = seed.label(
                        new DhrSeed.Scores(present, Tensors.of(golden.in("seed_scores" + b))),
                        images.select(0, b),
                        masks.select(0, b),
                        boxes.get(b));
                out.put("seed_crf" + b, seeds.probabilities())
                        .put("hr_seed" + b, seeds.seeds().to(ScalarType.Byte))
                        .put("mask_after_seed" + b, seeds.mask().to(ScalarType.Byte));
            }
            return out.toMap();
        }
    }

    private static Map<String, HostArray> hierarchy(GoldenCase golden) {
        DhrRebalancing rebalancing = DhrRebalancing.builder()
                .optTau(golden.config().get("tau").getAsDouble())
                .optCompat(DhrCompat.original())
                .build();
        try (Scope scope = Scope.open()) {
            Tensor features = Tensors.of(golden.in("f_us"));
            Tensor c4 = Tensors.of(golden.in("C4"));
            Tensor c5 = Tensors.of(golden.in("C5"));
            Outputs out = new Outputs(golden);
            for (int b = 0; b < features.size(0); b++) {
                DhrRebalancing.Rebalanced r = rebalancing.apply(
                        features.select(0, b),
                        List.of(c4.select(0, b), c5.select(0, b)),
                        Tensors.of(golden.in("mask" + b)).to(ScalarType.Long),
                        null);
                long[] labels = Arrays.stream(r.labels()).asLongStream().toArray();
                out.put("uss_cells" + b, r.cells().to(ScalarType.Byte))
                        .put("wss_cells" + b, r.levelCells().to(ScalarType.Byte))
                        .put("uss_tags" + b, Tensors.of(labels, labels.length))
                        .put("uss_proto" + b, r.prototypes().means())
                        .put("v_us" + b, r.prototypes().unit())
                        .put("heatmaps_sets" + b, r.sets())
                        .put("heatmaps" + b, r.heatmaps());
                if (r.hierarchy() != null) {
                    out.put("correlation" + b, r.hierarchy().correlation());
                }
                if (r.unsupervised() != null) {
                    out.put("heatmaps_us" + b, r.unsupervised());
                }
                if (r.student() != null) {
                    out.put("heatmaps_ws" + b, r.student());
                }
            }
            return out.toMap();
        }
    }

    private static Map<String, HostArray> loss(GoldenCase golden) {
        try (Scope scope = Scope.open()) {
            Tensor logits = Tensors.of(golden.in("logits")).requires_grad_(true);
            Tensor cams = Tensors.of(golden.in("cams")).requires_grad_(true);
            DhrLoss.Terms terms = new DhrLoss(DhrCompat.original())
                    .apply(
                            logits,
                            Tensors.of(golden.in("pseudo_mask")).to(ScalarType.Long),
                            cams,
                            Tensors.of(golden.in("labels")),
                            boxes(golden));
            terms.total().backward();
            return new Outputs(golden)
                    .put("loss_seg", terms.segmentation())
                    .put("loss_cls", terms.classification())
                    .put("loss", terms.total())
                    .putGradients(Map.of("logits", logits, "cams", cams))
                    .toMap();
        }
    }
}
