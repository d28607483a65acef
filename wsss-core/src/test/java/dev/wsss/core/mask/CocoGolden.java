package dev.wsss.core.mask;

import dev.wsss.api.CocoBox;
import dev.wsss.api.RleMask;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.io.HostArray;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Reference vectors of COCO's mask functions. */
public final class CocoGolden {
    private final GoldenCase golden;
    private final int height;
    private final int width;
    private final Map<String, HostArray> out = new HashMap<>();

    private CocoGolden(GoldenCase golden) {
        this.golden = golden;
        height = golden.config().get("height").getAsInt();
        width = golden.config().get("width").getAsInt();
    }

    /** By case name. */
    public static Map<String, GoldenHandler> handlers() {
        return Map.of("coco.rle", golden -> new CocoGolden(golden).run());
    }

    private Map<String, HostArray> run() {
        List<RleMask> objects = objects();
        List<RleMask> masks = masks();
        boxes();
        int group = 0;
        for (var indices : golden.config().getAsJsonArray("merge_groups")) {
            List<RleMask> members = indices.getAsJsonArray().asList().stream()
                    .map(i -> objects.get(i.getAsInt()))
                    .toList();
            string("union" + group, RleMask.unionOf(members));
            string(
                    "intersect" + group++,
                    members.stream().reduce(RleMask::intersection).orElseThrow());
        }
        int[] crowd = golden.in("iscrowd").toInts();
        double[] iou = new double[objects.size() * masks.size()];
        double[] plain = iou.clone();
        for (int i = 0; i < iou.length; i++) {
            RleMask object = objects.get(i / masks.size());
            RleMask mask = masks.get(i % masks.size());
            iou[i] = object.iou(mask, crowd[i % masks.size()] != 0);
            plain[i] = object.iou(mask, false);
        }
        matrix("iou", iou, objects.size(), masks.size());
        matrix("iou_nocrowd", plain, objects.size(), masks.size());
        RleMask uncompressed =
                RleMask.ofCounts(height, width, golden.in("uncompressed_counts").toInts());
        string("uncompressed", uncompressed);
        out.put("uncompressed_mask", HostArray.ofBytes(uncompressed.toDense(), height, width));
        out.put("uncompressed_area", HostArray.ofLongs(new long[] {uncompressed.area()}, 1));
        return out;
    }

    private List<RleMask> objects() {
        List<RleMask> objects = new ArrayList<>();
        for (var parts : golden.config().getAsJsonArray("objects")) {
            int o = objects.size();
            List<double[]> polygons = new ArrayList<>();
            for (int p = 0; p < parts.getAsInt(); p++) {
                double[] xy = golden.in("poly" + o + "_" + p).toDoubles();
                polygons.add(xy);
                string("part" + o + "_" + p, RleMask.ofPolygon(height, width, xy));
            }
            RleMask object = RleMask.ofPolygons(height, width, polygons);
            string("object" + o, object);
            counts("object" + o, object);
            objects.add(object);
        }
        int n = objects.size();
        byte[] dense = new byte[n * height * width];
        for (int o = 0; o < n; o++) {
            System.arraycopy(objects.get(o).toDense(), 0, dense, o * height * width, height * width);
        }
        out.put("object_masks", HostArray.ofBytes(dense, n, height, width));
        out.put(
                "object_area",
                HostArray.ofLongs(objects.stream().mapToLong(RleMask::area).toArray(), n));
        double[] boxes = objects.stream()
                .map(RleMask::box)
                .flatMap(b -> Stream.of(b.x(), b.y(), b.width(), b.height()))
                .mapToDouble(Integer::doubleValue)
                .toArray();
        matrix("object_bbox_xywh", boxes, n, 4);
        return objects;
    }

    private List<RleMask> masks() {
        byte[] dense = golden.in("masks").toBytes();
        int pixels = height * width;
        List<RleMask> masks = new ArrayList<>();
        for (int i = 0; i < dense.length / pixels; i++) {
            RleMask mask = RleMask.ofDense(height, width, Arrays.copyOfRange(dense, i * pixels, (i + 1) * pixels));
            string("mask" + i, mask);
            counts("mask" + i, mask);
            masks.add(mask);
        }
        return masks;
    }

    private void boxes() {
        List<CocoBox> detected = boxes("dt_boxes_xywh");
        List<CocoBox> annotated = boxes("gt_boxes_xywh");
        int[] crowd = golden.in("iscrowd").toInts();
        double[] iou = new double[detected.size() * annotated.size()];
        for (int i = 0; i < iou.length; i++) {
            int j = i % annotated.size();
            iou[i] = detected.get(i / annotated.size()).iou(annotated.get(j), crowd[j] != 0);
        }
        matrix("box_iou", iou, detected.size(), annotated.size());
        for (int i = 0; i < annotated.size(); i++) {
            string("box" + i, RleMask.ofBox(height, width, annotated.get(i)));
        }
    }

    private List<CocoBox> boxes(String name) {
        double[] xywh = golden.in(name).toDoubles();
        List<CocoBox> boxes = new ArrayList<>();
        for (int i = 0; i < xywh.length; i += 4) {
            boxes.add(new CocoBox(xywh[i], xywh[i + 1], xywh[i + 2], xywh[i + 3]));
        }
        return boxes;
    }

    private void string(String name, RleMask mask) {
        String text = mask.toCoco();
        if (!RleMask.ofCoco(height, width, text).equals(mask)) {
            throw new AssertionError(name + " is another mask when read again");
        }
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        out.put(name + "_string", HostArray.ofBytes(bytes, bytes.length));
    }

    private void counts(String name, RleMask mask) {
        long[] counts = Arrays.stream(mask.counts()).asLongStream().toArray();
        out.put(name + "_counts", HostArray.ofLongs(counts, counts.length));
    }

    private void matrix(String name, double[] values, int rows, int columns) {
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            rounded[i] = (float) values[i];
        }
        out.put(name, HostArray.ofFloats(rounded, rows, columns));
    }
}
