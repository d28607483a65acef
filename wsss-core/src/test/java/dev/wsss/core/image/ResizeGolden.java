package dev.wsss.core.image;

import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reference vectors of the resize modes. */
public final class ResizeGolden {
    /** {@code out.<mode>.<height>x<width>}, with {@code _hwc} behind interleaved ones. */
    private static final Pattern NAME = Pattern.compile("out\\.(\\w+)\\.(\\d+)x(\\d+?)(_hwc)?");

    private ResizeGolden() {}

    /** By case name. */
    public static Map<String, GoldenHandler> handlers() {
        return Map.of(
                "image.resize",
                ResizeGolden::resize,
                "image.resize_cv_bytes",
                ResizeGolden::resize,
                "transform.pil_nearest",
                ResizeGolden::pilNearest);
    }

    private static Map<String, HostArray> resize(GoldenCase golden) {
        String library = golden.config().get("library").getAsString();
        Map<String, HostArray> out = new HashMap<>();
        for (String name : golden.tensors().keySet()) {
            Matcher m = NAME.matcher(name);
            if (!m.matches()) {
                continue;
            }
            int height = Integer.parseInt(m.group(2));
            int width = Integer.parseInt(m.group(3));
            String mode = m.group(1);
            out.put(
                    name.substring("out.".length()),
                    switch (library) {
                        case "pil", "cv2" -> pixels(golden, library, mode, height, width);
                        case "torch" -> torch(golden.in("x"), mode, height, width);
                        default -> throw new IllegalArgumentException("unknown library " + library);
                    });
        }
        return out;
    }

    private static HostArray pixels(GoldenCase golden, String library, String mode, int height, int width) {
        String prefix = library.equals("pil") ? "PIL_" : "CV_";
        if (mode.startsWith("label_")) {
            HostArray in = golden.in("label");
            LabelMap labels = LabelMap.of((int) in.shape()[0], (int) in.shape()[1], in.toBytes());
            LabelMap resized = mode(prefix, mode.substring("label_".length())).apply(labels, height, width);
            return HostArray.ofBytes(resized.toArray(), height, width);
        }
        if (mode.startsWith("float_")) {
            HostArray in = golden.in("float_hwc");
            int h = (int) in.shape()[0];
            int w = (int) in.shape()[1];
            int c = (int) in.shape()[2];
            float[] planes = planar(in.toFloats(), h * w, c);
            Resize resize = mode(prefix, mode.substring("float_".length()));
            float[] resized = resize.apply(planes, c, h, w, height, width);
            return HostArray.ofFloats(planar(resized, c, height * width), height, width, c);
        }
        HostArray in = golden.in("image_hwc");
        RgbImage image = new RgbImage((int) in.shape()[0], (int) in.shape()[1], in.toBytes());
        byte[] data = mode(prefix, mode).apply(image, height, width).data();
        HostArray bytes = HostArray.ofBytes(data, height, width, 3);
        // OpenCV's are compared with a tolerance and so are stored as floats
        boolean stored = golden.out(mode + "." + height + "x" + width + "_hwc").dtype() == DType.U8;
        return stored ? bytes : HostArray.ofFloats(bytes.toFloats(), height, width, 3);
    }

    /** Transposes {@code [outer][inner]} to {@code [inner][outer]}. */
    private static float[] planar(float[] in, int outer, int inner) {
        float[] out = new float[in.length];
        for (int i = 0; i < outer; i++) {
            for (int j = 0; j < inner; j++) {
                out[j * outer + i] = in[i * inner + j];
            }
        }
        return out;
    }

    private static Resize mode(String prefix, String name) {
        return Resize.valueOf(prefix + name.toUpperCase(Locale.ROOT));
    }

    private static HostArray torch(HostArray x, String mode, int height, int width) {
        Resize resize =
                switch (mode) {
                    case "nearest" -> Resize.TORCH_NEAREST;
                    case "area" -> Resize.TORCH_AREA;
                    case "bilinear_ac0" -> Resize.TORCH_BILINEAR;
                    case "bilinear_ac1" -> Resize.TORCH_BILINEAR_ALIGN_CORNERS;
                    case "bilinear_aa" -> Resize.TORCH_BILINEAR_ANTIALIAS;
                    case "bicubic_ac0" -> Resize.TORCH_BICUBIC;
                    case "bicubic_ac1" -> Resize.TORCH_BICUBIC_ALIGN_CORNERS;
                    case "bicubic_aa" -> Resize.TORCH_BICUBIC_ANTIALIAS;
                    default -> throw new IllegalArgumentException("unknown mode " + mode);
                };
        long[] s = x.shape();
        int channels = (int) (s[0] * s[1]);
        float[] resized = resize.apply(x.toFloats(), channels, (int) s[2], (int) s[3], height, width);
        return HostArray.ofFloats(resized, s[0], s[1], height, width);
    }

    private static Map<String, HostArray> pilNearest(GoldenCase golden) {
        int[] pairs = golden.in("pairs").toInts();
        Map<String, HostArray> out = new HashMap<>();
        for (int i = 0; i < pairs.length / 2; i++) {
            int[] index = Resize.PIL_NEAREST.index(pairs[2 * i], pairs[2 * i + 1]);
            long[] wide = new long[index.length];
            for (int j = 0; j < wide.length; j++) {
                wide[j] = index[j];
            }
            out.put("index" + i, HostArray.ofLongs(wide, wide.length));
        }
        return out;
    }
}
