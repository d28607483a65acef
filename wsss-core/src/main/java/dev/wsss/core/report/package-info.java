/**
 * What a run did, as one HTML file to look at, and pictures of scores and labels.
 *
 * <p>A {@link dev.wsss.core.report.Report} takes plain data, whoever computed it: mIoU by stage, IoU by class, a
 * confusion matrix, {@link dev.wsss.core.report.Curve curves}, {@link dev.wsss.core.report.Strip strips} of images, a
 * {@link dev.wsss.api.RunManifest}. Sections without data are left out. The file needs nothing beside itself and runs no
 * script; names and messages from outside are escaped, and a content security policy forbids what escaping might miss.
 * Equal data give equal bytes.
 *
 * <p>{@link dev.wsss.core.report.RunReport} measures a run and writes its page; {@link
 * dev.wsss.core.report.FolderEvaluation} measures the files of any folder; a {@link
 * dev.wsss.core.report.Submission} hands in the labels of a test set, whose truth a benchmark keeps.
 *
 * <p>{@link dev.wsss.core.report.Overlay} blends score maps, through a {@link dev.wsss.core.report.ColourMap}, and label
 * maps over photographs.
 */
@NullMarked
package dev.wsss.core.report;

import org.jspecify.annotations.NullMarked;
