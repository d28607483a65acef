/**
 * Networks out of TFLite files, as floats: {@link dev.wsss.models.tflite.TfliteNetworks}. The operators of a file are
 * compared with our network's layers one by one, and what differs is refused by name.
 */
@NullMarked
package dev.wsss.models.tflite;

import org.jspecify.annotations.NullMarked;
