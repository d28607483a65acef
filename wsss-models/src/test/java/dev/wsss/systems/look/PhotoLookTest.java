package dev.wsss.systems.look;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Segmenter;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.Ops;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.backbone.FeaturePyramid;
import dev.wsss.models.cam.Classifier;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A network that sees red as a golden retriever and, less so, blue as a studio couch. */
class PhotoLookTest {
    private static final int RETRIEVER = 207;
    private static final int COUCH = 831;
    private static final int HEIGHT = 30;
    private static final int WIDTH = 60;

    private final Classifier classifier = classifier(1000);

    @AfterEach
    void close() {
        classifier.close();
    }

    /** The colours of each 8x8 pixels. */
    private static final class Colours extends Backbone {
        @Override
        public FeaturePyramid features(Tensor images) {
            return FeaturePyramid.of(strides(), Ops.maxPool(images, 8, 8, 0, true));
        }

        @Override
        public int[] channels() {
            return new int[] {3};
        }

        @Override
        public int[] strides() {
            return new int[] {8};
        }
    }

    static Classifier classifier(int outputs) {
        Classifier network = new Classifier(new Colours(), outputs, true);
        float[] weight = new float[3 * outputs];
        int first = outputs == 1001 ? 1 : 0;
        if (outputs >= 1000) {
            weight[3 * (first + RETRIEVER)] = 20;
            weight[3 * (first + COUCH) + 2] = 18;
        }
        network.load(Map.of(
                "classifier.weight", HostArray.ofFloats(weight, outputs, 3, 1, 1),
                "classifier.bias", HostArray.ofFloats(new float[outputs], outputs)));
        return network;
    }

    /** Red on the left, blue on the right. */
    static RgbImage photo(int height, int width) {
        byte[] data = new byte[3 * height * width];
        for (int i = 0; i < height * width; i++) {
            data[3 * i + (i % width < width / 2 ? 0 : 2)] = (byte) 255;
        }
        return new RgbImage(height, width, data);
    }

    private PhotoLook.Builder builder() {
        return builder(classifier);
    }

    static PhotoLook.Builder builder(Classifier network) {
        return PhotoLook.builder().setClassifier(network).optNormalize(Normalize.of(new double[3], new double[] {1, 1, 1
        }));
    }

    private static void assertHalves(LabelMap labels, int left, int right) {
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                // the border is as wide as a cell of the network, 8 of 448 pixels for 30
                if (Math.abs(x - WIDTH / 2) > 2) {
                    assertThat(labels.get(y, x)).as("row %d, column %d", y, x).isEqualTo(x < WIDTH / 2 ? left : right);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 1001})
    void theLikeliestClassIsFoundWhereItIs(int outputs) {
        try (Classifier network = classifier(outputs)) {
            Look look = builder(network).build().look(photo(HEIGHT, WIDTH));
            assertThat(look.likeliest()).hasSize(5);
            assertThat(look.likeliest().get(0).name()).isEqualTo("golden retriever");
            assertThat(look.likeliest().get(1).name()).isEqualTo("studio couch");
            double p = look.likeliest().get(0).probability();
            // half of the cells at 20 and at 18: logits 10 and 9 over 998 or 999 of zero; cells on the border see both
            assertThat(p).isCloseTo(0.705, within(0.02));
            assertThat(look.classes().labelNames()).containsExactly("background", "golden retriever");
            assertThat(look.shown()).containsExactly(look.likeliest().get(0));
            assertHalves(look.raw(), 1, 0);
            assertThat(look.refined()).isNull();
            assertThat(look.supervised()).isNull();
        }
    }

    @Test
    void severalOfTheLikeliestHaveMaps() {
        Look look = builder().optTop(2).optListed(1).build().look(photo(HEIGHT, WIDTH));
        assertThat(look.likeliest()).hasSize(2);
        assertThat(look.scores().labels()).containsExactly(1, 2);
        assertHalves(look.raw(), 1, 2);
    }

    @Test
    void tagsMeanTheLikeliestOfTheirClasses() {
        Look look = builder()
                .build()
                .look(
                        photo(HEIGHT, WIDTH),
                        List.of(ImageNetTag.of("sofa"), ImageNetTag.of("dog"), ImageNetTag.of("cat")));
        assertThat(look.classes().tagNames()).containsExactly("sofa", "dog", "cat");
        assertThat(look.shown()).extracting(LikelyClass::index).startsWith(COUCH, RETRIEVER);
        assertHalves(look.raw(), 2, 1);
    }

    @Test
    void theCrfFollowsTheColours() {
        try (DenseCrf crf = DenseCrf.psa(1).build()) {
            Look look = builder().optCrf(crf).build().look(photo(HEIGHT, WIDTH));
            LabelMap refined = Objects.requireNonNull(look.refined());
            for (int x = 0; x < WIDTH; x++) {
                assertThat(refined.get(HEIGHT / 2, x)).isEqualTo(x < WIDTH / 2 ? 1 : 0);
            }
        }
    }

    /** Labels the left half, at whatever size it is shown the image. */
    static Segmenter left(int label) {
        return image -> {
            byte[] labels = new byte[image.getHeight() * image.getWidth()];
            for (int i = 0; i < labels.length; i++) {
                labels[i] = (byte) (i % image.getWidth() < image.getWidth() / 2 ? label : 0);
            }
            return LabelMap.wrap(image.getHeight(), image.getWidth(), labels);
        };
    }

    @Test
    void aSegmenterIsComparedByClassOrAsForeground() {
        ClassCatalog dogs = ClassCatalog.withBackground(List.of("person", "dog"));
        RgbImage photo = photo(HEIGHT, WIDTH);
        List<Agreement> found = Objects.requireNonNull(builder()
                        .optSegmenter(left(2), dogs, 90)
                        .build()
                        .look(photo)
                        .supervised())
                .agreements();
        assertThat(found).singleElement().satisfies(dog -> {
            assertThat(dog.of()).isEqualTo("dog");
            assertThat(dog.raw()).isGreaterThan(0.93);
            assertThat(dog.refined()).isNaN();
        });
        List<Agreement> other = Objects.requireNonNull(builder()
                        .optSegmenter(left(1), dogs, 90)
                        .build()
                        .look(photo)
                        .supervised())
                .agreements();
        assertThat(other).containsExactly(new Agreement("dog", 0, Double.NaN));
        ClassCatalog people = ClassCatalog.withBackground(List.of("person"));
        Look.Supervised all = Objects.requireNonNull(
                builder().optSegmenter(left(1), people, 90).build().look(photo).supervised());
        assertThat(all.labels().height()).isEqualTo(HEIGHT);
        assertThat(all.agreements()).singleElement().satisfies(each -> assertThat(each.of())
                .isEqualTo("foreground"));
        Look.Supervised nothing = Objects.requireNonNull(
                builder().optSegmenter(left(0), people, 90).build().look(photo).supervised());
        assertThat(nothing.agreements()).isEmpty();
        ClassCatalog scenes = ClassCatalog.withoutBackground(List.of("road", "sky"));
        Look.Supervised everywhere = Objects.requireNonNull(
                builder().optSegmenter(left(1), scenes, 90).build().look(photo).supervised());
        assertThat(everywhere.agreements()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 20000", "20000, 3", "2, 2", "50, 1000"})
    void photographsOfAnyShapeAreLookedAt(int height, int width) {
        try (DenseCrf crf = DenseCrf.psa(1).build()) {
            PhotoLook look = builder().optScales(0.1, 2).optCrf(crf).build();
            Look found = look.look(photo(height, width));
            assertThat(found.image().height()).isEqualTo(height);
            assertThat(found.image().width()).isEqualTo(width);
            assertThat(found.raw().height()).isEqualTo(height);
            assertThat(found.scores().width()).isEqualTo(width);
        }
    }

    @Test
    void largePhotographsAreReduced() {
        Look look = builder().optMaxPixels(450).build().look(photo(HEIGHT, WIDTH));
        assertThat(look.image()).returns(15, RgbImage::height).returns(30, RgbImage::width);
        assertThat(look.raw().width()).isEqualTo(30);
        Look thin = builder().optMaxPixels(10).build().look(photo(1, 5000));
        assertThat(thin.image()).returns(1, RgbImage::height).returns(10, RgbImage::width);
    }

    @Test
    void argumentsAreChecked() {
        assertThatThrownBy(() -> PhotoLook.builder().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setClassifier is required");
        assertThatThrownBy(() -> builder().optScales(1, 0)).hasMessageContaining("[1.0, 0.0]");
        assertThatThrownBy(() -> builder().optScales()).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder().optTop(0)).hasMessageContaining("got 0");
        assertThatThrownBy(() -> builder().optListed(1001)).hasMessageContaining("got 1001");
        assertThatThrownBy(() -> builder().optBackground(1)).hasMessageContaining("got 1.0");
        assertThatThrownBy(() -> builder().optMaxPixels(0)).hasMessageContaining("got 0");
        RgbImage photo = photo(2, 2);
        PhotoLook look = builder().build();
        assertThatThrownBy(() -> look.look(photo, List.of())).isInstanceOf(IllegalArgumentException.class);
        ImageNetTag dog = ImageNetTag.of("dog");
        assertThatThrownBy(() -> look.look(photo, List.of(dog, dog))).hasMessageContaining("'dog' stands twice");
        try (Classifier five = classifier(5)) {
            PhotoLook wrong = builder(five).build();
            assertThatThrownBy(() -> wrong.look(photo))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("1000 or 1001 outputs, got 5");
        }
    }
}
