/**
 * CLIP: images and texts as vectors of one space (Radford et al., ICML 2021).
 *
 * <p>{@link dev.wsss.models.clip.Clip} is the whole, read from a file of OpenAI's or Hugging Face's by {@link
 * dev.wsss.models.clip.Clip#load(java.nio.file.Path)}: an {@link dev.wsss.models.clip.ImageTower}, which is a {@link
 * dev.wsss.models.clip.ClipVit} or a {@link dev.wsss.models.clip.ClipResNet}, a {@link dev.wsss.models.clip.TextTower}, and the
 * {@link dev.wsss.models.clip.ClipTokenizer} that makes numbers of texts. {@link dev.wsss.models.clip.PromptTemplates} and {@link
 * dev.wsss.models.clip.ClassPrompts} are the lists that published systems turn into the vectors of classes; {@link
 * dev.wsss.models.clip.ClipPreprocess} makes an image what a tower takes.
 *
 * <p>For dense prediction a tower gives an embedding for each place of an image, {@link
 * dev.wsss.models.clip.ImageTower#dense}; a vision transformer can be looked into by {@link dev.wsss.models.vit.Taps}.
 */
@NullMarked
package dev.wsss.models.clip;

import org.jspecify.annotations.NullMarked;
