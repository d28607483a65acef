package dev.wsss.core.io;

import java.util.List;

/**
 * One step of a {@link TfliteModel}.
 *
 * @param index of the step
 * @param name such as {@code CONV_2D}, as TFLite's schema calls it; {@code CUSTOM:NAME} if it is none of TFLite's own,
 *     {@code BUILTIN:NUMBER} if it is one that is newer than this reader
 * @param version of the operator; 1 at first
 * @param inputs numbers of tensors in the operator's order; -1 where an optional one is left out
 * @param outputs numbers of tensors
 * @param options its settings
 */
public record TfliteOperator(
        int index, String name, int version, List<Integer> inputs, List<Integer> outputs, TfliteOptions options) {

    /** Whether TFLite's schema has the operator, as far as this reader knows. */
    public boolean known() {
        return name.indexOf(':') < 0;
    }
}
