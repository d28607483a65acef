package dev.wsss.core.pipeline;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.MaskProposals;
import dev.wsss.api.RleMask;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Mask proposals as safetensors files. The masks stand in COCO's compressed counts, a third of the bytes of their run
 * lengths, which pycocotools takes as they are.
 */
enum MaskProposalsCodec implements ProductCodec<MaskProposals> {
    INSTANCE;

    @Override
    public String extension() {
        return "safetensors";
    }

    @Override
    public String format() {
        return "safetensors: size I32 [2], counts U8 [bytes of COCO RLE], ends I32 [N], score F32 [N],"
                + " stability F32 [N], level I32 [N]";
    }

    @Override
    public void write(Path file, MaskProposals proposals) {
        int n = proposals.masks().size();
        ByteArrayOutputStream counts = new ByteArrayOutputStream();
        int[] ends = new int[n];
        float[] score = new float[n];
        float[] stability = new float[n];
        int[] level = new int[n];
        for (int i = 0; i < n; i++) {
            MaskProposals.Mask mask = proposals.masks().get(i);
            counts.writeBytes(mask.pixels().toCoco().getBytes(StandardCharsets.ISO_8859_1));
            ends[i] = counts.size();
            score[i] = mask.score();
            stability[i] = mask.stability();
            level[i] = mask.level();
        }
        Safetensors.write(
                file,
                Map.of(
                        "size", HostArray.ofInts(new int[] {proposals.height(), proposals.width()}, 2),
                        "counts", HostArray.ofBytes(counts.toByteArray(), counts.size()),
                        "ends", HostArray.ofInts(ends, n),
                        "score", HostArray.ofFloats(score, n),
                        "stability", HostArray.ofFloats(stability, n),
                        "level", HostArray.ofInts(level, n)),
                Map.of());
    }

    @Override
    public MaskProposals read(Path file) {
        Map<String, HostArray> tensors = Safetensors.read(file);
        byte[] counts =
                ScoreMapsCodec.require(file, tensors, "counts", DType.U8, 1).toBytes();
        int[] ends = ScoreMapsCodec.require(file, tensors, "ends", DType.I32, 1).toInts();
        int n = ends.length;
        int[] size = require(file, tensors, "size", DType.I32, 2).toInts();
        float[] score = require(file, tensors, "score", DType.F32, n).toFloats();
        float[] stability = require(file, tensors, "stability", DType.F32, n).toFloats();
        int[] level = require(file, tensors, "level", DType.I32, n).toInts();
        if ((n == 0 ? 0 : ends[n - 1]) != counts.length) {
            throw new InvalidDataException(file + ": 'ends' ends at " + (n == 0 ? 0 : ends[n - 1]) + "; expected "
                    + counts.length + ", the bytes of 'counts'");
        }
        List<MaskProposals.Mask> masks = new ArrayList<>(n);
        for (int i = 0; i < n; i++) {
            int from = i == 0 ? 0 : ends[i - 1];
            if (from > ends[i] || ends[i] > counts.length) {
                throw new InvalidDataException(file + ": mask " + i + " lies at bytes " + from + " to " + ends[i]
                        + " of 'counts'; expected ascending within 0.." + counts.length);
            }
            try {
                String text = new String(counts, from, ends[i] - from, StandardCharsets.ISO_8859_1);
                masks.add(new MaskProposals.Mask(
                        RleMask.ofCoco(size[0], size[1], text), score[i], stability[i], level[i]));
            } catch (IllegalArgumentException | InvalidDataException e) {
                throw new InvalidDataException(file + ": mask " + i + ": " + e.getMessage(), e);
            }
        }
        try {
            return new MaskProposals(size[0], size[1], masks);
        } catch (IllegalArgumentException e) {
            throw new InvalidDataException(file + ": " + e.getMessage(), e);
        }
    }

    private static HostArray require(Path file, Map<String, HostArray> tensors, String name, DType type, int length) {
        HostArray array = ScoreMapsCodec.require(file, tensors, name, type, 1);
        if (array.size() != length) {
            throw new InvalidDataException(
                    file + ": '" + name + "' has " + array.size() + " entries; expected " + length);
        }
        return array;
    }
}
