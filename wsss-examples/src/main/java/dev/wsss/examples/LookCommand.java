package dev.wsss.examples;

import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.tflite.TfliteNetworks;
import dev.wsss.systems.look.ImageNetTags;
import dev.wsss.systems.look.LookFolder;
import dev.wsss.systems.look.LookSummary;
import dev.wsss.systems.look.PhotoLook;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
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
            "Exit status: 0 done, 3 some photographs or classes were left out, 1 failed."
        })
final class LookCommand implements Callable<Integer>, LookFolder.Listener {
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

    @Option(names = "--out", paramLabel = "DIR", description = "where the pictures, look.html and look.json go")
    private Path folder = Path.of("look");

    @Mixin
    private NamedWeights weights = new NamedWeights();

    @Override
    public Integer call() {
        ImageNetTags tags = classes.isEmpty() ? null : ImageNetTags.of(classes);
        PhotoLook.Builder look =
                PhotoLook.builder().optTop(top).optScales(scales).optBackground(background);
        Torch.setThreads((int) RunOptions.requirePositive("--threads", threads));
        Path file = weights.find("--network", network, out());
        Path supervised = segmenter == null ? null : weights.find("--segmenter", segmenter, out());
        try (Classifier classifier = TfliteNetworks.classifier(file);
                DenseCrf crf = DenseCrf.psa(1).build();
                PublishedSegmenter beside = supervised == null ? null : PublishedSegmenter.open(supervised)) {
            look.setClassifier(classifier).optNormalize(TfliteNetworks.normalize(file));
            if (!noCrf) {
                look.optCrf(crf);
            }
            if (beside != null) {
                look.optSegmenter(beside.segmenter(), beside.classes(), PublishedSegmenter.SIDE);
            }
            return look(look.build(), tags);
        }
    }

    private int look(PhotoLook look, @Nullable ImageNetTags tags) {
        LookFolder.Builder builder =
                LookFolder.builder().setLook(look).setFolder(folder).optListener(this);
        if (tags != null) {
            builder.optTags(tags);
            tags.warnings().forEach(this::complain);
        }
        LookFolder.Outcome outcome = builder.build().look(photos);
        out().println("pictures, look.html and look.json in "
                + folder.toAbsolutePath().normalize());
        boolean all =
                outcome.failures().isEmpty() && (tags == null || tags.warnings().isEmpty());
        return all ? 0 : Wsss.SOME_FAILED;
    }

    @Override
    public void looked(Path photo, LookSummary found) {
        out().println(Table.printable(photo.toString()));
        found.likeliest().forEach(each -> out().printf(Locale.ROOT, "  %.3f  %s%n", each.probability(), each.names()));
        found.remarks().forEach(remark -> out().println("  " + Table.printable(remark)));
        out().flush();
    }

    @Override
    public void failed(Path photo, String reason) {
        // the only one's is the command's own message
        if (photos.size() > 1) {
            complain(reason);
        }
    }

    private void complain(String text) {
        spec.commandLine().getErr().println("wsss: " + Table.printable(text));
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
