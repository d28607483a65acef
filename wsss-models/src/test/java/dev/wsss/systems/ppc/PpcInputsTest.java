package dev.wsss.systems.ppc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.RgbImage;
import dev.wsss.api.SaliencyMap;
import dev.wsss.api.Sample;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.ObjectNpy;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.pipeline.LabelFolder;
import dev.wsss.core.pipeline.ProductCodec;
import dev.wsss.core.pipeline.RunListener;
import dev.wsss.core.pipeline.ScoreFolder;
import dev.wsss.core.saliency.SaliencyFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What other programs made is looked at before anything is trained. */
class PpcInputsTest {
    private static final int SIDE = 4;
    private static final ClassCatalog CLASSES = ClassCatalog.withBackground(List.of("cat", "dog", "cow"));

    /** Grey images a0, a1, ... of cats, dogs, cows in turn. */
    private record Greys(int size) implements Dataset {
        @Override
        public String name() {
            return "greys";
        }

        @Override
        public ClassCatalog classes() {
            return CLASSES;
        }

        @Override
        public String id(int index) {
            return "a" + index;
        }

        @Override
        public ImageTags tags(int index) {
            return ImageTags.of(CLASSES, index % 3);
        }

        @Override
        public Sample get(int index) {
            return new Sample(id(index), new RgbImage(SIDE, SIDE, new byte[3 * SIDE * SIDE]), tags(index));
        }

        @Override
        public boolean hasTruth() {
            return false;
        }

        @Override
        public LabelMap truth(int index) {
            throw new IllegalStateException();
        }
    }

    private static final Greys DATA = new Greys(8);

    private final Path tmp;
    private Path files;
    private final List<String> notes = new ArrayList<>();

    PpcInputsTest(@TempDir Path tmp) {
        this.tmp = tmp;
        files = tmp.resolve("files");
    }

    @BeforeEach
    void folder() throws Exception {
        Files.createDirectories(files);
    }

    private Ppc.Builder ppc() {
        return Ppc.builder()
                .setData(DATA)
                .setOut(tmp.resolve("out"))
                .optRecipe(PpcRecipe.small())
                .optListener(new RunListener() {
                    @Override
                    public void onNote(String text) {
                        notes.add(text);
                    }
                });
    }

    private AbstractThrowableAssert<?, ?> assertRefused(Ppc.Builder builder) {
        return assertThatThrownBy(builder::build)
                .satisfies(e -> assertThat(tmp.resolve("out/checkpoints")).doesNotExist());
    }

    private static HostArray map(double value) {
        float[] values = new float[SIDE * SIDE];
        Arrays.fill(values, (float) value);
        return HostArray.ofFloats(values, SIDE, SIDE);
    }

    private void cams(int shift, double score) {
        for (int i = 0; i < DATA.size(); i++) {
            ObjectNpy.writeCamDict(files.resolve("a" + i + ".npy"), Map.of(i % 3 + shift, map(score)));
        }
    }

    private ScoreFolder camFolder() {
        return new ScoreFolder(files, ProductCodec.camDicts(CLASSES));
    }

    private ScoreFolder probabilities(String name, double background) throws Exception {
        Path folder = Files.createDirectories(files.resolve(name));
        for (int i = 0; i < DATA.size(); i++) {
            Map<Integer, HostArray> dict = new TreeMap<>();
            dict.put(0, map(background));
            dict.put(i % 3 + 1, map(1 - background));
            ObjectNpy.writeCamDict(folder.resolve("a" + i + ".npy"), dict);
        }
        return new ScoreFolder(folder, ProductCodec.labelDicts(CLASSES));
    }

    private void masks(int shift, int background) {
        for (int i = 0; i < DATA.size(); i++) {
            byte[] labels = new byte[SIDE * SIDE];
            Arrays.fill(labels, (byte) background);
            labels[5] = (byte) ((i + shift) % 3 + 1);
            LabelPng.write(files.resolve("a" + i + ".png"), LabelMap.of(SIDE, SIDE, labels), CLASSES);
        }
    }

    private LabelFolder maskFolder() {
        return new LabelFolder(files, CLASSES);
    }

    @Test
    void whatFitsIsTaken() throws Exception {
        cams(0, 0.7);
        ppc().optCams(camFolder()).build().close();
        ppc().optStrongBackground(probabilities("la", 0.4))
                .optWeakBackground(probabilities("ha", 0.2))
                .build()
                .close();
        masks(0, 0);
        ppc().optLabels(maskFolder()).build().close();
        assertThat(notes).isEmpty();
    }

    @Test
    void aFolderThatIsNotThere() {
        Path nowhere = tmp.resolve("nowhere");
        assertRefused(ppc().optCams(new ScoreFolder(nowhere, ProductCodec.camDicts(CLASSES))))
                .hasMessageContaining(
                        "CAMs: 8 images of 8 cannot be used, more than 5 %: " + nowhere.resolve("a0.npy"));
        assertRefused(ppc().optLabels(new LabelFolder(nowhere, CLASSES)))
                .hasMessageContaining("pseudo masks: 8 images of 8")
                .hasMessageContaining(nowhere.resolve("a0.png") + ": no such file");
        assertRefused(ppc().optStrongBackground(new ScoreFolder(nowhere, ProductCodec.labelDicts(CLASSES))))
                .hasMessageContaining("scores of a CRF (la): 8 images of 8");
    }

    @Test
    void someFilesMayBeMissingWhereThatIsAllowed() throws Exception {
        cams(0, 0.7);
        Files.delete(files.resolve("a3.npy"));
        assertRefused(ppc().optCams(camFolder()))
                .hasMessageContaining("1 image of 8")
                .hasMessageContaining("a3.npy");
        assertThatCode(() ->
                        ppc().optCams(camFolder()).optMaxLeftOut(0.2).build().close())
                .doesNotThrowAnyException();
    }

    @Test
    void camsKeyedByLabelAreRecognisedAsAWhole() {
        cams(1, 0.7);
        assertRefused(ppc().optCams(camFolder()))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("CAMs: 8 images of 8")
                .hasMessageContaining("; their keys are labels, which begin with the background, and not tags;");
    }

    @Test
    void swappedProbabilitiesAreRecognisedAsAWhole() throws Exception {
        ScoreFolder la = probabilities("la", 0.9);
        ScoreFolder ha = probabilities("ha", 0.2);
        assertRefused(ppc().optStrongBackground(ha).optWeakBackground(la))
                .hasMessageContaining("scores of CRFs (la and ha): 8 images of 8")
                .hasMessageContaining("; la and ha are the wrong way round;");
    }

    @Test
    void masksWithAnotherValueAreNamedWithFileValueAndCount() {
        masks(0, 254);
        assertRefused(ppc().optLabels(maskFolder()))
                .hasMessageContaining(files.resolve("a0.png") + ": 15 pixels have the value 254; expected labels 0..3");
    }

    @Test
    void masksOfOtherClassesAreRecognisedAsAWholeAndSomeAreReported() {
        masks(1, 0);
        assertRefused(ppc().optLabels(maskFolder()))
                .hasMessageContaining(
                        "pseudo masks: 0 % of the pixels of classes, in 8 images looked at, are of tags of"
                                + " their images: 'a0' shows [dog] and has the tags [cat]");
        masks(0, 0);
        byte[] both = new byte[SIDE * SIDE];
        both[0] = 1;
        both[1] = 3;
        LabelPng.write(files.resolve("a0.png"), LabelMap.of(SIDE, SIDE, both), CLASSES);
        ppc().optLabels(maskFolder()).build().close();
        assertThat(notes)
                .containsExactly("pseudo masks: 1 of 8 looked at show classes that are no tags of their images: "
                        + "'a0' shows [cat, cow] and has the tags [cat]");
    }

    /** A segmenter would learn nothing from them, with a loss of 0. */
    @Test
    void masksOfNoClassAreNoMasks() {
        for (int value : new int[] {0, 255}) {
            byte[] labels = new byte[SIDE * SIDE];
            labels[3] = (byte) 255; // as drawing programs leave it
            Arrays.fill(labels, 4, 9, (byte) value);
            for (int i = 0; i < DATA.size(); i++) {
                LabelPng.write(files.resolve("a" + i + ".png"), LabelMap.of(SIDE, SIDE, labels), CLASSES);
            }
            assertRefused(ppc().optLabels(maskFolder()))
                    .hasMessageContaining(
                            "those of 8 images looked at, all of which have tags, hold no pixel of any class");
        }
    }

    @Test
    void scoresThatAreSureOfNothingTeachNoAffinity() throws Exception {
        // the background wins over every class where it is strong, and loses where it is weak
        assertRefused(ppc().optStrongBackground(probabilities("la", 0.9)).optWeakBackground(probabilities("ha", 0.2)))
                .hasMessageContaining("in none of 8 images looked at is a pixel that they are sure of");
    }

    @Test
    void whatLiesInThePlaceOfAStagesFolderIsToldBeforeTraining() throws Exception {
        Path foreign = Files.createDirectories(tmp.resolve("out/raw"));
        Files.writeString(foreign.resolve("notes.txt"), "mine");
        assertRefused(ppc()).hasMessageContaining(foreign + ": holds files but no stage.json");
        Files.delete(foreign.resolve("notes.txt"));
        Files.delete(foreign);
        Files.writeString(tmp.resolve("out/pseudo"), "a file");
        assertRefused(ppc()).hasMessageContaining(tmp.resolve("out/pseudo") + ": is a file; expected a stage's folder");
    }

    @Test
    void saliencyOfZeroAndOneOrOfNothing() {
        float[] ones = new float[SIDE * SIDE];
        Arrays.fill(ones, 1 / 255f);
        for (int i = 0; i < DATA.size(); i++) {
            SaliencyFolder.write(files, "a" + i, new SaliencyMap(SIDE, SIDE, ones));
        }
        SaliencyFolder folder = SaliencyFolder.builder().setFolder(files).build();
        assertRefused(ppc().optRecipe(PpcRecipe.small().withVariant(PpcVariant.EPS))
                        .optSaliency(folder))
                .hasMessageContaining("saliency maps: 8 images of 8")
                .hasMessageContaining("a0.png: has no level above 1");
        for (int i = 0; i < DATA.size(); i++) {
            SaliencyFolder.write(files, "a" + i, new SaliencyMap(SIDE, SIDE, new float[SIDE * SIDE]));
        }
        assertRefused(ppc().optRecipe(PpcRecipe.small().withVariant(PpcVariant.EPS))
                        .optSaliency(folder))
                .hasMessageContaining("saliency maps: all 8 looked at are black");
        assertRefused(ppc().optSaliency(folder)).hasMessageContaining("are for the variants of EPS, got SEAM_PPC");
    }

    @Test
    void weightsThatDoNotFitAreToldBeforeTraining() throws Exception {
        Path weights = files.resolve("w.safetensors");
        Safetensors.write(weights, Map.of("no.such.layer", HostArray.ofFloats(new float[1], 1)), Map.of());
        List<Ppc.Builder> all = List.of(
                ppc().optWeights(weights),
                ppc().optCamWeights(weights),
                ppc().optAffinityWeights(weights),
                ppc().optSegmenterWeights(weights));
        for (Ppc.Builder builder : all) {
            assertRefused(builder).hasMessageContaining(weights.toString()).hasMessageContaining("no.such.layer");
        }
        assertRefused(ppc().optAffinityWeights(files.resolve("nosuch.pth"))).hasMessageContaining("nosuch.pth");
    }

    @Test
    void whatWouldNotBeReadIsRefused() throws Exception {
        cams(0, 0.5);
        Path weights = files.resolve("w.safetensors");
        assertRefused(ppc().optCams(camFolder()).optCamWeights(weights))
                .hasMessage("CAMs are given, and a CAM network's weights, which would not be read then; expected one"
                        + " without the other");
        assertRefused(ppc().optAffinityWeights(weights).optStrongBackground(probabilities("la", 0.5)))
                .hasMessageContaining("an affinity network's weights are given, and scores of a CRF (la)");
        assertRefused(ppc().optLabels(maskFolder()).optCams(camFolder()))
                .hasMessageContaining("pseudo masks are given");
        assertRefused(ppc().optSegmenterWeights(weights).optLabels(maskFolder()))
                .hasMessageContaining("a segmenter's weights are given, and pseudo masks");
    }

    @Test
    void anEmptyFolderIsNoSuccess() {
        try (Ppc ppc = ppc().build()) {
            assertThatThrownBy(ppc::evaluate)
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("holds nothing to evaluate yet");
        }
    }
}
