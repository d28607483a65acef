package dev.wsss.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.core.affinity.WalkGolden;
import dev.wsss.core.crf.CrfGolden;
import dev.wsss.core.golden.GoldenHandler;
import dev.wsss.core.golden.GoldenSuite;
import dev.wsss.core.image.ResizeGolden;
import dev.wsss.core.vector.VectorApi;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What vector instructions compute, against the reference implementations' vectors. */
class VectorGoldenTest {
    @Test
    void theModuleIsThere() {
        assertThat(VectorApi.isPresent()).isTrue();
    }

    @TestFactory
    Stream<DynamicNode> golden() {
        Map<String, GoldenHandler> handlers = new LinkedHashMap<>(CrfGolden.handlers());
        handlers.putAll(WalkGolden.handlers());
        handlers.putAll(ResizeGolden.handlers());
        return GoldenSuite.of(handlers).tests("vector-instructions");
    }
}
