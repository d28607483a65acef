/**
 * ND4J arrays in and out. ND4J is an optional dependency: {@link dev.wsss.core.nd4j.Nd4jInterop} is the only class of the
 * library that refers to it, so everything else works without it. To use it, add {@code org.nd4j:nd4j-native} without
 * its {@code org.bytedeco} dependencies, which are older than this library's.
 */
@NullMarked
package dev.wsss.core.nd4j;

import org.jspecify.annotations.NullMarked;
