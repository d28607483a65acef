/**
 * Readers of datasets, a drawn one, and the augmentation of training images.
 *
 * <p>Every reader is a {@link dev.wsss.api.Dataset}: {@link dev.wsss.datasets.VocLayout} for PASCAL VOC and what is laid
 * out like it, whose augmented training set {@link dev.wsss.datasets.SbdRelease} makes, {@link dev.wsss.datasets.CocoDataset} for MS COCO in any program's layout, {@link
 * dev.wsss.datasets.CamVid}, {@link dev.wsss.datasets.TreeDataset} for Cityscapes, ADE20K, COCO-Stuff,
 * WildDash 2 and Pascal Context, and {@link dev.wsss.datasets.FolderDataset} for images of your own. {@link
 * dev.wsss.datasets.LabelSet} has the classes, colours and ids of the benchmarks.
 * {@link dev.wsss.datasets.ShapesDataset} draws scenes, so that everything can be tried without a download. {@link
 * dev.wsss.datasets.Datasets#open} chooses by a text such as {@code voc:VOCdevkit/VOC2012}.
 *
 * <p>{@link dev.wsss.datasets.CocoInstances} reads the annotation files of MS COCO: images, classes, tags, masks, and label
 * maps by any of the published {@linkplain dev.wsss.datasets.OverlapRule rules for overlaps}.
 * {@link dev.wsss.datasets.CocoMasks} writes these as label PNGs, and {@link dev.wsss.datasets.DatasetMasks} the masks of any
 * dataset with its labels for values.
 *
 * <p>{@link dev.wsss.datasets.DatasetCheck} looks at every sample of a dataset and tells what is wrong and what there is. {@link
 * dev.wsss.datasets.TagSource} says where tags come from, {@link dev.wsss.datasets.TagFile} keeps them, and {@link
 * dev.wsss.datasets.TagComparison} counts how two sources differ.
 *
 * <p>Opening a dataset reads its lists, tables and annotations, finds the files they name, and looks at some of its masks,
 * so that a wrong path, a shifted list of classes or masks of another coding show at once and not an hour later; what was
 * chosen, and what is not used, {@link dev.wsss.api.Dataset#notes} tell. Images and masks are decoded when asked for and
 * kept nowhere. Lists and tables come from outside: paths that lead out of the dataset's folder are refused, and every
 * error names file and line, what was found and what was expected.
 *
 * <p>Tags come from annotations or tables. Where a dataset has masks only (CamVid, Cityscapes), tags are derived from them once, on
 * opening; training code takes {@link dev.wsss.api.Dataset#tagsOnly()} and sees no mask.
 *
 * <p>Nothing here is native, and nothing knows a network.
 */
@NullMarked
package dev.wsss.datasets;

import org.jspecify.annotations.NullMarked;
