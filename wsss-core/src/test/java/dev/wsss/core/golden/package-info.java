/**
 * The reference-vector harness. A file of vectors names a contract ({@code crf.dense}); a
 * {@link dev.wsss.core.golden.GoldenHandler} runs our code on the file's inputs; a
 * {@link dev.wsss.core.golden.GoldenSuite} makes one test of each file, compares, and keeps a report. Shared with other
 * modules as a test jar, so nothing here knows an algorithm.
 */
@NullMarked
package dev.wsss.core.golden;

import org.jspecify.annotations.NullMarked;
