@NullMarked
package dev.wsss.models.maskclip;

import org.jspecify.annotations.NullMarked;
