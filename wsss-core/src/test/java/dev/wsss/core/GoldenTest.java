package dev.wsss.core;

import dev.wsss.core.affinity.AffinityGolden;
import dev.wsss.core.affinity.WalkGolden;
import dev.wsss.core.augment.AugmentGolden;
import dev.wsss.core.cam.CamGolden;
import dev.wsss.core.crf.CrfGolden;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.golden.GoldenSuite;
import dev.wsss.core.image.ResizeGolden;
import dev.wsss.core.io.DType;
import dev.wsss.core.label.LabelGolden;
import dev.wsss.core.mask.CocoGolden;
import dev.wsss.core.metrics.MetricsGolden;
import dev.wsss.core.train.OptimGolden;
import dev.wsss.core.transport.TransportGolden;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** Our algorithms against the reference implementations' vectors. */
class GoldenTest {
    private static Map<String, GoldenHandler> handlers() {
        Map<String, GoldenHandler> handlers = new LinkedHashMap<>();
        handlers.putAll(AffinityGolden.handlers());
        handlers.putAll(AugmentGolden.handlers());
        handlers.putAll(CamGolden.handlers());
        handlers.putAll(CocoGolden.handlers());
        handlers.putAll(CrfGolden.handlers());
        handlers.putAll(LabelGolden.handlers());
        handlers.putAll(MetricsGolden.handlers());
        handlers.putAll(OptimGolden.handlers());
        handlers.putAll(ResizeGolden.handlers());
        handlers.putAll(TransportGolden.handlers());
        handlers.putAll(WalkGolden.handlers());
        return handlers;
    }

    @TestFactory
    Stream<DynamicNode> golden() {
        return GoldenSuite.of(handlers()).tests();
    }

    /** The walk as it runs on a device, here on the CPU. */
    @TestFactory
    Stream<DynamicNode> walksOnTensors() {
        return Stream.of(DType.F32, DType.F64)
                .flatMap(type -> GoldenSuite.of(WalkGolden.handlers(type)).tests("tensors-" + type));
    }
}
