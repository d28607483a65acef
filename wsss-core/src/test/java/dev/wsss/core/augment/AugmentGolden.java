package dev.wsss.core.augment;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.SplitMix;
import dev.wsss.core.augment.RandomCrop.SmallImage;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.io.HostArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reference vectors of the published augmentations, with their draws given. */
public final class AugmentGolden {
    private AugmentGolden() {}

    /** By case name. */
    public static Map<String, GoldenHandler> handlers() {
        return Map.of(
                "transform.deeplab_aug", AugmentGolden::deeplab,
                "transform.mmseg", AugmentGolden::mmseg,
                "transform.mmseg_photometric", AugmentGolden::photometric,
                "transform.dhr_norm", AugmentGolden::normalization,
                "transform.dhr_geometry", AugmentGolden::dhr);
    }

    private static Map<String, HostArray> deeplab(GoldenCase golden) {
        JsonObject config = golden.config();
        double[] mean = doubles(config.getAsJsonArray("mean_bgr"));
        int crop = config.get("crop_size").getAsInt();
        List<Transform> transforms = new ArrayList<>();
        if (!config.get("base_size").isJsonNull()) {
            int base = config.get("base_size").getAsInt();
            transforms.add(new RandomLongSide(base, base, 0, SideRounding.FLOOR));
        }
        transforms.add(new ScaleChoice(List.of(config.get("scale").getAsDouble()), SideRounding.FLOOR));
        transforms.add(new RandomCrop(crop, crop, SmallImage.TOP_LEFT)
                .at(config.get("start_h").getAsInt(), config.get("start_w").getAsInt()));
        transforms.add(flip(config.get("flip_draw").getAsDouble() < 0.5));
        RgbImage image = blueFirst(golden.in("image_hwc"));
        DrawnView drawn = draw(image, new Resampling(Interpolation.BILINEAR, Nearest.PILLOW), transforms);
        Normalize normalize = Normalize.ofLevels(new double[] {mean[2], mean[1], mean[0]}, new double[] {1, 1, 1})
                .blueFirst();
        LabelMap labels = labels(golden.in("label"), drawn);
        return Map.of(
                "image", HostArray.ofFloats(drawn.input(image, normalize), 3, crop, crop),
                "label", longs(labels));
    }

    private static Map<String, HostArray> mmseg(GoldenCase golden) {
        JsonObject config = golden.config();
        Resampling resampling = new Resampling(Interpolation.OPENCV_LINEAR, Nearest.OPENCV);
        RgbImage image = blueFirst(golden.in("image_hwc_bgr"));
        List<Transform> transforms = new ArrayList<>();
        if (!config.get("scale_wh").isJsonNull()) {
            double[] box = doubles(config.getAsJsonArray("scale_wh"));
            transforms.add(new RandomFit((int) Math.max(box[0], box[1]), (int) Math.min(box[0], box[1])));
        }
        DrawnView resized = draw(image, resampling, transforms);
        double[] size = doubles(config.getAsJsonArray("crop_hw"));
        int height = (int) size[0];
        int width = (int) size[1];
        transforms.add(new RandomCrop(height, width, SmallImage.STAYS)
                .at(
                        config.get("crop_offset_h").getAsInt(),
                        config.get("crop_offset_w").getAsInt()));
        transforms.add(flip(config.get("flip").getAsBoolean()));
        transforms.add(PadTo.size(height, width));
        DrawnView drawn = draw(image, resampling, transforms);
        LabelMap labels = labels(golden.in("label"), drawn);
        return Map.of(
                "image", HostArray.ofFloats(drawn.input(image, Normalize.IMAGENET_LEVELS), 3, height, width),
                "resized_hwc_bgr", floats(reversed(resized.image(image))),
                "label", HostArray.ofBytes(labels.toArray(), labels.height(), labels.width()));
    }

    private static Map<String, HostArray> photometric(GoldenCase golden) {
        JsonObject config = golden.config();
        Double hue = number(config.get("hue_shift"));
        RgbImage image = blueFirst(golden.in("image_hwc_bgr"));
        new PhotometricDistortion.Draw(
                        number(config.get("brightness_delta")),
                        number(config.get("contrast_alpha")),
                        config.get("contrast_first").getAsBoolean(),
                        number(config.get("saturation_alpha")),
                        hue == null ? null : hue.intValue())
                .apply(image.data(), image.height(), image.width());
        return Map.of("image_hwc_bgr", floats(reversed(image)));
    }

    private static Map<String, HostArray> normalization(GoldenCase golden) {
        JsonObject config = golden.config();
        Normalize normalize =
                Normalize.of(doubles(config.getAsJsonArray("mean")), doubles(config.getAsJsonArray("std")));
        HostArray in = golden.in("image_hwc");
        int height = (int) in.shape()[0];
        int width = (int) in.shape()[1];
        float[] normalized = normalize.apply(new RgbImage(height, width, in.toBytes()));
        return Map.of(
                "normalised", HostArray.ofFloats(normalized, 3, height, width),
                "denormalised_hwc",
                        HostArray.ofBytes(
                                normalize.denormalize(normalized, height, width).data(), height, width, 3));
    }

    private static Map<String, HostArray> dhr(GoldenCase golden) {
        JsonObject config = golden.config();
        Resampling resampling = new Resampling(Interpolation.PILLOW_BICUBIC, Nearest.PILLOW);
        HostArray in = golden.in("image_hwc");
        RgbImage image = new RgbImage((int) in.shape()[0], (int) in.shape()[1], in.toBytes());
        int longSide = config.get("image_size").getAsInt();
        int crop = config.get("crop").getAsInt();
        double[] offsets = doubles(config.getAsJsonArray("offsets_drawn"));
        Transform scale = new RandomLongSide(longSide, longSide);
        DrawnView resized = draw(image, resampling, List.of(scale));
        ViewGeometry size = resized.geometry();
        int top = (int) (size.height() > crop ? offsets[1] : -offsets[1]);
        int left = (int) (size.width() > crop ? offsets[0] : -offsets[0]);
        DrawnView drawn = draw(
                image,
                resampling,
                List.of(
                        scale,
                        flip(config.get("flip_draw").getAsDouble() <= 0.5),
                        new RandomCrop(crop, crop).at(top, left)));
        float[] levels = drawn.input(image, Normalize.IMAGENET);
        double[] mean = {0.485, 0.456, 0.406};
        double[] std = {0.229, 0.224, 0.225};
        for (int i = 0; i < levels.length; i++) {
            int c = i / (crop * crop);
            levels[i] = (float) ((levels[i] * std[c] + mean[c]) * 255);
        }
        ViewGeometry.Box box = drawn.geometry().content();
        return Map.of(
                "resized_hwc", floats(resized.image(image)),
                "crop_255", HostArray.ofFloats(levels, 3, crop, crop),
                "mask", longs(labels(golden.in("mask"), drawn)),
                "crop_bbox",
                        HostArray.ofLongs(
                                new long[] {(long) box.left(), (long) box.top(), (long) box.right(), (long) box.bottom()
                                },
                                4));
    }

    private static DrawnView draw(RgbImage image, Resampling resampling, List<Transform> transforms) {
        return Augmentation.builder()
                .optResampling(resampling)
                .optTransforms(transforms.toArray(Transform[]::new))
                .build()
                .draw(image, new SplitMix(1));
    }

    private static Transform flip(boolean on) {
        return new RandomFlip(on ? 1 : 0);
    }

    private static LabelMap labels(HostArray in, DrawnView drawn) {
        LabelMap labels = LabelMap.of((int) in.shape()[0], (int) in.shape()[1], in.toBytes());
        return Views.labels(labels, drawn.geometry(), drawn.resampling().nearest());
    }

    private static HostArray longs(LabelMap labels) {
        byte[] bytes = labels.toArray();
        long[] wide = new long[bytes.length];
        Arrays.setAll(wide, i -> bytes[i] & 255);
        return HostArray.ofLongs(wide, labels.height(), labels.width());
    }

    private static RgbImage blueFirst(HostArray in) {
        return reversed(new RgbImage((int) in.shape()[0], (int) in.shape()[1], in.toBytes()));
    }

    private static RgbImage reversed(RgbImage image) {
        byte[] in = image.data();
        byte[] out = new byte[in.length];
        for (int i = 0; i < in.length; i++) {
            out[i] = in[i - i % 3 + 2 - i % 3];
        }
        return new RgbImage(image.height(), image.width(), out);
    }

    private static HostArray floats(RgbImage image) {
        float[] levels = new float[image.data().length];
        for (int i = 0; i < levels.length; i++) {
            levels[i] = image.data()[i] & 255;
        }
        return HostArray.ofFloats(levels, image.height(), image.width(), 3);
    }

    private static double[] doubles(JsonArray array) {
        return array.asList().stream().mapToDouble(JsonElement::getAsDouble).toArray();
    }

    private static @Nullable Double number(JsonElement value) {
        return value.isJsonNull() ? null : value.getAsDouble();
    }
}
