/**
 * One class for each question about speed, with the peers beside us. Inputs are drawn from a seed; {@code RESULTS.md}
 * holds what was measured, where and how.
 */
@NullMarked
package dev.wsss.benchmarks;

import org.jspecify.annotations.NullMarked;
