package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.wsss.api.RgbImage;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.clip.Clip;
import dev.wsss.models.clip.ClipConfig;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The example of CLIP, on a network that knows nothing. */
class EmbedClipTest {
    private static final ClipConfig SMALL =
            new ClipConfig(new ClipConfig.Vit(32, 8, 64, 1, 1), new ClipConfig.Text(77, 49408, 64, 1, 1), 16);

    @Test
    void eachWordHasAProbability() {
        Torch.seed(1);
        try (Clip clip = Clip.builder().setConfig(SMALL).build()) {
            Map<String, Float> likely =
                    EmbedClip.classify(clip, new RgbImage(40, 50, new byte[6000]), List.of("cat", "dog", "bus"));
            assertThat(likely.keySet()).containsExactly("cat", "dog", "bus");
            assertThat(likely.values().stream().mapToDouble(p -> p).sum()).isEqualTo(1, offset(1e-5));
        }
    }

    @Test
    void argumentsAreAskedFor() {
        assertThatThrownBy(() -> EmbedClip.main(new String[] {"clip.pt", "photo.jpg"}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("expected a checkpoint, a photograph and words, got 2 arguments");
    }
}
