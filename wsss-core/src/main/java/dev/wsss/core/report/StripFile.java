package dev.wsss.core.report;

import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Strips of a page in a temporary file, so that a page of any number of images takes the memory of one. The file is gone
 * when this is closed, and, but on Windows, when the process dies.
 *
 * <pre>{@code
 * try (StripFile strips = StripFile.in(folder)) {
 *     for (int i = 0; i < data.size(); i++) {
 *         Sample sample = data.get(i);
 *         strips.add(Strip.builder(sample.id(), sample.image(), data.classes()).build());
 *     }
 *     Report.builder().setTitle("All").setClasses(data.classes()).strips(strips).build().write(folder.resolve("all.html"));
 * }
 * }</pre>
 *
 * <p>One thread at a time.
 */
public final class StripFile implements AutoCloseable {
    private final Path file;
    /** Where each strip ends. */
    private final List<Long> ends = new ArrayList<>();

    private @Nullable FileChannel channel;

    private StripFile(Path file) {
        this.file = file;
    }

    /** No strips yet; with the first there will be a hidden file in the folder, which is made if it does not exist. */
    public static StripFile in(Path folder) {
        return new StripFile(folder.resolve("." + UUID.randomUUID() + ".strips.tmp"));
    }

    /**
     * Adds a strip, whose images are not kept but made as small as the page shows them.
     *
     * @throws UncheckedIOException naming the file, if it cannot be written
     */
    public void add(Strip strip) {
        ByteBuffer bytes = ByteBuffer.wrap(Report.html(strip).getBytes(StandardCharsets.UTF_8));
        long at = start(ends.size());
        try {
            FileChannel target = channel();
            while (bytes.hasRemaining()) {
                at += target.write(bytes, at);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be written (" + e + ")", e);
        }
        ends.add(at);
    }

    private FileChannel channel() throws IOException {
        FileChannel open = channel;
        if (open == null) {
            Files.createDirectories(file.toAbsolutePath().getParent());
            open = FileChannel.open(
                    file,
                    StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.DELETE_ON_CLOSE);
            channel = open;
        }
        return open;
    }

    /** How many strips there are. */
    public int size() {
        return ends.size();
    }

    private long start(int strip) {
        return strip == 0 ? 0 : ends.get(strip - 1);
    }

    /** The strips as HTML, each read when it is asked for. */
    Stream<String> fragments() {
        return IntStream.range(0, ends.size()).mapToObj(this::fragment);
    }

    private String fragment(int strip) {
        long start = start(strip);
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(ends.get(strip) - start));
        try {
            FileChannel source = channel();
            while (bytes.hasRemaining()) {
                if (source.read(bytes, start + bytes.position()) < 0) {
                    throw new InvalidDataException(file + ": ends within strip " + strip + "; somebody cut it");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read (" + e + ")", e);
        }
        return new String(bytes.array(), StandardCharsets.UTF_8);
    }

    /** Deletes the file. */
    @Override
    public void close() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be closed (" + e + ")", e);
        }
    }
}
