package dev.wsss.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.Conv2d;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EmaTest {
    /** Each damaged state is whole before the damage, so that a load in order would have changed something. */
    @Test
    void anAverageThatDoesNotFitChangesNothing() {
        try (Conv2d network = Conv2d.builder(1, 2, 1).build();
                Ema ema = Ema.of(network, 0.5)) {
            Map<String, HostArray> before = ema.stateDict();
            Map<String, HostArray> other = new LinkedHashMap<>();
            before.forEach((name, array) -> other.put(
                    name,
                    HostArray.ofFloats(new float[Math.toIntExact(HostArray.elements(array.shape()))], array.shape())));
            assertThat(other).isNotEqualTo(before);

            Map<String, HostArray> unknown = new LinkedHashMap<>(other);
            unknown.put("zzz", HostArray.ofFloats(new float[1], 1));
            Map<String, HostArray> small = new LinkedHashMap<>(other);
            small.put("bias", HostArray.ofFloats(new float[1], 1));
            Map<String, HostArray> missing = new LinkedHashMap<>(other);
            missing.remove("bias");
            Map.of("zzz", unknown, "bias", small).forEach((name, state) -> {
                assertThatThrownBy(() -> ema.load(state))
                        .isInstanceOf(InvalidDataException.class)
                        .hasMessageContaining("'" + name + "'");
                assertThat(ema.stateDict()).isEqualTo(before);
            });
            assertThatThrownBy(() -> ema.load(missing))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("'bias'");
            assertThat(ema.stateDict()).isEqualTo(before);

            ema.load(other);
            assertThat(ema.stateDict()).isEqualTo(other);
        }
    }
}
