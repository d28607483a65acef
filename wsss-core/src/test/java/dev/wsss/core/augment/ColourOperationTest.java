package dev.wsss.core.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.io.SafetensorsFile;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ColourOperationTest {
    /** One of the library's results. */
    private record Expected(String name, double amount, HostArray in, byte[] out) {}

    /** Names are {@code out.image.OPERATION@amount}, written by {@code colours.py} beside them. */
    private static List<Expected> expected(ColourOperation operation) throws Exception {
        URI resource = ColourOperationTest.class
                .getResource("/augment/colours.safetensors")
                .toURI();
        List<Expected> all = new ArrayList<>();
        try (SafetensorsFile file = Safetensors.open(Path.of(resource))) {
            for (String name : file.names()) {
                String[] parts = name.split("[.@]", 4);
                if (parts[0].equals("out") && parts[2].equals(operation.name())) {
                    HostArray in = file.get("in." + parts[1]);
                    all.add(new Expected(
                            name,
                            Double.parseDouble(parts[3]),
                            in,
                            file.get(name).toBytes()));
                }
            }
        }
        return all;
    }

    @ParameterizedTest
    @EnumSource
    void givesTheLibrarysBytes(ColourOperation operation) throws Exception {
        List<Expected> all = expected(operation);
        assertThat(all).hasSizeGreaterThanOrEqualTo(5);
        for (Expected e : all) {
            byte[] rgb = e.in.toBytes();
            operation.at(e.amount).apply(rgb, (int) e.in.shape()[0], (int) e.in.shape()[1]);
            assertThat(rgb).as(e.name).isEqualTo(e.out);
        }
    }

    @Test
    void amountsOutOfRangeAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ColourOperation.POSTERIZE.at(0.5))
                .withMessage("bits is 0.5; expected 1.0..8.0");
        assertThatIllegalArgumentException().isThrownBy(() -> ColourOperation.SOLARIZE.at(257));
        assertThatIllegalArgumentException().isThrownBy(() -> ColourOperation.BLUR.at(-1));
        Set<ColourOperation> ignoring = EnumSet.noneOf(ColourOperation.class);
        for (ColourOperation operation : ColourOperation.values()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> operation.at(Double.NaN))
                    .withMessage(operation + " by NaN; expected a finite number");
            byte[] some = {10, 100, (byte) 200, 90, 50, 20, 1, 2, 3};
            byte[] same = some.clone();
            operation.at(1).apply(some, 1, 3);
            operation.at(2).apply(same, 1, 3);
            if (Arrays.equals(some, same)) {
                ignoring.add(operation);
            }
        }
        // in a single row there is nothing to sharpen
        assertThat(ignoring)
                .containsExactlyInAnyOrder(
                        ColourOperation.GREY,
                        ColourOperation.INVERT,
                        ColourOperation.EQUALIZE,
                        ColourOperation.AUTOCONTRAST,
                        ColourOperation.SHARPNESS);
    }
}
