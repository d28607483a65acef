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
        if (classes < 1) {
            throw new IllegalStateException("setClasses is required, at least 1, got " + classes);
        }
        return classes;
    }
}
