package dev.wsss.core.report;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.pipeline.ProductCodec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Masks without their images, as an evaluation needs no more. */
final class MaskData implements Dataset {
    private final String name;
    private final ClassCatalog classes;
    private final List<String> ids;
    private final Map<String, Path> masks;
    private final boolean[] ignored = new boolean[256];
    /** Masks that a prediction was measured by, until they are asked for: no file is decoded twice. */
    private final Map<Integer, LabelMap> measured = new ConcurrentHashMap<>();

    MaskData(String name, ClassCatalog classes, List<String> ids, Map<String, Path> masks, int... ignore) {
        this.name = name;
        this.classes = classes;
        this.ids = ids;
        this.masks = masks;
        for (int v : ignore) {
            ignored[v] = true;
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public ClassCatalog classes() {
        return classes;
    }

    @Override
    public int size() {
        return ids.size();
    }

    @Override
    public String id(int index) {
        return ids.get(index);
    }

    @Override
    public ImageTags tags(int index) {
        throw new UnsupportedOperationException("masks alone have no tags");
    }

    @Override
    public Sample get(int index) {
        throw new UnsupportedOperationException("masks alone have no images");
    }

    @Override
    public boolean hasTruth() {
        return true;
    }

    @Override
    public LabelMap truth(int index) {
        LabelMap known = measured.remove(index);
        return known == null ? read(NamedFiles.of(masks, id(index)), true) : known;
    }

    /**
     * The labels that a file predicts.
     *
     * @throws InvalidDataException if they are none, or of another size than the mask
     */
    LabelMap labels(int index, Path file) {
        LabelMap labels = read(file, false);
        requireSize(index, truth(index), file, labels.height(), labels.width());
        return labels;
    }

    /**
     * The scores that a file predicts.
     *
     * @throws InvalidDataException if they are none, or of another size than the mask
     */
    ScoreMaps scores(int index, Path file, ProductCodec<ScoreMaps> form) {
        LabelMap mask = truth(index);
        // the image itself is not needed, only its size, which a dict of no map leaves to it
        RgbImage size = new RgbImage(mask.height(), mask.width(), new byte[mask.height() * mask.width() * 3]);
        ScoreMaps maps = form.read(file, new Sample(id(index), size, ImageTags.of(classes)));
        requireSize(index, mask, file, maps.height(), maps.width());
        return maps;
    }

    private void requireSize(int index, LabelMap mask, Path file, int height, int width) {
        if (height != mask.height() || width != mask.width()) {
            throw new InvalidDataException(file + ": is " + height + "x" + width + "; expected " + mask.height() + "x"
                    + mask.width() + " as " + NamedFiles.of(masks, id(index)));
        }
        measured.put(index, mask);
    }

    private LabelMap read(Path file, boolean truth) {
        LabelMap map = LabelPng.read(file);
        int[] counts = map.histogram();
        boolean changed = false;
        List<String> foreign = new ArrayList<>();
        for (int v = 0; v < LabelMap.IGNORE; v++) {
            boolean label = v < classes.labelCount();
            if (counts[v] > 0 && ignored[v] && (truth || !label)) {
                changed = true;
            } else if (counts[v] > 0 && !label) {
                foreign.add(counts[v] + (counts[v] == 1 ? " pixel has value " : " pixels have value ") + v);
            }
        }
        if (!foreign.isEmpty()) {
            throw new InvalidDataException(file + ": " + String.join(", ", foreign) + "; expected labels 0.."
                    + (classes.labelCount() - 1) + " or " + LabelMap.IGNORE);
        }
        if (!changed) {
            return map;
        }
        byte[] values = map.toArray();
        for (int i = 0; i < values.length; i++) {
            int v = values[i] & 255;
            if (ignored[v] && (truth || v >= classes.labelCount())) {
                values[i] = (byte) LabelMap.IGNORE;
            }
        }
        return LabelMap.wrap(map.height(), map.width(), values);
    }
}
