package dev.wsss.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Pickles in a file that goes on behind them, which is read piece by piece. */
class UnpicklerTest {
    /** Lists of 20,000 texts, binary and as lines, of lengths that meet every place where a piece ends. */
    private static byte[] pickles(List<@Nullable Object> expected) {
        StringBuilder out = new StringBuilder();
        for (int k = 0; k < 2; k++) {
            List<@Nullable Object> list = new ArrayList<>();
            out.append("\u0080\u0002](");
            for (int i = 0; i < 20_000; i++) {
                String text = i + "-".repeat(i % 23);
                if (k == 0) {
                    out.append('X')
                            .append((char) text.length())
                            .append("\0\0\0")
                            .append(text);
                    list.add(text);
                } else {
                    out.append('I').append(i).append('\n');
                    list.add((long) i);
                }
            }
            out.append("e.");
            expected.add(list);
        }
        return out.append("storages follow").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void piecesMakeTheSameObjectsAsTheWhole() {
        List<@Nullable Object> expected = new ArrayList<>();
        byte[] file = pickles(expected);
        Unpickler whole = new Unpickler("whole", ByteBuffer.wrap(file), name -> null);
        Unpickler pieces = new Unpickler(ByteSource.of("pieces", file), name -> null);
        for (Object want : expected) {
            assertThat(whole.next()).isEqualTo(want);
            assertThat(pieces.next()).isEqualTo(want);
        }
        assertThat(pieces.position()).isEqualTo(whole.position()).isEqualTo(file.length - 15);
        assertThatThrownBy(pieces::expectEnd)
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("pieces: ")
                .hasMessageContaining("15 bytes after the pickle's end");
    }

    @Test
    void aFileThatEndsInAPieceIsRefused() {
        byte[] file = pickles(new ArrayList<>());
        for (int length : new int[] {65_535, 65_536, 65_537, 131_072}) {
            Unpickler cut = new Unpickler(ByteSource.of("cut", Arrays.copyOf(file, length)), name -> null);
            assertThatThrownBy(cut::next)
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("cut: ");
        }
    }
}
