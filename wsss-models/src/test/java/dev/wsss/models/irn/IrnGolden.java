package dev.wsss.models.irn;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.wsss.core.affinity.AffinityLoss;
import dev.wsss.core.affinity.PairGeometry;
import dev.wsss.core.affinity.PairLabels;
import dev.wsss.core.affinity.PairRule;
import dev.wsss.core.golden.GoldenCase;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** The reference vectors of IRN's losses. */
public final class IrnGolden {
    private IrnGolden() {}

    public static Map<String, HostArray> losses(GoldenCase golden) {
        JsonObject config = golden.config();
        assertThat(config.get("loss").getAsString()).isEqualTo("(bg_pos/2+fg_pos/2+neg)/2+(dp_fg+dp_bg)/2");
        int height = config.getAsJsonArray("grid").get(0).getAsInt();
        int width = config.getAsJsonArray("grid").get(1).getAsInt();
        PairGeometry geometry =
                PairGeometry.of(PairRule.PATHS, config.get("radius").getAsInt(), height, width);
        Map<String, HostArray> out = new LinkedHashMap<>();
        try (Scope scope = Scope.open()) {
            PairLabels pairs = PairLabels.of(
                    geometry,
                    Tensors.of(golden.in("label")),
                    config.get("valid_below").getAsInt());
            InterPixelLoss loss = new InterPixelLoss(
                    new AffinityLoss(0.25, 0.25, 0.5, config.get("eps").getAsDouble()));
            Tensor edge = Tensors.of(golden.in("edge")).requires_grad_(true);
            Tensor displacement = Tensors.of(golden.in("displacement")).requires_grad_(true);
            InterPixelLoss.Terms terms =
                    loss.apply(edge, displacement, geometry, pairs.background(), pairs.foreground(), pairs.different());
            terms.total().backward();
            Tensor alike = terms.affinity().background().add(terms.affinity().foreground());
            out.put("loss", Tensors.toHost(terms.total()));
            out.put("pos_aff_loss", Tensors.toHost(alike.mul(new Scalar(0.5))));
            out.put("neg_aff_loss", Tensors.toHost(terms.affinity().different()));
            out.put("dp_fg_loss", Tensors.toHost(terms.foreground()));
            out.put("dp_bg_loss", Tensors.toHost(terms.background()));
            out.put("grad.edge", Tensors.toHost(edge.grad()));
            out.put("grad.displacement", Tensors.toHost(displacement.grad()));
        }
        return out;
    }
}
