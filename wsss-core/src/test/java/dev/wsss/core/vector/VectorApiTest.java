package dev.wsss.core.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class VectorApiTest {
    @Test
    void isUsedOnTestedJdksAlone() {
        assertThat(VectorApi.isUsable(true, 17)).isTrue();
        assertThat(VectorApi.isUsable(true, 25)).isTrue();
        for (int jdk : new int[] {18, 21, 24, 26}) {
            assertThat(VectorApi.isUsable(true, jdk)).isFalse();
        }
        assertThat(VectorApi.isUsable(false, 17)).isFalse();
    }

    @Test
    void anotherJdkIsWarnedOf() {
        String warning = logged(() -> VectorApi.isUsable(true, 21));
        assertThat(warning).contains("WARN", "jdk.incubator.vector is not used on JDK 21, only on [17, 25]");
        assertThat(logged(() -> VectorApi.isUsable(false, 21))).isEmpty();
        assertThat(logged(() -> VectorApi.isUsable(true, 17))).isEmpty();
    }

    private static String logged(Runnable action) {
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            action.run();
        } finally {
            System.setErr(before);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
