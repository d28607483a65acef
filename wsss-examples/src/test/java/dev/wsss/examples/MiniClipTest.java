package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.api.CamGenerator;
import dev.wsss.api.Dataset;
import dev.wsss.api.ImageTags;
import dev.wsss.api.LabelMap;
import dev.wsss.api.Sample;
import dev.wsss.core.label.ThresholdRule;
import dev.wsss.core.metrics.ConfusionMatrix;
import dev.wsss.core.metrics.IouConvention;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.datasets.ShapesDataset;
import dev.wsss.datasets.ShapesDataset.Scenery;
import dev.wsss.models.clip.Clip;
import dev.wsss.models.clip.ClipPreprocess;
import dev.wsss.models.clip.MiniClip;
import dev.wsss.models.clip.PromptTemplates;
import dev.wsss.models.maskclip.LabelGate;
import dev.wsss.models.maskclip.MaskClip;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The small CLIP of the library on scenes that it has not seen. */
class MiniClipTest {
    private final Clip clip = MiniClip.load();

    @AfterEach
    void close() {
        clip.close();
    }

    private static ShapesDataset scenes(Scenery scenery) {
        return ShapesDataset.builder()
                .setCount(40)
                .setSeed(77)
                .optScenery(scenery)
                .build();
    }

    /** Of a class drawn by lot, an image with it is closer to the class's name than one without, this often. */
    private double ranked(Dataset scenes) {
        List<String> names = scenes.classes().tagNames();
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Tensor classes = clip.zeroShot(names, PromptTemplates.PHOTO);
            List<float[]> scores = new ArrayList<>();
            List<ImageTags> tags = new ArrayList<>();
            for (int i = 0; i < scenes.size(); i++) {
                try (Scope inner = Scope.open()) {
                    Tensor image = ClipPreprocess.asItIs().apply(scenes.get(i).image());
                    tags.add(scenes.tags(i));
                    scores.add(Tensors.toFloats(clip.imageEmbeddings(image).matmul(classes.t())));
                }
            }
            long right = 0;
            long all = 0;
            for (int tag = 0; tag < names.size(); tag++) {
                for (int i = 0; i < scenes.size(); i++) {
                    for (int j = 0; j < scenes.size(); j++) {
                        if (tags.get(i).contains(tag) && !tags.get(j).contains(tag)) {
                            right += scores.get(i)[tag] > scores.get(j)[tag] ? 1 : 0;
                            all++;
                        }
                    }
                }
            }
            return (double) right / all;
        }
    }

    @Test
    void tellsWhatIsInAScene() {
        assertThat(ranked(scenes(Scenery.GROUND))).isGreaterThan(0.98);
        assertThat(ranked(scenes(Scenery.STREET_DETAIL))).isGreaterThan(0.85);
    }

    private double meanIou(ShapesDataset scenes, Function<MaskClip, Function<Sample, LabelMap>> labels) {
        ConfusionMatrix counts = new ConfusionMatrix(scenes.classes().labelCount());
        try (Scope scope = Scope.open();
                MaskClip maskClip = MaskClip.builder()
                        .setTower(clip.image())
                        .setTextEmbeddings(
                                Tensors.toHost(clip.zeroShot(scenes.classes().tagNames(), PromptTemplates.PHOTO)))
                        .optPreprocess(ClipPreprocess.asItIs())
                        .build()) {
            Function<Sample, LabelMap> label = labels.apply(maskClip);
            for (int i = 0; i < scenes.size(); i++) {
                counts.add(label.apply(scenes.get(i)), scenes.truth(i));
            }
        }
        return counts.meanIou(IouConvention.OCCURRING);
    }

    /** By chance it would be a tenth on the ground and less in a street; a plain CAM of scenes that it was trained on has 0.57. */
    @Test
    void tellsWhereThingsAre() {
        assertThat(meanIou(scenes(Scenery.GROUND), maskClip -> {
                    CamGenerator maps = maskClip.activations();
                    return sample -> ThresholdRule.of(0.4).label(sample, maps.generate(sample));
                }))
                .isGreaterThan(0.6);
        assertThat(meanIou(scenes(Scenery.STREET), maskClip -> maskClip.labeler(LabelGate.MINUS_INFINITY)::label))
                .isGreaterThan(0.2);
    }
}
