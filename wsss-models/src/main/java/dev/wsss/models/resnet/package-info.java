/**
 * Residual networks as backbones.
 *
 * <p>A {@link dev.wsss.models.resnet.Backbone} turns images into {@link dev.wsss.models.resnet.Features}, the maps after
 * its five stages; every head in this library takes any backbone and asks it for its widths. Three families are here:
 * {@link dev.wsss.models.resnet.ResNet} with torchvision's key names and the stems, strides and dilations of the
 * published systems, {@link dev.wsss.models.resnet.CaffeResNet}, the form of the original DeepLab v2 release, and {@link
 * dev.wsss.models.resnet.ResNet38}, the wide network with normalization first that AffinityNet, SEAM and PPC build on.
 */
@NullMarked
package dev.wsss.models.resnet;

import org.jspecify.annotations.NullMarked;
