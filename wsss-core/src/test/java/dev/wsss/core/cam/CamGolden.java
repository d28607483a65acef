package dev.wsss.core.cam;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.wsss.api.RgbImage;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** The reference vectors of multi-scale CAM fusion. */
public final class CamGolden {
    private CamGolden() {}

    public static Map<String, GoldenHandler> handlers() {
        return Map.of("cam.multiscale", CamGolden::multiscale, "image.msf", CamGolden::pyramid);
    }

    private static Map<String, HostArray> multiscale(GoldenCase golden) {
        JsonObject config = golden.config();
        String variant = config.get("variant").getAsString();
        int height = config.getAsJsonArray("size").get(0).getAsInt();
        int width = config.getAsJsonArray("size").get(1).getAsInt();
        int scales = config.getAsJsonArray("scales").size();
        int[] classes = ints(config.getAsJsonArray("class_ids"));
        CamFusion fusion = new CamFusion(
                switch (variant) {
                    case "seam", "psa" -> CamActivation.NONE; // psa's maps are stored after their ReLU
                    case "irn" -> CamActivation.RELU;
                    case "eps" -> CamActivation.SOFTMAX;
                    default -> throw new IllegalArgumentException("unknown variant " + variant);
                },
                config.get("normalisation").getAsString().equals("minmax")
                        ? CamNormalization.MIN_MAX_EPS
                        : CamNormalization.MAX,
                config.get("eps").getAsDouble(),
                config.get("align_corners").getAsBoolean(),
                CamGrid.IMAGE);
        int backgroundChannel = config.has("bg_index") ? config.get("bg_index").getAsInt() : Integer.MAX_VALUE;
        int[] channels = IntStream.of(classes)
                .map(c -> c < backgroundChannel ? c : c + 1)
                .toArray();
        Map<String, HostArray> out = new LinkedHashMap<>();
        try (Scope scope = Scope.open()) {
            List<Tensor> passes = new ArrayList<>();
            for (int i = 0; i < scales; i++) {
                passes.add(fusion.select(pass(golden, variant, i), channels));
            }
            if (variant.equals("irn")) {
                CamGrid strided = CamGrid.strided(config.get("strided").getAsInt());
                CamGrid cropped = CamGrid.cropped(config.get("high_res_stride").getAsInt());
                out.put(
                        "keys",
                        HostArray.ofLongs(IntStream.of(classes).asLongStream().toArray(), classes.length));
                out.put("cam", Tensors.toHost(fusion.withGrid(strided).fuse(passes, height, width)));
                out.put("high_res", Tensors.toHost(fusion.withGrid(cropped).fuse(passes, height, width)));
            } else {
                HostArray cam = Tensors.toHost(fusion.fuse(passes, height, width));
                out.put("cam", cam);
                float threshold = config.get("bg_threshold").getAsFloat();
                out.put("pred", argmax(cam.toFloats(), threshold, classes, height, width));
            }
        }
        return out;
    }

    private static Tensor pass(GoldenCase golden, String variant, int scale) {
        if (variant.equals("irn")) {
            return Tensors.of(golden.in("pair." + scale));
        }
        boolean flipped = golden.config().get("flip_odd").getAsBoolean();
        if (!flipped) {
            return Tensors.of(golden.in("map." + scale)).unsqueeze(0);
        }
        Tensor image = Tensors.of(golden.in("map." + 2 * scale));
        Tensor flip = Tensors.of(golden.in("map." + (2 * scale + 1)));
        return torch.stack(new TensorVector(image, flip), 0);
    }

    private static HostArray argmax(float[] cam, float threshold, int[] classes, int height, int width) {
        int pixels = height * width;
        byte[] pred = new byte[pixels];
        for (int i = 0; i < pixels; i++) {
            float best = threshold;
            for (int k = 0; k < classes.length; k++) {
                if (cam[k * pixels + i] > best) {
                    best = cam[k * pixels + i];
                    pred[i] = (byte) (classes[k] + 1);
                }
            }
        }
        return HostArray.ofBytes(pred, height, width);
    }

    private static int[] ints(JsonArray array) {
        return IntStream.range(0, array.size())
                .map(i -> array.get(i).getAsInt())
                .toArray();
    }

    private static Map<String, HostArray> pyramid(GoldenCase golden) {
        JsonObject config = golden.config();
        String rules = config.get("resample").getAsString() + " "
                + config.get("rounding").getAsString();
        if (!rules.equals("pil_bicubic half_even")) {
            throw new IllegalArgumentException("unknown rules " + rules);
        }
        boolean stacked =
                switch (config.get("variant").getAsString()) {
                    case "psa" -> false;
                    case "irn" -> true;
                    default -> throw new IllegalArgumentException("unknown variant " + config.get("variant"));
                };
        long[] shape = golden.in("image_hwc").shape();
        RgbImage image = new RgbImage(
                (int) shape[0], (int) shape[1], golden.in("image_hwc").toBytes());
        Normalize normalize =
                Normalize.of(doubles(config.getAsJsonArray("mean")), doubles(config.getAsJsonArray("std")));
        double[] scales = doubles(config.getAsJsonArray("scales"));
        Map<String, HostArray> out = new LinkedHashMap<>();
        try (Scope scope = Scope.open()) {
            for (int i = 0; i < scales.length; i++) {
                Tensor level = ImagePyramid.level(image, scales[i], normalize, true, ComputeDevice.CPU);
                if (stacked) {
                    out.put("" + i, Tensors.toHost(level));
                } else {
                    out.put("" + 2 * i, Tensors.toHost(level.select(0, 0)));
                    out.put("" + (2 * i + 1), Tensors.toHost(level.select(0, 1)));
                }
            }
        }
        return out;
    }

    private static double[] doubles(JsonArray values) {
        return values.asList().stream().mapToDouble(JsonElement::getAsDouble).toArray();
    }
}
