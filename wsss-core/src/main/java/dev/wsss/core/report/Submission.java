package dev.wsss.core.report;

import dev.wsss.api.AtomicFile;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Labels of a test set in the form that a benchmark's server takes, as a folder, {@code .zip} or {@code .tar.gz}.
 *
 * <pre>{@code
 * Submission.voc(Submission.Competition.COMP6).write(Path.of("results.tar.gz"), ids, segmented::get);
 * }</pre>
 *
 * <p>Maps are of their images' sizes, which are not looked at here. Every pixel has a class: {@link LabelMap#IGNORE}, as pseudo
 * labels have it, is refused, and so is every value that the benchmark does not know. An archive appears whole or not at all;
 * equal labels give equal bytes (on one version of zlib).
 */
public final class Submission {
    /** PASCAL VOC's competitions of segmentation. */
    public enum Competition {
        /** Trained on VOC's own data alone. */
        COMP5,
        /** Trained on other data too, such as weights from ImageNet or masks of SBD. */
        COMP6
    }

    /** What is the name of a file on every system, and of no other folder. */
    private static final Pattern SAFE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,39}");

    private static final Pattern FRAME =
            Pattern.compile("(?:.*/)?([A-Za-z][A-Za-z-]{0,39}_\\d{6}_\\d{6})(?:_leftImg8bit)?(?:\\.png)?");

    private final String folder;
    private final Function<String, String> fileName;
    private final int[] values;
    private final boolean palette;

    private Submission(String folder, Function<String, String> fileName, int[] values, boolean palette) {
        this.folder = folder;
        this.fileName = fileName;
        this.values = values;
        this.palette = palette;
    }

    /**
     * PASCAL VOC 2012: palette PNGs of the values 0..20, {@code results/VOC2012/Segmentation/comp6_test_cls/<id>.png}.
     *
     * @param competition which of the two, by what was trained on
     */
    public static Submission voc(Competition competition) {
        return new Submission(
                "results/VOC2012/Segmentation/" + competition.name().toLowerCase(Locale.ROOT) + "_test_cls/",
                id -> {
                    if (!SAFE.matcher(id).matches()) {
                        throw new InvalidDataException(
                                "'" + id + "' is no image of VOC; expected a name such as 2008_000006");
                    }
                    return id + ".png";
                },
                IntStream.rangeClosed(0, 20).toArray(),
                true);
    }

    /**
     * Cityscapes: grey PNGs of label ids, {@code <city>_<sequence>_<frame>_labelIds.png}, all in one folder. Ids of images are such
     * names, with or without {@code _leftImg8bit} and the folder of the city.
     *
     * @param labelIds the label id of each train id, such as 7 (road) for 0; 0..254
     * @throws IllegalArgumentException if there is no train id or more than 255, or an id is not in 0..254
     */
    public static Submission cityscapes(int... labelIds) {
        if (labelIds.length < 1 || labelIds.length > LabelMap.IGNORE) {
            throw new IllegalArgumentException("expected the label ids of 1 to 255 train ids, got " + labelIds.length);
        }
        for (int train = 0; train < labelIds.length; train++) {
            if (labelIds[train] < 0 || labelIds[train] >= LabelMap.IGNORE) {
                throw new IllegalArgumentException(
                        "label id of train id " + train + " must be in 0..254, got " + labelIds[train]);
            }
        }
        return new Submission(
                "",
                id -> {
                    Matcher frame = FRAME.matcher(id);
                    if (!frame.matches()) {
                        throw new InvalidDataException(
                                "'" + id
                                        + "' is no image of Cityscapes; expected a name such as berlin_000000_000019_leftImg8bit");
                    }
                    return frame.group(1) + "_labelIds.png";
                },
                labelIds.clone(),
                false);
    }

    /**
     * Writes the labels of all images of a test set.
     *
     * @param target a file that ends in {@code .zip}, {@code .tar.gz} or {@code .tgz}, or else a folder, which is made if it
     *     does not exist
     * @param ids of all images of the test set, so that none is left out
     * @param labels the map of an image by its id; asked once for each, in their order
     * @throws IllegalArgumentException if there is no id
     * @throws InvalidDataException if an id is no name of the benchmark's or stands twice, an image has no map or one with a value
     *     that the benchmark does not know, or the folder has label PNGs of other images; the message names them
     * @throws UncheckedIOException if it cannot be written
     */
    public void write(Path target, Collection<String> ids, Function<String, ? extends @Nullable LabelMap> labels) {
        if (ids.isEmpty()) {
            throw new IllegalArgumentException("expected the ids of a test set, got none");
        }
        Map<String, String> entries = new LinkedHashMap<>();
        for (String id : ids) {
            String before = entries.put(folder + fileName.apply(id), id);
            if (before != null) {
                throw new InvalidDataException("'" + id + "' stands twice"
                        + (before.equals(id) ? "" : ", first as '" + before + "'") + "; expected each image once");
            }
        }
        String name = String.valueOf(target.getFileName()).toLowerCase(Locale.ROOT);
        boolean zip = name.endsWith(".zip");
        if (!zip && !name.endsWith(".tar.gz") && !name.endsWith(".tgz")) {
            requireNoOthers(target, entries.keySet());
            entries.forEach((entry, id) -> {
                byte[] png = png(id, labels.apply(id));
                AtomicFile.write(target.resolve(entry), out -> out.write(png));
            });
            return;
        }
        AtomicFile.write(target, out -> {
            try (Archive archive = zip ? Archive.zip(out) : Archive.tarGz(out)) {
                for (Map.Entry<String, String> entry : entries.entrySet()) {
                    archive.add(entry.getKey(), png(entry.getValue(), labels.apply(entry.getValue())));
                }
            }
        });
    }

    /** What lies there from before would be handed in too. */
    private void requireNoOthers(Path target, Collection<String> entries) {
        Path place = target.resolve(folder);
        if (!Files.exists(place)) {
            return;
        }
        try (Stream<Path> files = Files.list(place)) {
            List<String> others = files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(".png") && !file.startsWith(".") && !entries.contains(folder + file))
                    .sorted()
                    .toList();
            if (!others.isEmpty()) {
                throw new InvalidDataException(place + ": has " + others.size() + " PNGs of other images, such as '"
                        + others.get(0) + "'; expected an empty folder");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(place + ": cannot be listed (" + e + ")", e);
        }
    }

    private byte[] png(String id, @Nullable LabelMap labels) {
        if (labels == null) {
            throw new InvalidDataException("'" + id + "' has no labels; expected those of every image of the test set");
        }
        int[] counts = labels.histogram();
        for (int v = values.length; v < counts.length; v++) {
            if (counts[v] > 0) {
                throw new InvalidDataException("labels of '" + id + "': " + counts[v]
                        + (counts[v] == 1 ? " pixel has" : " pixels have") + " the value " + v + "; expected 0.."
                        + (values.length - 1) + (v == LabelMap.IGNORE ? ", as the benchmark takes no void" : ""));
            }
        }
        byte[] pixels = labels.toArray();
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) values[pixels[i] & 255];
        }
        BufferedImage image = palette
                ? new BufferedImage(labels.width(), labels.height(), BufferedImage.TYPE_BYTE_INDEXED, colours())
                : new BufferedImage(labels.width(), labels.height(), BufferedImage.TYPE_BYTE_GRAY);
        // the samples themselves: setRGB would look for the nearest colour
        image.getRaster().setDataElements(0, 0, labels.width(), labels.height(), pixels);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            if (!ImageIO.write(image, "png", out)) {
                throw new IllegalStateException("this Java has no writer of PNG");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static IndexColorModel colours() {
        int[] rgb = ClassCatalog.vocPalette();
        return new IndexColorModel(8, rgb.length, rgb, 0, false, -1, DataBuffer.TYPE_BYTE);
    }

    @Override
    public String toString() {
        return "Submission[" + (folder.isEmpty() ? "Cityscapes" : folder) + ", values 0.." + (values.length - 1) + "]";
    }
}
