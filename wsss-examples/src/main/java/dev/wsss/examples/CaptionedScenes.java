package dev.wsss.examples;

import dev.wsss.api.Dataset;
import dev.wsss.api.Description;
import dev.wsss.api.ImageTags;
import dev.wsss.api.LabelMap;
import dev.wsss.api.Sample;
import dev.wsss.api.Source;
import dev.wsss.api.SplitMix;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.train.BatchSource;
import dev.wsss.datasets.ShapesDataset;
import dev.wsss.datasets.ShapesDataset.Scenery;
import dev.wsss.models.clip.ClipPreprocess;
import dev.wsss.models.clip.PromptTemplates;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Drawn scenes with captions that are made of their tags, batch by batch of one kind: small pictures, larger ones, streets, and
 * parts of streets.
 * No scene comes twice.
 */
final class CaptionedScenes implements BatchSource<CaptionedScenes.Captioned> {
    /** More scenes than any training asks for. */
    private static final int ENDLESS = Integer.MAX_VALUE;

    /** How often a caption names two things, where there are two. */
    private static final double PAIRS = 0.3;

    private static final List<String> TEMPLATES = PromptTemplates.IMAGENET_AND_SCENES.templates();

    private record Part(Dataset scenes, int images, @Nullable Source<LabelMap> labels) {}

    /**
     * Pictures and captions.
     *
     * @param images {@code [N][3][H][W]}
     * @param captions one of each picture
     * @param positives {@code [N][N]}: 1 where a picture, by row, has all that a caption names
     * @param classes the names of all classes that may be in such pictures
     * @param labels {@code [N][1 + C][H][W]}: 1 at the label of each pixel, background first; null where none are known
     */
    record Captioned(
            Tensor images, List<String> captions, Tensor positives, List<String> classes, @Nullable Tensor labels)
            implements AutoCloseable {
        @Override
        public void close() {
            images.close();
            positives.close();
            if (labels != null) {
                labels.close();
            }
        }
    }

    private final List<Part> parts;

    private CaptionedScenes(Part... parts) {
        this.parts = List.of(parts);
    }

    /** Scenes of each kind, without labels. */
    static CaptionedScenes unlabelled() {
        return new CaptionedScenes(
                endless(Scenery.GROUND, 1, 64, 64, 48),
                endless(Scenery.GROUND, 2, 96, 96, 32),
                endless(Scenery.STREET, 3, 96, 192, 20),
                endless(Scenery.STREET_DETAIL, 4, 96, 96, 32));
    }

    /** These scenes again and again, mirrored or not, with their labels; and streets without. */
    static CaptionedScenes labelled(Dataset scenes, Source<LabelMap> labels) {
        Part labelled = new Part(scenes, 32, labels);
        return new CaptionedScenes(
                labelled,
                endless(Scenery.STREET, 5, 96, 192, 20),
                labelled,
                endless(Scenery.STREET_DETAIL, 6, 96, 96, 32));
    }

    private static Part endless(Scenery scenery, int number, int height, int width, int images) {
        return new Part(scenes(scenery, number, ENDLESS, height, width), images, null);
    }

    /**
     * Scenes of no training nor validation of any data that a run opens.
     *
     * @param number no scene of one is in another
     */
    static Dataset scenes(Scenery scenery, int number, int count, int height, int width) {
        return ShapesDataset.builder()
                .setCount(count)
                .setSeed(-1_000_000 - number)
                .optScenery(scenery)
                .optSize(height, width)
                .build();
    }

    @Override
    public int batchesPerEpoch() {
        return ENDLESS / 100;
    }

    @Override
    public int images(Captioned batch) {
        return batch.captions.size();
    }

    @Override
    public Captioned load(long seed, int epoch, int index) {
        Part part = parts.get(index % parts.size());
        SplitMix random = new SplitMix(seed, epoch, index);
        List<Tensor> images = new ArrayList<>();
        List<Tensor> labels = new ArrayList<>();
        List<ImageTags> tags = new ArrayList<>();
        List<int[]> named = new ArrayList<>();
        List<String> captions = new ArrayList<>();
        for (int i = 0; i < part.images; i++) {
            long number = (long) (index / parts.size()) * part.images + i;
            Sample sample = part.scenes.get((int) (number % part.scenes.size()));
            Tensor image = ClipPreprocess.asItIs().apply(sample.image());
            if (part.labels != null) {
                boolean mirrored = random.chance(0.5);
                images.add(mirrored ? image.flip(3) : image);
                Tensor label =
                        oneHot(part.labels.get(sample), part.scenes.classes().labelCount());
                labels.add(mirrored ? label.flip(3) : label);
            } else {
                images.add(image);
            }
            tags.add(sample.tags());
            named.add(some(random, sample.tags()));
            captions.add(caption(random, part.scenes.classes().tagNames(), named.get(i)));
        }
        float[] positives = new float[part.images * part.images];
        for (int i = 0; i < positives.length; i++) {
            ImageTags there = tags.get(i / part.images);
            positives[i] = IntStream.of(named.get(i % part.images)).allMatch(there::contains) ? 1 : 0;
        }
        return new Captioned(
                Scope.own(torch.cat(new TensorVector(images.toArray(Tensor[]::new)), 0)),
                captions,
                Scope.own(Tensors.of(positives, part.images, part.images)),
                part.scenes.classes().tagNames(),
                labels.isEmpty() ? null : Scope.own(torch.cat(new TensorVector(labels.toArray(Tensor[]::new)), 0)));
    }

    /** {@code [1][labels][H][W]}: 1 at the label of each pixel, 0 everywhere where it has none. */
    private static Tensor oneHot(LabelMap map, int labels) {
        float[] values = new float[labels * map.height() * map.width()];
        for (int y = 0; y < map.height(); y++) {
            for (int x = 0; x < map.width(); x++) {
                int label = map.get(y, x);
                if (label != LabelMap.IGNORE) {
                    values[(label * map.height() + y) * map.width() + x] = 1;
                }
            }
        }
        return Tensors.of(values, 1, labels, map.height(), map.width());
    }

    /** One of the tags, or two. */
    private static int[] some(SplitMix random, ImageTags tags) {
        int[] all = tags.toArray();
        int first = random.below(all.length);
        int second = random.below(all.length);
        return random.chance(PAIRS) && first != second ? new int[] {all[first], all[second]} : new int[] {all[first]};
    }

    private static String caption(SplitMix random, List<String> names, int[] tags) {
        String what = names.get(tags[0]) + (tags.length > 1 ? " and " + names.get(tags[1]) : "");
        return TEMPLATES.get(random.below(TEMPLATES.size())).replace(PromptTemplates.PLACE, what);
    }

    /** All that captions are made of. */
    static List<String> words() {
        List<String> words = new ArrayList<>(TEMPLATES);
        words.add("and ground background");
        for (Scenery scenery : Scenery.values()) {
            words.addAll(scenes(scenery, 0, 1, 64, 128).classes().tagNames());
        }
        return words;
    }

    @Override
    public Description description() {
        Description.Builder all = Description.of("CaptionedScenes").put("pairs", PAIRS);
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            all.put("part " + i, part.scenes + " by " + part.images + (part.labels == null ? "" : ", labelled"));
        }
        return all.build();
    }
}
