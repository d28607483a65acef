/**
 * Loss functions that several systems share: pure functions of tensors, with shapes in every javadoc. Results are scalar
 * tensors of the current {@link dev.wsss.core.runtime.Scope}, with gradients where the inputs have them.
 */
@NullMarked
package dev.wsss.core.loss;

import org.jspecify.annotations.NullMarked;
