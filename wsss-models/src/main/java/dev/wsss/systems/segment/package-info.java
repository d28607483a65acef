/**
 * The last step of every system: a segmenter that learns from pseudo labels.
 */
@NullMarked
package dev.wsss.systems.segment;

import org.jspecify.annotations.NullMarked;
