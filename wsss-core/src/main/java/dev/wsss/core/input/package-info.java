/** What other programs and people hand in, looked at before a run builds on it. */
@NullMarked
package dev.wsss.core.input;

import org.jspecify.annotations.NullMarked;
