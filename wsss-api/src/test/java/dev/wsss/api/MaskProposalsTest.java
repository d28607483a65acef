package dev.wsss.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MaskProposalsTest {
    private static final RleMask PIXELS = RleMask.ofCounts(2, 2, 1, 3);

    private static MaskProposals.Mask mask(float score, float stability, int level) {
        return new MaskProposals.Mask(PIXELS, score, stability, level);
    }

    @Test
    void masksAreOfTheImagesSize() {
        List<MaskProposals.Mask> masks = new ArrayList<>(List.of(mask(1.02f, 0.95f, 2)));
        MaskProposals proposals = new MaskProposals(2, 2, masks);
        masks.clear();
        assertThat(proposals.masks().get(0).area()).isEqualTo(3);
        assertThat(proposals.masks().get(0).box()).isEqualTo(new PixelBox(0, 0, 2, 2));
        assertThat(proposals).isEqualTo(new MaskProposals(2, 2, List.of(mask(1.02f, 0.95f, 2))));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MaskProposals(1, 4, proposals.masks()))
                .withMessageContainingAll("mask 0", "2x2", "1x4");
        assertThatIllegalArgumentException().isThrownBy(() -> new MaskProposals(0, 3, List.of()));
    }

    @Test
    void measuresAreChecked() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> mask(Float.NaN, 1, 0))
                .withMessageContaining("score is NaN");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> mask(1, 1.1f, 0))
                .withMessageContaining("stability is 1.1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> mask(1, Float.NaN, 0))
                .withMessageContaining("stability is NaN");
        assertThatIllegalArgumentException().isThrownBy(() -> mask(1, 1, -1)).withMessageContaining("level is -1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PixelBox(0, 0, -1, 2))
                .withMessageContaining("width -1");
    }
}
