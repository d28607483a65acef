package dev.wsss.examples;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageFiles;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.api.RunManifest;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.report.Overlay;
import dev.wsss.core.runtime.Torch;
import dev.wsss.datasets.LabelSet;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.segment.NetworkSegmenter;
import dev.wsss.models.tflite.TfliteNetworks;
import dev.wsss.systems.look.Agreement;
import dev.wsss.systems.look.ImageNetTag;
import dev.wsss.systems.look.LikelyClass;
import dev.wsss.systems.look.Look;
import dev.wsss.systems.look.LookPage;
import dev.wsss.systems.look.PhotoLook;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code wsss look}: what a network of ImageNet sees in photographs, and where. */
@Command(
        name = "look",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description = {
            "Shows what is in photographs and where, by a network that was trained on ImageNet.",
            "Exit status: 0 done, 3 some photographs could not be read, 1 failed."
        })
final class LookCommand implements Callable<Integer> {
    /** The longer side of what DeepLab is shown. */
    private static final int SEGMENTER_SIDE = 513;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "PHOTO", arity = "1..*", description = "JPEG, PNG, WebP and what else can be read")
    private List<Path> photos = List.of();

    @Option(
            names = "--network",
            paramLabel = "FILE|NAME",
            description = "classifier of ImageNet: a TFLite file, or a name that wsss weights list prints")
    private String network = "mobilenetv2-imagenet";

    @Option(
            names = "--segmenter",
            paramLabel = "FILE|NAME",
            description = "supervised network to compare with, such as deeplabv3-mnv2-voc")
    private @Nullable String segmenter;

    @Option(
            names = "--classes",
            paramLabel = "NAME",
            split = ",",
            description = "tags of the photographs, such as dog,sofa; default what the network holds likeliest")
    private List<String> classes = List.of();

    @Option(names = "--top", paramLabel = "K", description = "without --classes: how many of the likeliest get a map")
    private int top = 1;

    @Option(names = "--scales", paramLabel = "S", split = ",", description = "of the maps; 1 is the network's own size")
    private double[] scales = {1, 1.5, 2};

    @Option(names = "--background", paramLabel = "SCORE", description = "score below which a pixel is background")
    private double background = 0.3;

    @Option(names = "--no-crf", description = "no dense CRF")
    private boolean noCrf;

    @Option(names = "--threads", paramLabel = "N", description = "threads of one operation")
    private int threads = Math.max(1, Math.min(4, Runtime.getRuntime().availableProcessors()));

    @Option(names = "--out", paramLabel = "DIR", description = "where the pictures and look.html go")
    private Path folder = Path.of("look");

    @Mixin
    private NamedWeights weights = new NamedWeights();

    @Override
    public Integer call() {
        List<ImageNetTag> tags = classes.stream().map(ImageNetTag::of).toList();
        PhotoLook.Builder builder =
                PhotoLook.builder().optTop(top).optScales(scales).optBackground(background);
        Torch.setThreads((int) RunOptions.requirePositive("--threads", threads));
        Path file = weights.find("--network", network, out());
        try (Classifier classifier = TfliteNetworks.classifier(file);
                DenseCrf crf = DenseCrf.psa(1).build()) {
            builder.setClassifier(classifier).optNormalize(TfliteNetworks.normalize(file));
            if (!noCrf) {
                builder.optCrf(crf);
            }
            if (segmenter == null) {
                return look(builder.build(), tags);
            }
            try (NetworkSegmenter supervised = segmenter(weights.find("--segmenter", segmenter, out()))) {
                ClassCatalog labels = labels(supervised);
                return look(
                        builder.optSegmenter(supervised, labels, SEGMENTER_SIDE).build(), tags);
            }
        }
    }

    private static NetworkSegmenter segmenter(Path file) {
        return NetworkSegmenter.builder()
                .setNetwork(TfliteNetworks.segmenter(file))
                .optNormalize(TfliteNetworks.normalize(file))
                .optAlignCorners(true)
                .build();
    }

    /** Those of VOC or Cityscapes, which the number tells. */
    private ClassCatalog labels(NetworkSegmenter supervised) {
        int count = supervised.probabilities(new RgbImage(1, 1, new byte[3])).count();
        ClassCatalog voc = LabelSet.VOC.catalog();
        ClassCatalog cityscapes = LabelSet.CITYSCAPES.catalog();
        if (count != voc.labelCount() && count != cityscapes.labelCount()) {
            throw new InvalidDataException(segmenter + " gives " + count + " classes; expected " + voc.labelCount()
                    + " (VOC) or " + cityscapes.labelCount() + " (Cityscapes)");
        }
        return count == voc.labelCount() ? voc : cityscapes;
    }

    private int look(PhotoLook look, List<ImageNetTag> tags) {
        Map<String, Look> looks = new LinkedHashMap<>();
        List<RunManifest.Failure> failures = new ArrayList<>();
        for (Path photo : photos) {
            try {
                RgbImage image = ImageFiles.readRgb(photo);
                Look found = tags.isEmpty() ? look.look(image) : look.look(image, tags);
                print(photo, found);
                looks.put(unused(photo, looks), found);
            } catch (InvalidDataException e) {
                if (photos.size() == 1) {
                    throw e;
                }
                spec.commandLine().getErr().println("wsss: " + Table.printable(String.valueOf(e.getMessage())));
                failures.add(new RunManifest.Failure(photo.toString(), "look", String.valueOf(e.getMessage())));
            }
        }
        if (looks.isEmpty()) {
            throw new InvalidDataException("none of the " + photos.size() + " photographs can be looked at");
        }
        LookPage page = LookPage.of(looks, failures);
        for (String name : looks.keySet()) {
            page.pictures(name)
                    .forEach((caption, picture) -> Overlay.writePng(
                            folder.resolve(name + "-" + caption.replaceAll("[^\\p{L}\\p{N}]+", "-") + ".png"),
                            picture));
        }
        Path report = folder.resolve("look.html");
        page.report().write(report);
        out().println("pictures and report in " + report.toAbsolutePath().normalize());
        out().flush();
        return failures.isEmpty() ? 0 : Wsss.SOME_FAILED;
    }

    /** The photograph's name, with a number where photographs of several folders share it. */
    private static String unused(Path photo, Map<String, Look> looks) {
        String name = String.valueOf(photo.getFileName());
        String free = name;
        for (int i = 2; looks.containsKey(free); i++) {
            free = name + "-" + i;
        }
        return free;
    }

    private void print(Path photo, Look found) {
        out().println(Table.printable(photo.toString()));
        for (LikelyClass each : found.likeliest()) {
            out().printf(Locale.ROOT, "  %.3f  %s%n", each.probability(), each.names());
        }
        for (int tag = 0; tag < classes.size(); tag++) {
            LikelyClass shown = found.shown().get(tag);
            out().printf(
                            Locale.ROOT,
                            "  %s: mapped as %s, %.3f%n",
                            Table.printable(found.classes().tagNames().get(tag)),
                            shown.name(),
                            shown.probability());
        }
        Look.Supervised supervised = found.supervised();
        if (supervised != null) {
            supervised.agreements().forEach(this::print);
            if (supervised.agreements().isEmpty()) {
                out().println("  the supervised network sees none of its classes that could be compared");
            }
        }
    }

    private void print(Agreement agreement) {
        out().printf(Locale.ROOT, "  IoU with the supervised %s: %.3f", agreement.of(), agreement.raw());
        out().println(noCrf ? "" : String.format(Locale.ROOT, ", with CRF %.3f", agreement.refined()));
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
