package dev.wsss.systems.ppc;

import dev.wsss.api.CamGenerator;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.SaliencyMap;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.Source;
import dev.wsss.core.affinity.ConfidentChannel;
import dev.wsss.core.input.InputCheck;
import dev.wsss.core.io.ObjectNpy;
import dev.wsss.core.pipeline.ScoreFolder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What other programs made in place of PPC's steps. */
final class PpcInputs {
    @Nullable
    Path camWeights;

    @Nullable
    Path affinityWeights;

    @Nullable
    Path segmenterWeights;

    @Nullable
    CamGenerator cams;

    @Nullable
    Source<ScoreMaps> strong;

    @Nullable
    Source<ScoreMaps> weak;

    @Nullable
    Source<LabelMap> labels;

    @Nullable
    Source<SaliencyMap> saliency;

    /**
     * Refuses what no step would read, as something else takes its place: whoever gave it expects it to count.
     *
     * @throws IllegalArgumentException naming both
     */
    void requireRead(PpcRecipe recipe, boolean pretrained) {
        if (recipe.affinity().method() == PpcRecipe.Method.IRN && (strong != null || weak != null)) {
            throw new IllegalArgumentException("scores of CRFs (la, ha) are for AffinityNet, got the method "
                    + recipe.affinity().method() + ", which makes its labels from CAMs");
        }
        if (saliency != null && !recipe.variant().hasSaliency()) {
            throw new IllegalArgumentException("saliency maps are for the variants of EPS, got " + recipe.variant());
        }
        // what a step is given, and what is of no use to it then
        String masks = "pseudo masks";
        Map<String, Object> beforeCams = present("saliency maps", saliency, "a CAM network's weights", camWeights);
        Map<String, Object> beforeAffinity = present("scores of a CRF (la)", strong, "scores of a CRF (ha)", weak);
        Map<String, Object> beforeMasks = new LinkedHashMap<>(beforeAffinity);
        beforeMasks.putAll(present("an affinity network's weights", affinityWeights, "CAMs", cams));
        refuse("a CAM network's weights", camWeights, present("saliency maps", saliency));
        refuse("CAMs", cams, beforeCams);
        refuse("an affinity network's weights", affinityWeights, beforeAffinity);
        refuse(masks, labels, beforeMasks);
        if (pretrained) {
            // else the segmenter starts from what the CAM network has learnt
            refuse(masks, labels, beforeCams);
        }
        Map<String, Object> all = new LinkedHashMap<>(beforeCams);
        all.putAll(beforeMasks);
        all.putAll(present(masks, labels));
        refuse("a segmenter's weights", segmenterWeights, all);
    }

    private static Map<String, Object> present(@Nullable Object... namesAndThings) {
        Map<String, Object> there = new LinkedHashMap<>();
        for (int i = 0; i < namesAndThings.length; i += 2) {
            Object thing = namesAndThings[i + 1];
            if (thing != null) {
                there.put(String.valueOf(namesAndThings[i]), thing);
            }
        }
        return there;
    }

    private static void refuse(String name, @Nullable Object given, Map<String, Object> idle) {
        if (given != null && !idle.isEmpty()) {
            throw new IllegalArgumentException(name + " are given, and " + String.join(", ", idle.keySet())
                    + ", which would not be read then; expected one without the other");
        }
    }

    /**
     * Reads a few files of each folder as the run will read them, and sees whether there is one for every image.
     *
     * @param share of images that may be left out
     * @param notes hears what is odd and not refused
     * @throws InvalidDataException naming the folder's fault, if too many files cannot be used
     */
    void check(Dataset train, double share, Consumer<String> notes) {
        CamGenerator generator = cams;
        if (generator != null) {
            InputCheck check = InputCheck.of(train, generator);
            if (generator instanceof ScoreFolder folder) {
                check.orElse(
                        "their keys are labels, which begin with the background, and not tags",
                        new KeyedByLabel(folder.folder()));
            }
            check.requireAtMost(share, "CAMs");
        }
        Source<ScoreMaps> la = strong;
        Source<ScoreMaps> ha = weak;
        if (la != null && ha != null) {
            Source<ConfidentChannel.Scores> both = ConfidentChannel.source(la, ha);
            Confidence confidence = new Confidence();
            InputCheck.of(train, both::missing, sample -> confidence.add(both.get(sample)))
                    .orElse("la and ha are the wrong way round", ConfidentChannel.source(ha, la))
                    .requireAtMost(share, "scores of CRFs (la and ha)");
            confidence.require();
        } else if (la != null) {
            InputCheck.of(train, la).requireAtMost(share, "scores of a CRF (la)");
        } else if (ha != null) {
            InputCheck.of(train, ha).requireAtMost(share, "scores of a CRF (ha)");
        }
        Source<SaliencyMap> maps = saliency;
        if (maps != null) {
            Brightness brightness = new Brightness();
            InputCheck.of(train, maps::missing, sample -> brightness.add(maps.get(sample)))
                    .requireAtMost(share, "saliency maps");
            brightness.require();
        }
        Source<LabelMap> masks = labels;
        if (masks != null) {
            Agreement agreement = new Agreement();
            InputCheck.of(train, masks::missing, sample -> agreement.add(sample, masks.get(sample)))
                    .requireAtMost(share, "pseudo masks");
            agreement.require(notes);
        }
    }

    /** CAM dicts whose keys would be right, if they were labels. */
    private record KeyedByLabel(Path folder) implements Source<List<Integer>> {
        @Override
        public List<Integer> get(Sample sample) {
            List<Integer> keys = List.copyOf(
                    ObjectNpy.readCamDict(folder.resolve(sample.id() + ".npy")).keySet());
            if (!keys.equals(Arrays.stream(sample.tags().labels()).boxed().toList())) {
                throw new InvalidDataException("the keys " + keys + " are no labels of " + sample.tags());
            }
            return keys;
        }
    }

    /** Whether any saliency map shows anything; one may well be black. */
    private static final class Brightness {
        private int lookedAt;
        private boolean light;

        void add(SaliencyMap map) {
            lookedAt++;
            for (float value : map.values()) {
                light |= value > 0;
            }
        }

        void require() {
            if (lookedAt > 0 && !light) {
                throw new InvalidDataException("saliency maps: all " + lookedAt
                        + " looked at are black; expected some in which something is salient");
            }
        }
    }

    /** How many pixels a pair of scores is sure of. */
    private static final class Confidence {
        private int lookedAt;
        private long sure;

        void add(ConfidentChannel.Scores scores) {
            try (scores) {
                lookedAt++;
                sure += ConfidentChannel.sure(scores);
            }
        }

        void require() {
            if (lookedAt > 0 && sure == 0) {
                throw new InvalidDataException("scores of CRFs (la and ha): in none of " + lookedAt
                        + " images looked at is a pixel that they are sure of, so that no affinity can be learnt; expected"
                        + " a class that wins over the strong background, or a weak background that wins");
            }
        }
    }

    /** How well masks and tags go together. */
    private static final class Agreement {
        private int tagged;
        private long foreground;
        private long ofTags;
        private int odd;
        private String example = "";

        void add(Sample sample, LabelMap mask) {
            ImageTags tags = sample.tags();
            if (tags.isEmpty()) {
                return;
            }
            tagged++;
            int[] counts = mask.histogram();
            for (int label = 1; label < tags.catalog().labelCount(); label++) {
                foreground += counts[label];
            }
            for (int label : tags.labels()) {
                ofTags += counts[label];
            }
            ImageTags shown = ImageTags.anyPixel(tags.catalog(), mask);
            if (!tags.names().containsAll(shown.names())) {
                odd++;
                example = example.isEmpty()
                        ? "'" + sample.id() + "' shows " + shown + " and has the tags " + tags
                        : example;
            }
        }

        /** Refuses masks that are of other images or classes, or of nothing: a segmenter learns them as well as any. */
        void require(Consumer<String> notes) {
            if (tagged > 0 && foreground == 0) {
                throw new InvalidDataException("pseudo masks: those of " + tagged
                        + " images looked at, all of which have tags, hold no pixel of any class, but only 0, the"
                        + " background, and " + LabelMap.IGNORE
                        + ", which does not count; expected the labels of the tags");
            }
            if (2 * ofTags < foreground) {
                throw new InvalidDataException("pseudo masks: " + 100 * ofTags / foreground
                        + " % of the pixels of classes, in " + tagged
                        + " images looked at, are of tags of their images: "
                        + example + "; expected masks of these images and classes");
            }
            if (odd > 0) {
                notes.accept("pseudo masks: " + odd + " of " + tagged
                        + " looked at show classes that are no tags of their images: " + example);
            }
        }
    }
}
