package dev.wsss.core;

import dev.wsss.core.affinity.AffinityGolden;
import dev.wsss.core.affinity.WalkGolden;
import dev.wsss.core.cam.CamGolden;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.golden.GoldenSuite;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** Our algorithms against the reference implementations' vectors. */
class GoldenTest {
    private static Map<String, GoldenHandler> handlers() {
        Map<String, GoldenHandler> handlers = new LinkedHashMap<>();
        handlers.putAll(CamGolden.handlers());
        handlers.putAll(AffinityGolden.handlers());
        handlers.putAll(WalkGolden.handlers());
        return handlers;
    }

    @TestFactory
    Stream<DynamicNode> golden() {
        return GoldenSuite.of(handlers()).tests();
    }
}
