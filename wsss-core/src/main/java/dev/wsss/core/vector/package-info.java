/** Whether vector instructions of Java's own choice may be used; what each algorithm does with them is its own. */
@NullMarked
package dev.wsss.core.vector;

import org.jspecify.annotations.NullMarked;
