package dev.wsss.models.vit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.wsss.core.nn.MultiHeadAttention;
import dev.wsss.core.nn.MultiHeadAttention.Projection;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Blocks, taps and position tables. */
class TransformerTest {
    private static final int WIDTH = 12;

    private static Transformer transformer(int layers) {
        Torch.seed(4);
        return new Transformer(
                "blocks",
                layers,
                i -> TransformerBlock.builder().setWidth(WIDTH).setHeads(3).build());
    }

    private static Tensor tokens() {
        float[] x = new float[2 * 5 * WIDTH];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) Math.sin(0.37 * i);
        }
        return Tensors.of(x, 2, 5, WIDTH);
    }

    private static void assertSame(Tensor a, Tensor b) {
        assertThat(Tensors.toFloats(a)).containsExactly(Tensors.toFloats(b), offset(1e-5f));
    }

    @Test
    void aBlockInStepsIsTheBlock() {
        try (Transformer net = transformer(1);
                Scope scope = Scope.open()) {
            TransformerBlock block = net.blocks().get(0);
            Tensor x = tokens();
            Tensor mask = MultiHeadAttention.causal(5, x);
            Tensor normalized = block.normalized(x);
            assertSame(block.forward(x, normalized, mask), block.forward(x, mask));
            TransformerBlock.Attended attended = block.attend(x, normalized, mask);
            assertSame(attended.output(), block.forward(x, mask));
            assertThat(Tensors.toFloats(attended.maps().select(2, 0).narrow(2, 1, 4)))
                    .containsOnly(0);
            assertThat(Tensors.toFloats(block.forward(x))).isNotEqualTo(Tensors.toFloats(block.forward(x, mask)));
        }
    }

    /** A token alone sees nothing but itself, so that its attention is the value path. */
    @Test
    void theValuePathIsABlockOfSingleTokens() {
        try (Transformer net = transformer(1);
                Scope scope = Scope.open()) {
            TransformerBlock block = net.blocks().get(0);
            Tensor x = tokens();
            Tensor alone = block.forward(x.reshape(10, 1, WIDTH)).reshape(2, 5, WIDTH);
            assertSame(block.valuePath(x), alone);
            MultiHeadAttention.Heads heads =
                    block.attention().heads(block.normalized(x), block.normalized(x), block.normalized(x));
            assertSame(block.projection(x, Projection.KEY), block.attention().join(heads.key()));
        }
    }

    @Test
    void tapsKeepWhatWasAskedForAndChangeNothing() {
        try (Transformer net = transformer(3);
                Scope scope = Scope.open()) {
            Tensor x = tokens();
            Trace trace = net.trace(
                    x,
                    null,
                    Taps.of(Tap.INPUT)
                            .and(Tap.OUTPUT)
                            .and(Tap.ATTENTION, -1)
                            .and(Tap.ATTENTION_HEADS, 2)
                            .and(Tap.VALUE, 0));
            assertSame(trace.tokens(), net.forward(x));
            assertThat(trace.all(Tap.INPUT)).hasSize(3);
            assertSame(trace.get(Tap.INPUT, 0), x);
            assertSame(trace.get(Tap.OUTPUT, 1), trace.get(Tap.INPUT, 2));
            assertSame(trace.get(Tap.OUTPUT, -1), trace.tokens());
            assertSame(trace.get(Tap.OUTPUT, 1), net.forward(x, null, 0, 2));
            assertSame(
                    trace.get(Tap.ATTENTION, 2),
                    trace.get(Tap.ATTENTION_HEADS, -1).mean(1));
            assertThat(Tensors.shape(trace.get(Tap.VALUE, 0))).containsExactly(2, 3, 5, 4);
            assertThat(trace.all(Tap.QUERY)).isEmpty();
            assertThatThrownBy(() -> trace.get(Tap.ATTENTION, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("ATTENTION of block 0 was not asked for");
            assertThatThrownBy(() -> net.trace(x, null, Taps.of(Tap.KEY, 3)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("there is no block 3 to tap for KEY, the transformer has 3");
        }
    }

    @Test
    void gradientsFlowThroughTaps() {
        try (Transformer net = transformer(2);
                Scope scope = Scope.open()) {
            Trace trace = net.trace(tokens(), null, Taps.of(Tap.ATTENTION_HEADS, 1));
            trace.get(Tap.ATTENTION_HEADS, 1).square().sum().backward();
            Tensor first = net.tensor("blocks.0.mlp.c_fc.weight").grad();
            assertThat(Tensors.item(first.abs().max())).isPositive();
        }
    }

    /** Values of PyTorch's bicubic interpolation, from the specification of CARB. */
    @Test
    void positionsAreResizedAsPyTorchDoes() {
        try (Scope scope = Scope.open()) {
            float[] rows = new float[197];
            for (int i = 0; i < 14; i++) {
                for (int j = 0; j < 14; j++) {
                    rows[1 + 14 * i + j] = 0.1f * i + j;
                }
            }
            rows[0] = 5;
            Tensor table = Tensors.of(rows, 197, 1);
            PatchGrid from = new PatchGrid(14, 14);
            PatchGrid to = new PatchGrid(32, 64);
            float[] bicubic = Tensors.toFloats(PositionResize.BICUBIC.resize(table, from, to));
            assertThat(bicubic[0]).isEqualTo(5);
            assertThat(bicubic[1]).isEqualTo(-0.11968746f, offset(2e-5f));
            assertThat(bicubic[2]).isEqualTo(-0.09929981f, offset(2e-5f));
            assertThat(bicubic[1 + 15 * 64 + 31]).isEqualTo(7.04920731f, offset(2e-5f));
            assertThat(bicubic[2048]).isEqualTo(14.41968746f, offset(2e-5f));

            PatchGrid moved = new PatchGrid(7, 28);
            assertThat(Tensors.toFloats(PositionResize.BICUBIC_BY_COUNT.resize(table, from, moved)))
                    .isEqualTo(rows);
            assertThat(Tensors.toFloats(PositionResize.BICUBIC.resize(table, from, moved)))
                    .isNotEqualTo(rows);
            assertThat(Tensors.toFloats(PositionResize.BILINEAR.resize(table, from, from)))
                    .isEqualTo(rows);
            assertThat(Tensors.toFloats(PositionResize.BILINEAR_FP16.resize(table, from, from))[2 + 14])
                    .isEqualTo(1.0996094f);
            assertThatThrownBy(() -> PositionResize.NONE.resize(table, from, to))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "the position table is for 14x14 patches and is not to be resized, got an image of 32x64");
        }
    }

    @Test
    void imagesOfAnotherSizeThanPatchesMakeAreRefused() {
        assertThat(PatchGrid.of(512, 1024, 16)).isEqualTo(new PatchGrid(32, 64));
        assertThat(PatchGrid.padded(701, 350, 16)).isEqualTo(new PatchGrid(44, 22));
        assertThatThrownBy(() -> PatchGrid.of(500, 375, 16))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("multiples of the patch of 16 pixels, got 500x375");
        assertThatThrownBy(() -> PatchGrid.padded(15, 64, 16))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least one patch of 16x16 pixels, got 15x64");
    }

    @Test
    void requiredSettings() {
        assertThatThrownBy(() -> TransformerBlock.builder().setHeads(2).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setWidth is required, at least 1, got 0");
        assertThatThrownBy(() -> TransformerBlock.builder().setWidth(8).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("setHeads is required, at least 1, got 0");
    }
}
