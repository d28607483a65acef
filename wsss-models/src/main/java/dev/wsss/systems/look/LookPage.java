package dev.wsss.systems.look;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.RunManifest;
import dev.wsss.core.report.Overlay;
import dev.wsss.core.report.Report;
import dev.wsss.core.report.Strip;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Looks as pictures and on one page. A name has the same colour everywhere.
 *
 * <pre>{@code
 * LookPage page = LookPage.of(Map.of("cat.jpg", look));
 * page.report().write(folder.resolve("look.html"));
 * Overlay.writePng(folder.resolve("labels.png"), page.pictures("cat.jpg").get("labels"));
 * }</pre>
 */
public final class LookPage {
    private static final double STRENGTH = 0.6;

    private final Map<String, Look> looks;
    private final ClassCatalog names;
    private final List<RunManifest.Failure> failures;

    private LookPage(Map<String, Look> looks, List<RunManifest.Failure> failures) {
        this.looks = new LinkedHashMap<>(looks);
        this.failures = List.copyOf(failures);
        Set<String> all = new LinkedHashSet<>();
        for (Look look : looks.values()) {
            all.addAll(look.classes().tagNames());
            Look.Supervised supervised = look.supervised();
            if (supervised != null) {
                int[] pixels = supervised.labels().histogram();
                for (int label = 1; label < supervised.classes().labelCount(); label++) {
                    if (pixels[label] > 0) {
                        all.add(supervised.classes().labelNames().get(label));
                    }
                }
            }
        }
        // where there are more names than colours, the last have those of their own catalogs
        names = ClassCatalog.withBackground(
                all.stream().limit(ClassCatalog.MAX_LABELS - 1).toList());
    }

    /** A page of looks in their order. */
    public static LookPage of(Map<String, Look> looks) {
        return of(looks, List.of());
    }

    /**
     * A page of looks in their order.
     *
     * @param looks by the photograph's name
     * @param failures photographs that could not be looked at
     */
    public static LookPage of(Map<String, Look> looks, List<RunManifest.Failure> failures) {
        return new LookPage(looks, failures);
    }

    /** One page: for each photograph what the network says of it, and its {@linkplain #pictures pictures}. */
    public Report report() {
        Report.Builder report = Report.builder()
                .setTitle("What the network sees")
                .setClasses(names)
                .optSubtitle("Class activation maps of a classifier of ImageNet, without training")
                .fact("photographs", Integer.toString(looks.size()))
                .failures(failures);
        looks.forEach((name, look) -> {
            List<Strip.Panel> panels = new ArrayList<>();
            panels.add(new Strip.Panel("photograph", look.image(), false));
            pictures(name).forEach((caption, picture) -> panels.add(new Strip.Panel(caption, picture, false)));
            report.strip(new Strip(name, note(look), panels));
        });
        return report.build();
    }

    /**
     * The pictures of a look by their captions: "map of ..." for each tag, "labels", and where there are such, "labels with
     * CRF" and "supervised". All are of the size of the look's image.
     *
     * @throws IllegalArgumentException if there is no look of that name
     */
    public Map<String, RgbImage> pictures(String name) {
        Look look = looks.get(name);
        if (look == null) {
            throw new IllegalArgumentException("no look at '" + name + "'; there are " + looks.keySet());
        }
        Map<String, RgbImage> pictures = new LinkedHashMap<>();
        for (int label : look.scores().labels()) {
            pictures.put(
                    "map of " + look.classes().labelNames().get(label),
                    Overlay.heat(look.image(), look.scores(), label));
        }
        pictures.put("labels", overlay(look.image(), look.raw(), look.classes()));
        LabelMap refined = look.refined();
        if (refined != null) {
            pictures.put("labels with CRF", overlay(look.image(), refined, look.classes()));
        }
        Look.Supervised supervised = look.supervised();
        if (supervised != null) {
            pictures.put("supervised", overlay(look.image(), supervised.labels(), supervised.classes()));
        }
        return pictures;
    }

    private RgbImage overlay(RgbImage image, LabelMap labels, ClassCatalog classes) {
        int[] colours = classes.labelNames().stream()
                .mapToInt(name -> {
                    int known = names.labelNames().indexOf(name);
                    return known < 0 ? classes.colour(classes.labelNames().indexOf(name)) : names.colour(known);
                })
                .toArray();
        return Overlay.labels(image, labels, classes.withColours(colours), STRENGTH, true);
    }

    private static String note(Look look) {
        String likeliest = look.likeliest().stream()
                .map(each -> String.format(Locale.ROOT, "%s %.2f", each.name(), each.probability()))
                .collect(Collectors.joining(", "));
        Look.Supervised supervised = look.supervised();
        return Stream.concat(
                        Stream.of(likeliest),
                        supervised == null
                                ? Stream.of()
                                : supervised.agreements().stream().map(LookPage::text))
                .collect(Collectors.joining("; "));
    }

    private static String text(Agreement agreement) {
        return String.format(Locale.ROOT, "IoU with the supervised %s %.3f", agreement.of(), agreement.raw())
                + (Double.isNaN(agreement.refined())
                        ? ""
                        : String.format(Locale.ROOT, ", with CRF %.3f", agreement.refined()));
    }
}
