package dev.wsss.systems.ppc;

/** The backbones of PPC's networks, in the form that each of its steps has them. */
public enum PpcBackbone {
    /** The paper's: ResNet-38 with wide layers. */
    RESNET38,
    /** ResNet-101 with a deep stem. */
    RESNET101,
    /** ResNet-50, whose boundaries IRN's checkpoints know. */
    RESNET50,
    /** A narrow ResNet-18 that learns from nothing, for small images. */
    SMALL
}
