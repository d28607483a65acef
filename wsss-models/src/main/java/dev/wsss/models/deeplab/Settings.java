package dev.wsss.models.deeplab;

import dev.wsss.models.backbone.Backbone;
import org.jspecify.annotations.Nullable;

/** Checks that all builders here share. */
final class Settings {
    private Settings() {}

    static Backbone backbone(@Nullable Backbone backbone) {
        if (backbone == null) {
            throw new IllegalStateException("setBackbone is required");
        }
        return backbone;
    }

    static int classes(int classes) {
        if (classes == 0) {
            throw new IllegalStateException("setClasses is required");
        }
        if (classes < 0) {
            throw new IllegalArgumentException("classes must be at least 1, got " + classes);
        }
        return classes;
    }
}
