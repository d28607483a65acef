/**
 * Residual networks as backbones.
 *
 * <p>Each is a {@link dev.wsss.models.backbone.Backbone} of five maps. Three families are here:
 * {@link dev.wsss.models.resnet.ResNet} with torchvision's key names and the stems, strides and dilations of the
 * published systems, {@link dev.wsss.models.resnet.CaffeResNet}, the form of the original DeepLab v2 release, and {@link
 * dev.wsss.models.resnet.ResNet38}, the wide network with normalization first that AffinityNet, SEAM and PPC build on.
 */
@NullMarked
package dev.wsss.models.resnet;

import org.jspecify.annotations.NullMarked;
