/**
 * Networks out of TFLite files: as floats, {@link dev.wsss.models.tflite.TfliteNetworks}, where the operators of a file are
 * compared with our network's layers one by one, and what differs is refused by name; or in the file's own 8-bit integers, of
 * any network of the operators that are known, {@link dev.wsss.models.tflite.TfliteInterpreter}.
 */
@NullMarked
package dev.wsss.models.tflite;

import org.jspecify.annotations.NullMarked;
