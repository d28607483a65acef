package dev.wsss.models.dino;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.checkpoint.TensorSpec;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.dino.DinoConfig.Version;
import dev.wsss.models.vit.PatchGrid;
import dev.wsss.models.vit.PositionResize;
import dev.wsss.models.vit.Tap;
import dev.wsss.models.vit.Taps;
import dev.wsss.models.vit.Trace;
import dev.wsss.models.zoo.WeightZoo;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DINO's transformers beside their reference vectors. */
class DinoVitTest {
    private static final DinoConfig SMALL = new DinoConfig(Version.DINO_V2, 28, 7, 64, 2, 1, true, 2);

    private static Tensor images(int height, int width) {
        float[] x = new float[2 * 3 * height * width];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) Math.sin(0.31 * i);
        }
        return Tensors.of(x, 2, 3, height, width);
    }

    @Test
    void aFileTellsItsShapeAndGivesItsNetwork(@TempDir Path folder) {
        Torch.seed(5);
        try (DinoVit vit = new DinoVit(SMALL);
                Scope scope = Scope.open()) {
            Path file = folder.resolve("vit.pth");
            Weights.export(vit, file, DinoCheckpoints.DINO_V2);
            try (DinoVit again = DinoVit.load(file)) {
                assertThat(again.config()).isEqualTo(SMALL);
                assertThat(again.isTraining()).isFalse();
                assertThat(Tensors.toFloats(again.forward(images(14, 21))))
                        .isEqualTo(Tensors.toFloats(vit.forward(images(14, 21))));
            }
        }
    }

    @Test
    void everyReleasedShapeIsToldFromItsTensors() {
        for (String name : DinoConfig.names()) {
            DinoConfig config = DinoConfig.byName(name);
            assertThat(DinoConfig.of(specs(config))).as(name).isEqualTo(config);
        }
        assertThat(DinoConfig.names()).hasSize(12).contains("dino-b8", "dinov2-g14", "dinov2-s14-reg");
        assertThatThrownBy(() -> DinoConfig.byName("dinov3"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("no DINO is named 'dinov3'; there are [dino-s16,");
    }

    /** The tensors that a shape is told from, as the released files have them. */
    private static Map<String, TensorSpec> specs(DinoConfig c) {
        Map<String, TensorSpec> all = new LinkedHashMap<>();
        all.put("patch_embed.proj.weight", TensorSpec.of(DType.F32, new long[] {c.width(), 3, c.patch(), c.patch()}));
        all.put("pos_embed", TensorSpec.of(DType.F32, new long[] {1, 1L + c.grid() * c.grid(), c.width()}));
        for (int i = 0; i < c.layers(); i++) {
            all.put("blocks." + i + ".norm1.weight", TensorSpec.of(DType.F32, new long[] {c.width()}));
        }
        if (c.version() == Version.DINO_V2) {
            all.put("mask_token", TensorSpec.of(DType.F32, new long[] {1, c.width()}));
        }
        if (c.gated()) {
            all.put("blocks.0.mlp.w12.weight", TensorSpec.of(DType.F32, new long[] {8192, c.width()}));
        }
        if (c.registers() > 0) {
            all.put("register_tokens", TensorSpec.of(DType.F32, new long[] {1, c.registers(), c.width()}));
        }
        return all;
    }

    @Test
    void theZooNamesTheFamilies() {
        WeightZoo zoo = WeightZoo.builder().build();
        assertThat(CheckpointFamily.byName(zoo.entry("dino-vit-b8").family())).isSameAs(DinoCheckpoints.DINO);
        assertThat(CheckpointFamily.byName(zoo.entry("dinov2-vit-g14").family()))
                .isSameAs(DinoCheckpoints.DINO_V2);
    }

    @Test
    void aFileOfAnotherKindIsRefusedByName(@TempDir Path folder) {
        Path file = folder.resolve("other.safetensors");
        try (Scope scope = Scope.open()) {
            Safetensors.write(file, Map.of("conv1.weight", Tensors.toHost(Tensors.of(new float[4], 4))), Map.of());
        }
        assertThatThrownBy(() -> DinoVit.load(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessage(
                        file + ": there is no patch_embed.proj.weight, expected DINO's or DINOv2's vision transformer");
        assertThatThrownBy(() -> DinoConfig.of(specs(new DinoConfig(Version.DINO, 16, 8, 48, 1, 3, false, 0))))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("has a width of 48, from which the number of heads cannot be told");
    }

    @Test
    void imagesAreWholePatches() {
        try (DinoVit vit = new DinoVit(SMALL);
                Scope scope = Scope.open()) {
            assertThatThrownBy(() -> vit.forward(images(14, 20)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("multiples of the patch of 7 pixels, got 14x20");
            assertThat(vit.strides()).containsExactly(7);
            assertThat(vit.outChannels()).isEqualTo(64);
        }
    }

    @Test
    void tapsSeeTheSameTokens() {
        try (DinoVit vit = new DinoVit(SMALL);
                Scope scope = Scope.open()) {
            Tensor images = images(14, 21);
            Trace trace = vit.trace(images, Taps.of(Tap.ATTENTION, -1));
            assertThat(Tensors.toFloats(vit.normalized(trace.tokens())))
                    .containsExactly(Tensors.toFloats(vit.tokens(images)), offset(1e-5f));
            assertThat(Tensors.shape(trace.get(Tap.ATTENTION, -1))).containsExactly(2, 9, 9);
            assertThat(Tensors.shape(vit.embed(images))).containsExactly(2, 64);
        }
    }

    /** A gradient reaches every parameter but the token of masked patches, which nothing is masked by. */
    @Test
    void gradientsReachEveryPart() {
        Torch.seed(6);
        try (DinoVit vit = new DinoVit(SMALL);
                Scope scope = Scope.open()) {
            vit.forward(images(14, 21)).square().sum().backward();
            vit.parameters().forEach((name, t) -> {
                if (!name.equals("mask_token")) {
                    assertThat(Tensors.item(t.grad().abs().max())).as(name).isPositive();
                }
            });
        }
    }

    /** The offset moves what is sampled; without it a table of another size is another table. */
    @Test
    void theOffsetOfThePositionsMatters() {
        try (Scope scope = Scope.open()) {
            float[] rows = new float[1 + 37 * 37];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = (float) Math.sin(1.7 * i);
            }
            Tensor table = Tensors.of(rows, rows.length, 1);
            PatchGrid from = new PatchGrid(37, 37);
            PatchGrid to = new PatchGrid(27, 36);
            Tensor offset = PositionResize.BICUBIC_OFFSET.resize(table, from, to);
            Tensor plain = PositionResize.BICUBIC.resize(table, from, to);
            assertThat(Tensors.item(offset.sub(plain).abs().max())).isGreaterThan(1e-2);
            assertThat(PositionResize.BICUBIC_OFFSET.resize(table, from, from)).isSameAs(table);
            Tensor smooth = PositionResize.BICUBIC_ANTIALIAS.resize(table, from, new PatchGrid(5, 5));
            Tensor sharp = PositionResize.BICUBIC.resize(table, from, new PatchGrid(5, 5));
            assertThat(Tensors.item(smooth.narrow(0, 1, 25).abs().max()))
                    .isLessThan(Tensors.item(sharp.narrow(0, 1, 25).abs().max()));
        }
    }
}
