package dev.wsss.systems.cdl;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.wsss.core.metrics.ConfusionMatrix;
import dev.wsss.core.metrics.Evaluation;
import dev.wsss.core.metrics.IouConvention;

/** Scores as the published code of CDL, and of deeplab-pytorch, writes them to {@code scores.json}. */
public final class CdlScores {
    private CdlScores() {}

    /**
     * A JSON object of {@code Class IoU} (by label), {@code Frequency Weighted IoU}, {@code Mean Accuracy}, {@code Mean IoU} and
     * {@code Pixel Accuracy}, all in [0, 1]. The mean IoU is over the classes of the truth, {@link IouConvention#IN_TRUTH}; what
     * is not a number, such as the IoU of a class that does not occur, is null, where the published code writes {@code NaN},
     * which JSON does not have. Ends with a line feed.
     */
    public static String json(Evaluation evaluation) {
        ConfusionMatrix matrix = evaluation.confusion();
        JsonObject classes = new JsonObject();
        double[] iou = matrix.iou(IouConvention.OCCURRING);
        for (int label = 0; label < iou.length; label++) {
            classes.add(Integer.toString(label), number(iou[label]));
        }
        JsonObject json = new JsonObject();
        json.add("Class IoU", classes);
        json.add("Frequency Weighted IoU", number(matrix.frequencyWeightedIou()));
        json.add("Mean Accuracy", number(matrix.meanAccuracy()));
        json.add("Mean IoU", number(matrix.meanIou(IouConvention.IN_TRUTH)));
        json.add("Pixel Accuracy", number(matrix.pixelAccuracy()));
        return new GsonBuilder().serializeNulls().setPrettyPrinting().create().toJson(json) + "\n";
    }

    private static JsonElement number(double value) {
        return Double.isNaN(value) ? JsonNull.INSTANCE : new JsonPrimitive(value);
    }
}
