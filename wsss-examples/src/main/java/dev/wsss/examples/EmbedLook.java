package dev.wsss.examples;

import dev.wsss.core.crf.DenseCrf;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.tflite.TfliteNetworks;
import dev.wsss.systems.look.Agreement;
import dev.wsss.systems.look.LikelyClass;
import dev.wsss.systems.look.LookFolder;
import dev.wsss.systems.look.LookSummary;
import dev.wsss.systems.look.PhotoLook;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * How to embed {@code wsss look}: photographs in a program of one's own. Prints how far the maps agree with a supervised
 * network's, as {@code RESULTS.md} shows it. {@code EmbedLook CLASSIFIER SEGMENTER OUT PHOTO...}.
 */
public final class EmbedLook {
    private EmbedLook() {}

    /** Looks at photographs with two TFLite files, leaves a folder and prints a table. */
    public static void main(String[] args) {
        List<Path> files = Arrays.stream(args).map(Path::of).toList();
        System.out.print(table(run(files.get(0), files.get(1), files.get(2), files.subList(3, files.size()))));
    }

    static LookFolder.Outcome run(Path classifierFile, Path segmenterFile, Path out, List<Path> photos) {
        try (Classifier classifier = TfliteNetworks.classifier(classifierFile);
                PublishedSegmenter beside = PublishedSegmenter.open(segmenterFile);
                DenseCrf crf = DenseCrf.psa(1).build()) {
            PhotoLook look = PhotoLook.builder()
                    .setClassifier(classifier)
                    .optNormalize(TfliteNetworks.normalize(classifierFile))
                    .optCrf(crf)
                    .optSegmenter(beside.segmenter(), beside.classes(), PublishedSegmenter.SIDE)
                    .build();
            return LookFolder.builder().setLook(look).setFolder(out).build().look(photos);
        }
    }

    /** Markdown: a row for each photograph and class that could be compared. */
    static String table(LookFolder.Outcome outcome) {
        StringBuilder text = new StringBuilder(
                "| photograph | likeliest class | compared with | IoU | with CRF |\n" + "|---|---|---|---:|---:|\n");
        for (LookSummary found : outcome.looks()) {
            LikelyClass top = found.likeliest().get(0);
            String start =
                    String.format(Locale.ROOT, "| %s | %s, %.2f | ", found.name(), top.name(), top.probability());
            List<Agreement> agreements = found.agreements();
            if (agreements == null || agreements.isEmpty()) {
                text.append(start).append("nothing | | |\n");
                continue;
            }
            for (Agreement each : agreements) {
                text.append(start)
                        .append(String.format(
                                Locale.ROOT, "%s | %.3f | %.3f |\n", each.of(), each.raw(), each.refined()));
            }
        }
        outcome.failures()
                .forEach(failure ->
                        text.append("| " + failure.id() + " | | not read: " + failure.reason() + " | | |\n"));
        return text.toString();
    }
}
