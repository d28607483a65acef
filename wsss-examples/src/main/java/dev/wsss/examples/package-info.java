/**
 * Runnable programs and the command line {@code wsss}. Each program is one page that puts the library's parts together;
 * what a user would want to call lives in the library, not here.
 */
@NullMarked
package dev.wsss.examples;

import org.jspecify.annotations.NullMarked;
