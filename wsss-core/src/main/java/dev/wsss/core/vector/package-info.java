/**
 * Whether vector instructions can be written in Java here: {@link dev.wsss.core.vector.VectorApi}. What uses them lies where it
 * belongs, beside a form in plain Java that gives the same bits.
 */
@NullMarked
package dev.wsss.core.vector;

import org.jspecify.annotations.NullMarked;
