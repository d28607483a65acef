package dev.wsss.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.openblas.global.openblas_nolapack;
import org.junit.jupiter.api.Test;

class ThreadsTest {
    @Test
    void matrixProductsObeyToo() {
        int before = Torch.threads();
        try {
            for (int threads : new int[] {1, 2}) {
                Torch.setThreads(threads);
                assertThat(Torch.threads()).isEqualTo(threads);
                assertThat(openblas_nolapack.blas_get_num_threads()).isEqualTo(threads);
            }
        } finally {
            Torch.setThreads(before);
        }
    }

    @Test
    void noThreadIsRefused() {
        assertThatThrownBy(() -> Torch.setThreads(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("threads must be at least 1, got 0");
    }
}
