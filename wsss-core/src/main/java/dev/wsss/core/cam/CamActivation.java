package dev.wsss.core.cam;

/** What is done to a network's activations on their own grid, before they are resized. */
public enum CamActivation {
    /** Nothing: the network gives what is to be summed. */
    NONE,
    /** Negative activations become 0. */
    RELU,
    /** Softmax over all channels that the network gives, those of absent tags and of a background included. */
    SOFTMAX
}
