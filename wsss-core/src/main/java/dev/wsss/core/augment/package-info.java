/**
 * Random changes to training images.
 *
 * <p>An {@link dev.wsss.core.augment.Augmentation} is a list of {@link dev.wsss.core.augment.Transform}s. For each image
 * they draw a {@link dev.wsss.core.augment.ViewGeometry}, by which the image and all that belongs to it (labels, scores,
 * saliency, features, masks) move together, and changes of colours, which the image alone gets. They act in the order of
 * the list: a change of colours before a crop sees the whole image, one behind it the crop. A transform of one's own is a
 * record with one method.
 *
 * <p>What is drawn is a function of the keys of the {@link dev.wsss.api.SplitMix} that is given. Each transform draws from
 * a generator of its own, so that adding one, or taking one away, leaves the draws of the others as they were; among
 * several of one kind, those before it. Transforms whose range is one point draw nothing that matters, and so are the way
 * to a given draw: {@code new RandomFlip(1)}, {@code new RandomCrop(321, 321).at(4, 7)}.
 *
 * <table class="striped">
 * <caption>Published augmentations, by what they are made of</caption>
 * <thead>
 * <tr><th>training</th><th>geometry</th><th>colours</th><th>resampling</th><th>normalization</th></tr>
 * </thead>
 * <tbody>
 * <tr><td>SEAM, EPS, PPC: CAM network</td><td>long side 448 to 768, flip, crop 448 anywhere</td>
 * <td>jitter 0.3, hue 0.1, before the crop</td><td>Pillow bicubic</td><td>{@code IMAGENET}, padding 0</td></tr>
 * <tr><td>PSA, SEAM: AffinityNet</td><td>crop 448 anywhere, flip</td><td>none</td><td>none</td>
 * <td>{@code IMAGENET}, padding black: {@code optFill(0)}</td></tr>
 * <tr><td>PPC: DeepLab</td><td>flip, scale 0.5 to 1.5, crop 448 anywhere</td><td>HSV by 10 steps each, first of all</td>
 * <td>OpenCV cubic</td><td>{@code IMAGENET}, padding 0</td></tr>
 * <tr><td>CARB</td><td>fit 2048 by 1024 times a ratio, crop 512 by 1024, flip, padded last</td>
 * <td>photometric, before the padding</td><td>OpenCV linear, its nearest</td>
 * <td>{@code IMAGENET_LEVELS}, padding 0</td></tr>
 * <tr><td>FMA: CLIP-based CAM</td><td>long side 288 to 480, short side at least 224, crop 224, flip</td>
 * <td>four of {@code convertScaleAbs}, each by half a chance, in any order, first of all</td>
 * <td>Pillow bicubic, its nearest</td><td>{@code CLIP}</td></tr>
 * <tr><td>FMA: Mask2Former</td><td>fit 2048 by 512 times 0.5 to 2, crop 512 of which a label may fill three quarters,
 * flip</td><td>photometric</td><td>OpenCV linear, its nearest</td><td>{@code IMAGENET_LEVELS}; padding black for VOC, 0
 * for COCO</td></tr>
 * <tr><td>DHR</td><td>long side 320 to 640, flip, crop 512 anywhere</td><td>jitter 0.3, hue 0.1, before the crop</td>
 * <td>Pillow bicubic, its nearest</td><td>{@code IMAGENET}, padding 0</td></tr>
 * <tr><td>CDL (deeplab-pytorch)</td><td>one of five scales, crop 321 of an image padded below and at the right, flip</td>
 * <td>none</td><td>linear in float, Pillow's nearest</td><td>mean of levels, blue first, padding 0</td></tr>
 * <tr><td>CDL: strong view of that</td><td>none</td><td>jitter 0.5, hue 0.25; grey; blur</td><td>none</td>
 * <td>likewise; what was padding is coloured as well</td></tr>
 * </tbody>
 * </table>
 *
 * <pre>{@code
 * Augmentation dhr = Augmentation.builder()
 *         .optResampling(new Resampling(Interpolation.PILLOW_BICUBIC, Nearest.PILLOW))
 *         .optTransforms(
 *                 new RandomLongSide(320, 640),
 *                 new RandomFlip(0.5),
 *                 new ColourJitter(0.3, 0.3, 0.3, 0.1),
 *                 new RandomCrop(512, 512))
 *         .build();
 *
 * Augmentation ppcDeepLab = Augmentation.builder()
 *         .optResampling(new Resampling(Interpolation.OPENCV_CUBIC, Nearest.OPENCV))
 *         .optTransforms(
 *                 new HsvShift(10, 10, 10),
 *                 new RandomFlip(0.5),
 *                 new RandomScale(0.5, 1.5),
 *                 new RandomCrop(448, 448))
 *         .build();
 *
 * Augmentation carb = Augmentation.builder()
 *         .optResampling(new Resampling(Interpolation.OPENCV_LINEAR, Nearest.OPENCV))
 *         .optTransforms(
 *                 new RandomFit(2048, 1024, 0.5, 2),
 *                 new RandomCrop(512, 1024, RandomCrop.SmallImage.STAYS),
 *                 new RandomFlip(0.5),
 *                 PhotometricDistortion.MMSEG,
 *                 PadTo.size(512, 1024))
 *         .build();
 *
 * Augmentation fmaCam = Augmentation.builder()
 *         .optResampling(new Resampling(Interpolation.PILLOW_BICUBIC, Nearest.PILLOW))
 *         .optTransforms(
 *                 new InRandomOrder(List.of(
 *                         new Sometimes(0.5, new RandomColour(ColourOperation.CV_ABS_ADD, -25, 25)),
 *                         new Sometimes(0.5, new RandomColour(ColourOperation.CV_ABS_MULTIPLY, 0.6, 1.4)),
 *                         new Sometimes(0.5, new RandomColour(ColourOperation.CV_ABS_SATURATION, 0.5, 1.5)),
 *                         new Sometimes(0.5, new RandomColour(ColourOperation.CV_ABS_HUE, -25, 25)))),
 *                 new RandomLongSide(288, 480, 224, SideRounding.HALF_EVEN),
 *                 new RandomCrop(224, 224),
 *                 new RandomFlip(0.5))
 *         .build();
 *
 * Augmentation fmaMask2Former = Augmentation.builder()
 *         .optResampling(new Resampling(Interpolation.OPENCV_LINEAR, Nearest.OPENCV))
 *         .optTransforms(
 *                 new RandomFit(2048, 512, 0.5, 2),
 *                 new RandomCrop(512, 512, RandomCrop.SmallImage.STAYS, 0.75),
 *                 new RandomFlip(0.5),
 *                 PhotometricDistortion.MMSEG,
 *                 PadTo.size(512, 512))
 *         .build();
 *
 * Augmentation cdl = Augmentation.builder()
 *         .optResampling(new Resampling(Interpolation.BILINEAR, Nearest.PILLOW))
 *         .optTransforms(
 *                 new ScaleChoice(List.of(0.5, 0.75, 1.0, 1.25, 1.5), SideRounding.FLOOR),
 *                 new RandomCrop(321, 321, RandomCrop.SmallImage.TOP_LEFT),
 *                 new RandomFlip(0.5))
 *         .build();
 * Augmentation cdlStrong = Augmentation.of(                       // a ViewSpec of the main view
 *         new Sometimes(0.8, new ColourJitter(0.5, 0.5, 0.5, 0.25)),
 *         new Sometimes(0.2, RandomColour.of(ColourOperation.GREY)),
 *         new Sometimes(0.5, new RandomColour(ColourOperation.BLUR, 0.1, 2)));
 * }</pre>
 */
@NullMarked
package dev.wsss.core.augment;

import org.jspecify.annotations.NullMarked;
