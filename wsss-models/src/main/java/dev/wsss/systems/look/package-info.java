/**
 * What a classifier of ImageNet says of anybody's photographs, and where it looks: no data set, no training.
 *
 * <p><b>A folder of photographs.</b> A {@link dev.wsss.systems.look.PhotoLook} says how to look, and a {@link
 * dev.wsss.systems.look.LookFolder} looks at files and leaves pictures, a page and a JSON file, with the memory of one
 * photograph:
 *
 * <pre>{@code
 * Path network = WeightZoo.builder().build().get("mobilenetv2-imagenet"); // 3.6 MB, downloaded once; any such file will do
 * try (Classifier classifier = TfliteNetworks.classifier(network);
 *         DenseCrf crf = DenseCrf.psa(1).build()) {
 *     PhotoLook look = PhotoLook.builder()
 *             .setClassifier(classifier)
 *             .optNormalize(TfliteNetworks.normalize(network))
 *             .optCrf(crf)
 *             .build();
 *     LookFolder.Outcome outcome =
 *             LookFolder.builder().setLook(look).setFolder(Path.of("look")).build().look(photos);
 *     for (LookSummary found : outcome.looks()) {
 *         System.out.println(found.name() + ": " + found.likeliest().get(0).name());
 *     }
 * }
 * }</pre>
 *
 * <p><b>Tags.</b> Whoever knows what is in the photographs says so, in words such as "dog". ImageNet has 118 breeds
 * instead: an {@link dev.wsss.systems.look.ImageNetTag} is a word and all classes that it may mean, of which the likeliest in
 * the photograph gets the map. {@link dev.wsss.systems.look.ImageNetTags} keeps apart words that no class has.
 *
 * <p><b>One photograph.</b> {@link dev.wsss.systems.look.PhotoLook#look(dev.wsss.api.RgbImage)} gives a {@link
 * dev.wsss.systems.look.Look}: classes, score maps, labels with and without a dense CRF, and a supervised segmenter's if there
 * is one.
 *
 * <pre>{@code
 * Look found = look.look(ImageFiles.readUpright(photo), List.of(ImageNetTag.of("sofa")));
 * int sofa = found.raw().histogram()[1];                                  // pixels; 0 is the background
 * RgbImage heat = Overlay.heat(found.image(), found.scores(), 1);
 * Overlay.writePng(Path.of("heat.png"), heat);
 * }</pre>
 *
 * <p><b>How good is it?</b> With {@link dev.wsss.systems.look.PhotoLook.Builder#optSegmenter a segmenter} each look has {@link
 * dev.wsss.systems.look.Agreement agreements}: the IoU with what a network says that learnt from masks. It errs, too.
 */
@NullMarked
package dev.wsss.systems.look;

import org.jspecify.annotations.NullMarked;
