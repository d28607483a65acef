package dev.wsss.models;

import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.golden.GoldenSuite;
import dev.wsss.models.cam.AffinityNetGolden;
import dev.wsss.models.clip.ClipGolden;
import dev.wsss.models.deeplab.DeepLabGolden;
import dev.wsss.models.dino.DinoGolden;
import dev.wsss.models.irn.IrnGolden;
import dev.wsss.models.maskclip.MaskClipGolden;
import dev.wsss.models.resnet.BatchNormGolden;
import dev.wsss.models.resnet.ResNetGolden;
import dev.wsss.systems.carb.CarbGolden;
import dev.wsss.systems.cdl.CdlGolden;
import dev.wsss.systems.dhr.DhrGolden;
import dev.wsss.systems.dhr.DhrNetGolden;
import dev.wsss.systems.ppc.LossGolden;
import dev.wsss.systems.ppc.SeamGolden;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** Our networks against the reference implementations' vectors. */
class GoldenTest {
    private static Map<String, GoldenHandler> handlers() {
        Map<String, GoldenHandler> handlers = new LinkedHashMap<>();
        handlers.putAll(ResNetGolden.handlers());
        handlers.putAll(BatchNormGolden.handlers());
        handlers.putAll(DeepLabGolden.handlers());
        handlers.putAll(ClipGolden.handlers());
        handlers.putAll(DinoGolden.handlers());
        handlers.putAll(SeamGolden.handlers());
        handlers.putAll(LossGolden.handlers());
        handlers.putAll(CarbGolden.handlers());
        handlers.putAll(CdlGolden.handlers());
        handlers.putAll(DhrNetGolden.handlers());
        handlers.putAll(DhrGolden.handlers());
        handlers.putAll(MaskClipGolden.handlers());
        handlers.put("irn.losses", IrnGolden::losses);
        handlers.put("net.aff", AffinityNetGolden::affinities);
        return handlers;
    }

    @TestFactory
    Stream<DynamicNode> golden() {
        return GoldenSuite.of(handlers()).tests();
    }
}
