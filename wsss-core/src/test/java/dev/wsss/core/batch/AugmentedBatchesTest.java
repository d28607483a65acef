package dev.wsss.core.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.FeatureMap;
import dev.wsss.api.LabelMap;
import dev.wsss.api.Sample;
import dev.wsss.core.augment.Augmentation;
import dev.wsss.core.augment.ColourOperation;
import dev.wsss.core.augment.Crop;
import dev.wsss.core.augment.RandomColour;
import dev.wsss.core.augment.RandomCrop;
import dev.wsss.core.augment.RandomRotation;
import dev.wsss.core.augment.ViewGeometry;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** What the augmentations of views mean for the tensors of a batch. */
class AugmentedBatchesTest {
    private static final PlaceData DATA = new PlaceData(4, 48, 56);
    private static final int STRIDE = 4;

    /** Each cell's row and column, in pixels. */
    private static FeatureMap places(Sample sample) {
        int rows = sample.image().height() / STRIDE;
        int columns = sample.image().width() / STRIDE;
        float[] values = new float[2 * rows * columns];
        for (int i = 0; i < rows * columns; i++) {
            values[i] = (i / columns + 0.5f) * STRIDE;
            values[rows * columns + i] = (i % columns + 0.5f) * STRIDE;
        }
        return FeatureMap.builder()
                .setGrid(2, rows, columns)
                .setImageSize(sample.image().height(), sample.image().width())
                .setFloats(values)
                .build();
    }

    @Test
    void labelsAndFeaturesTurnWithTheImage() {
        Channel<FeatureMap, FeatureBatch> features = Channel.features("places", STRIDE);
        Channel<LabelMap, Tensor> rows = Channel.labels("rows");
        ImageBatches batches = ImageBatches.builder()
                .setData(DATA)
                .setBatchSize(4)
                .optAugmentation(Augmentation.of(new RandomCrop(40, 40), new RandomRotation(20, 50)))
                .optChannel(features, AugmentedBatchesTest::places)
                .optChannel(rows, PlaceData::rows)
                .build();
        try (Scope scope = Scope.open();
                Batch batch = batches.load(1, 0, 0)) {
            FeatureBatch places = batch.get(features);
            float[] values = Tensors.toFloats(places.values());
            byte[] valid = Tensors.toBytes(places.valid().to(torch.ScalarType.Byte));
            long[] labels = Tensors.toLongs(batch.get(rows));
            int seen = 0;
            for (int n = 0; n < 4; n++) {
                ViewGeometry g = batch.view().geometry(n);
                for (int cell = 0; cell < 100; cell++) {
                    double y = (cell / 10 + 0.5) * STRIDE;
                    double x = (cell % 10 + 0.5) * STRIDE;
                    ViewGeometry.Position p = g.source(y, x);
                    boolean inside = p.y() >= 0 && p.x() >= 0 && p.y() < 48 && p.x() < 56;
                    assertThat(valid[n * 100 + cell]).isEqualTo((byte) (inside ? 1 : 0));
                    if (!inside) {
                        continue;
                    }
                    seen++;
                    // between the middles of cells, a ramp is itself
                    assertThat((double) values[n * 200 + cell])
                            .isCloseTo(Math.min(46, Math.max(2, p.y())), within(1e-3));
                    assertThat((double) values[n * 200 + 100 + cell])
                            .isCloseTo(Math.min(54, Math.max(2, p.x())), within(1e-3));
                    long label = labels[n * 1600 + (int) y * 40 + (int) x];
                    if (label != LabelMap.IGNORE) {
                        assertThat((double) label + 0.5).isCloseTo(p.y(), within(1.5));
                    }
                }
            }
            assertThat(seen).isGreaterThan(200);
        }
    }

    /** A view of 40 pixels in cells of 14: three cells of 40 / 3 pixels, not two and a rest. */
    @Test
    void evenCellsDivideTheView() {
        Channel<FeatureMap, FeatureBatch> features = Channel.evenFeatures("places", 14);
        ImageBatches batches = ImageBatches.builder()
                .setData(DATA)
                .setBatchSize(4)
                .optAugmentation(Augmentation.of(new RandomCrop(40, 40)))
                .optChannel(features, AugmentedBatchesTest::places)
                .build();
        try (Scope scope = Scope.open();
                Batch batch = batches.load(1, 0, 0)) {
            Tensor places = batch.get(features).values();
            assertThat(Tensors.shape(places)).containsExactly(4, 2, 3, 3);
            float[] values = Tensors.toFloats(places);
            for (int n = 0; n < 4; n++) {
                for (int cell = 0; cell < 9; cell++) {
                    ViewGeometry.Position p =
                            batch.view().geometry(n).source((cell / 3 + 0.5) * 40 / 3, (cell % 3 + 0.5) * 40 / 3);
                    assertThat((double) values[n * 18 + cell]).isCloseTo(p.y(), within(1e-3));
                    assertThat((double) values[n * 18 + 9 + cell]).isCloseTo(p.x(), within(1e-3));
                }
            }
        }
        assertThat(features).isNotEqualTo(Channel.features("places", 14));
    }

    @Test
    void aTurnedPatchIsNotTakenFromItsParentsMaps() {
        ImageBatches batches = ImageBatches.builder()
                .setData(DATA)
                .setBatchSize(2)
                .optView(ViewSpec.builder()
                        .setName("turned")
                        .setAugmentation(Augmentation.of(new RandomRotation(10, 10)))
                        .build())
                .build();
        try (Scope scope = Scope.open();
                Batch batch = batches.load(1, 0, 0)) {
            View turned = batch.view("turned");
            assertThatIllegalStateException()
                    .isThrownBy(() -> turned.fromParent(batch.images(), 48, 56))
                    .withMessageStartingWith("a view that is turned by 10.0 degrees");
        }
    }

    /** A strong view is made of the weak one's pixels, its padding included, which is mean colour there. */
    @Test
    void paddingIsZeroInItsOwnViewAndAColourInAViewOfThat() {
        ImageBatches batches = ImageBatches.builder()
                .setData(DATA)
                .setBatchSize(1)
                .optAugmentation(Augmentation.of(Crop.topLeft(50, 60)))
                .optView(ViewSpec.builder()
                        .setName("strong")
                        .setAugmentation(Augmentation.of(RandomColour.of(ColourOperation.INVERT)))
                        .build())
                .build();
        try (Scope scope = Scope.open();
                Batch batch = batches.load(1, 0, 0)) {
            float[] weak = Tensors.toFloats(batch.images());
            float[] strong = Tensors.toFloats(batch.view("strong").images());
            int corner = 50 * 60 - 1;
            assertThat(weak[corner]).isZero();
            assertThat(strong[corner]).isCloseTo(((255 - 0x7C) / 255f - 0.485f) / 0.229f, within(1e-5f));
            assertThat(weak[0]).isCloseTo(-0.485f / 0.229f, within(1e-5f));
        }
    }

    @Test
    void aCapOfLabelsAsksForAChannelOfLabels() {
        ImageBatches.Builder batches = ImageBatches.builder()
                .setData(DATA)
                .setBatchSize(2)
                .optAugmentation(Augmentation.of(new RandomCrop(20, 20, RandomCrop.SmallImage.STAYS, 0.75)));
        assertThatIllegalStateException()
                .isThrownBy(() -> batches.build().load(1, 0, 0))
                .withMessageContaining("needs labels");
        batches.optChannel(Channel.LABELS, PlaceData::square);
        int mixed = 0;
        ImageBatches capped = batches.build();
        for (int epoch = 0; epoch < 10; epoch++) {
            try (Batch batch = capped.load(1, epoch, 0)) {
                long[] labels = Tensors.toLongs(batch.labels());
                for (int n = 0; n < 2; n++) {
                    long ones = 0;
                    for (int i = 0; i < 400; i++) {
                        ones += labels[n * 400 + i];
                    }
                    mixed += ones > 100 && ones < 300 ? 1 : 0;
                }
            }
        }
        assertThat(mixed).isEqualTo(20);
    }
}
