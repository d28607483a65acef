package dev.wsss.systems.look;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.ScoreMaps;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link PhotoLook} found in a photograph. Everything is of the size of {@link #image}.
 *
 * @param image the photograph, made smaller where it had too many pixels
 * @param likeliest the likeliest classes, in descending order
 * @param classes the background, and what was looked for: the tags' names, or those of the likeliest classes
 * @param shown for each tag of {@code classes} the class whose map it got, and its probability
 * @param scores the map of each tag, from 0 to 1
 * @param raw labels by threshold
 * @param refined labels by the CRF; null without one
 * @param supervised what the segmenter says, if there is one
 */
public record Look(
        RgbImage image,
        List<LikelyClass> likeliest,
        ClassCatalog classes,
        List<LikelyClass> shown,
        ScoreMaps scores,
        LabelMap raw,
        @Nullable LabelMap refined,
        @Nullable Supervised supervised) {
    public Look {
        likeliest = List.copyOf(likeliest);
        shown = List.copyOf(shown);
    }

    /**
     * A supervised segmenter's answer.
     *
     * @param classes its classes
     * @param labels its labels
     * @param agreements one for each of its classes that was looked for; if none was, one of the foreground as a whole,
     *     or none where all is background to it, as a flower is to VOC, or it knows no background
     */
    public record Supervised(ClassCatalog classes, LabelMap labels, List<Agreement> agreements) {
        public Supervised {
            agreements = List.copyOf(agreements);
        }
    }
}
