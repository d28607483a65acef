/**
 * MaskCLIP: pixel labels out of CLIP, without training (Zhou et al., ECCV 2022).
 *
 * <p>{@link dev.wsss.models.maskclip.MaskClip} compares the dense embeddings of a CLIP {@linkplain
 * dev.wsss.models.clip.ImageTower tower} with {@linkplain dev.wsss.models.maskclip.TextEmbeddings text embeddings} of classes,
 * and gives scores and labels: of tensors, for training steps, and of samples, for the stages of a run. A {@link
 * dev.wsss.models.maskclip.LabelGate} keeps classes out that an image does not have. A {@link
 * dev.wsss.models.maskclip.TextClassifier} is the same comparison as the last layer of a network that is trained.
 *
 * <p>It stands beside CLIP and not in its package, as it is one use of it among others, and knows nothing of how a tower works.
 */
@NullMarked
package dev.wsss.models.maskclip;

import org.jspecify.annotations.NullMarked;
