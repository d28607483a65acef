/**
 * Networks that learnt from images without labels: DINO (Caron et al., ICCV 2021) and DINOv2 (Oquab et al., TMLR 2024), and what
 * was built on them.
 *
 * <p>{@link dev.wsss.models.dino.DinoVit} is their vision transformer, of any {@linkplain dev.wsss.models.dino.DinoConfig
 * released shape}, and a {@link dev.wsss.models.backbone.Backbone} of one map. {@link dev.wsss.models.dino.CauseHead} and {@link
 * dev.wsss.models.dino.StegoHead} make codes of its map in which things of one kind are close; {@link
 * dev.wsss.models.dino.UnsupervisedFeatures} makes a feature map of an image by all of them. {@link
 * dev.wsss.models.dino.DinoCheckpoints} knows their files.
 *
 * <pre>{@code
 * try (DinoVit vit = DinoVit.load(Path.of("dinov2_vitb14_pretrain.pth"));
 *         CauseHead head = CauseHead.load(Path.of("CAUSE_VOC2012.pt"))) {
 *     Stage<FeatureMap> stage = Stages.features(UnsupervisedFeatures.builder()
 *                     .setBackbone(vit)
 *                     .optHead(head)
 *                     .build())
 *             .build();
 *     RunFolder.builder().setFolder(Path.of("out")).setData(photographs).build().make(stage);
 * }
 * FeatureSource made = FeatureFolder.of(Path.of("out/features"));   // in another run
 * }</pre>
 */
@NullMarked
package dev.wsss.models.dino;

import org.jspecify.annotations.NullMarked;
