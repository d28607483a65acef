package dev.wsss.core.label;

import com.google.gson.JsonArray;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.HostArray;
import java.util.Map;
import java.util.stream.IntStream;

/** Reference vectors of the label rules. */
public final class LabelGolden {
    private LabelGolden() {}

    /** By case name. */
    public static Map<String, GoldenHandler> handlers() {
        return Map.of("irn.ir_label", LabelGolden::irLabel);
    }

    /** IRN's confident labels, between whose thresholds and their combination a CRF stands; its output is given. */
    private static Map<String, HostArray> irLabel(GoldenCase golden) {
        HostArray cam = golden.in("high_res_cam");
        int count = (int) cam.shape()[0];
        int height = (int) cam.shape()[1];
        int width = (int) cam.shape()[2];
        // the CRF's labels number the classes that are present
        ClassCatalog present = ClassCatalog.withBackground(
                IntStream.range(0, count).mapToObj(i -> "class " + i).toList());
        Sample sample = new Sample(
                "image",
                new RgbImage(height, width, new byte[height * width * 3]),
                ImageTags.of(present, IntStream.range(0, count).toArray()));
        int[] labels = IntStream.rangeClosed(1, count).toArray();
        ScoreMaps scores = ScoreMaps.of(labels, height, width, cam.toFloats());
        double foreground = golden.config().get("conf_fg_threshold").getAsDouble();
        double background = golden.config().get("conf_bg_threshold").getAsDouble();
        JsonArray ids = golden.config().getAsJsonArray("class_ids");
        LabelMap combined =
                ConfidenceBand.combine(labels(golden.in("crf_fg_pred"), ids), labels(golden.in("crf_bg_pred"), ids));
        return Map.of(
                "fg_conf_argmax", indices(ThresholdRule.of(foreground).label(sample, scores)),
                "bg_conf_argmax", indices(ThresholdRule.of(background).label(sample, scores)),
                "label", HostArray.ofBytes(combined.toArray(), height, width));
    }

    private static LabelMap labels(HostArray indices, JsonArray ids) {
        byte[] labels = new byte[indices.size()];
        for (int i = 0; i < labels.length; i++) {
            int index = (int) indices.getLong(i);
            labels[i] = (byte) (index == 0 ? 0 : ids.get(index - 1).getAsInt() + 1);
        }
        return LabelMap.wrap((int) indices.shape()[0], (int) indices.shape()[1], labels);
    }

    private static HostArray indices(LabelMap map) {
        byte[] labels = map.toArray();
        long[] wide = new long[labels.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = labels[i] & 255;
        }
        return HostArray.ofLongs(wide, map.height(), map.width());
    }
}
