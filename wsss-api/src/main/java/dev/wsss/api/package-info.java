/**
 * The nouns and verbs of weakly supervised semantic segmentation, free of native code.
 *
 * <p>A {@link dev.wsss.api.Dataset} yields {@link dev.wsss.api.Sample}s: an image with its {@link
 * dev.wsss.api.ImageTags}. A {@link dev.wsss.api.CamGenerator} turns a sample into {@link dev.wsss.api.ScoreMaps}, one
 * map for each class that is present; {@link dev.wsss.api.ScoreRefiner}s (random walk, dense CRF) turn score maps into
 * better ones; a {@link dev.wsss.api.LabelRule} decides, pixel by pixel, and gives a {@link dev.wsss.api.LabelMap}. The
 * three in a row are a {@link dev.wsss.api.PseudoLabeler}. A network trained on its output is a {@link
 * dev.wsss.api.Segmenter}.
 *
 * <p>Beside tags, systems draw on what knows no class: the {@link dev.wsss.api.SaliencyMap} of a {@link
 * dev.wsss.api.SaliencySource}, the {@link dev.wsss.api.MaskProposals} of a {@link dev.wsss.api.MaskSource}, each an {@link
 * dev.wsss.api.RleMask} with its scores, and the {@link dev.wsss.api.FeatureMap} of a {@link dev.wsss.api.FeatureSource}.
 *
 * <p>Datasets, verbs, networks and losses are {@link dev.wsss.api.Described}: they say what they are made of, by which a run
 * knows whether a product on disk is what it would make. A {@link dev.wsss.api.Source} gives something for each sample.
 *
 * <h2>Tags and labels</h2>
 *
 * <p>Two numberings meet here and the {@link dev.wsss.api.ClassCatalog} owns both. A <em>tag</em> numbers the classes
 * that an image can be tagged with, from 0. A <em>label</em> is the value of a pixel in a mask. Where a dataset has a
 * background (VOC, COCO) the label of tag {@code k} is {@code k + 1} and label 0 is the background; where it has none
 * (Cityscapes, CamVid) the two are equal. Score maps and label maps speak of labels only, so an argmax over score maps
 * needs no translation.
 *
 * <h2>Ground truth</h2>
 *
 * <p>Training from tags must not see a mask. {@link dev.wsss.api.Dataset#tagsOnly()} gives a view that throws {@link
 * dev.wsss.api.GroundTruthAccessException} when a mask is asked for; pipelines take such a view everywhere but in
 * evaluation.
 */
@NullMarked
package dev.wsss.api;

import org.jspecify.annotations.NullMarked;
