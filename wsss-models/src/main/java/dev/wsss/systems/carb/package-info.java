@NullMarked
package dev.wsss.systems.carb;

import org.jspecify.annotations.NullMarked;
