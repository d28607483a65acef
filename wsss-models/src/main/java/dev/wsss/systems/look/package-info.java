/**
 * What a classifier of ImageNet says of anybody's photographs, and where it looks: no data set, no training.
 *
 * <p>A {@link dev.wsss.systems.look.PhotoLook} makes a {@link dev.wsss.systems.look.Look} of a photograph: the likeliest
 * classes, their class activation maps, and labels with and without a dense CRF, beside a supervised segmenter's if there is
 * one. An {@link dev.wsss.systems.look.ImageNetTag} is a tag as a user says it, such as "sofa"; {@link
 * dev.wsss.systems.look.LookPage} shows looks on one page.
 */
@NullMarked
package dev.wsss.systems.look;

import org.jspecify.annotations.NullMarked;
