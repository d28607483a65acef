package dev.wsss.examples;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.Description;
import dev.wsss.api.ImageTags;
import dev.wsss.api.Sample;
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

    /** Sharpness of pictures in which a thing is a tenth of the whole, and of those in which it is a few patches. */
    private static final double LARGE = 3;

    private static final double SMALL = 10;

    private record Part(Dataset scenes, int images, double sharpness) {}

    /**
     * Pictures and captions.
     *
     * @param images {@code [N][3][H][W]}
     * @param captions one of each picture
     * @param positives {@code [N][N]}: 1 where a picture, by row, has all that a caption names
     * @param samples what the pictures are of
     * @param sharpness what cosines with places are multiplied by, for their weights
     */
    record Captioned(Tensor images, List<String> captions, Tensor positives, List<Sample> samples, double sharpness)
            implements AutoCloseable {
        /** All that may be in these pictures. */
        ClassCatalog classes() {
            return samples.get(0).tags().catalog();
        }

        @Override
        public void close() {
            images.close();
            positives.close();
        }
    }

    private final List<Part> parts;

    /**
     * Scenes.
     *
     * @param training its number: no scene of one is in another
     */
    CaptionedScenes(int training) {
        // neither training's nor validation's of any data that a run opens
        long seed = -1_000_000 - 10L * training;
        parts = List.of(
                new Part(scenes(Scenery.GROUND, seed - 1, 64, 64), 48, LARGE),
                new Part(scenes(Scenery.GROUND, seed - 2, 96, 96), 32, LARGE),
                new Part(scenes(Scenery.STREET, seed - 3, 96, 192), 20, SMALL),
                new Part(scenes(Scenery.STREET_DETAIL, seed - 4, 96, 96), 32, SMALL));
    }

    static Dataset scenes(Scenery scenery, long seed, int height, int width) {
        return ShapesDataset.builder()
                .setCount(ENDLESS)
                .setSeed(seed)
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
        List<Sample> samples = new ArrayList<>();
        List<int[]> named = new ArrayList<>();
        List<String> captions = new ArrayList<>();
        for (int i = 0; i < part.images; i++) {
            Sample sample = part.scenes.get(index / parts.size() * part.images + i);
            images.add(ClipPreprocess.asItIs().apply(sample.image()));
            samples.add(sample);
            named.add(some(random, sample.tags()));
            captions.add(caption(random, part.scenes.classes().tagNames(), named.get(i)));
        }
        float[] positives = new float[part.images * part.images];
        for (int i = 0; i < positives.length; i++) {
            ImageTags there = samples.get(i / part.images).tags();
            positives[i] = IntStream.of(named.get(i % part.images)).allMatch(there::contains) ? 1 : 0;
        }
        return new Captioned(
                Scope.own(torch.cat(new TensorVector(images.toArray(Tensor[]::new)), 0)),
                captions,
                Scope.own(Tensors.of(positives, part.images, part.images)),
                samples,
                part.sharpness);
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
            words.addAll(scenes(scenery, 0, 64, 128).classes().tagNames());
        }
        return words;
    }

    @Override
    public Description description() {
        Description.Builder all = Description.of("CaptionedScenes").put("pairs", PAIRS);
        for (int i = 0; i < parts.size(); i++) {
            all.put(
                    "part " + i,
                    parts.get(i).scenes + " by " + parts.get(i).images + ", sharpness " + parts.get(i).sharpness);
        }
        return all.build();
    }
}
