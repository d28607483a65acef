package dev.wsss.core.train;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes loss, reported figures, learning rates, throughput and memory of every log point to an event file that
 * TensorBoard shows while training runs:
 *
 * <pre>{@code
 * try (TensorBoardWriter board = new TensorBoardWriter(Path.of("runs/first"))) {
 *     trainer.optListeners(board).build().fit();
 * }
 * }</pre>
 *
 * <p>May be used by several threads. Tags are {@code loss}, {@code scalars/<name>}, {@code rate/<group>}, {@code speed/images_per_second} and {@code
 * memory/resident_gib}. What is written can be seen at once, and stays if the process is killed. Each writer makes a new file; TensorBoard joins the files of a folder, so a resumed run goes on in
 * the same curve.
 */
public final class TensorBoardWriter implements TrainingListener, AutoCloseable {
    private static final String VERSION = "brain.Event:2";
    private static final double GIB = 1L << 30;
    /** Tells the files of writers apart that are made in one millisecond. */
    private static final AtomicLong WRITERS = new AtomicLong();

    private final Path file;
    private final OutputStream out;
    private boolean closed;

    /**
     * Creates the folder where needed, and an event file in it.
     *
     * @throws UncheckedIOException if that fails
     */
    public TensorBoardWriter(Path folder) {
        long now = System.currentTimeMillis();
        file = folder.resolve(String.format(
                Locale.ROOT,
                "events.out.tfevents.%d.%03d.%06d.%d.wsss",
                now / 1000,
                now % 1000,
                WRITERS.incrementAndGet(),
                ProcessHandle.current().pid()));
        try {
            Files.createDirectories(folder);
            out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file + ": " + e.getMessage(), e);
        }
        append(EventRecords.event(now / 1000.0, 0, VERSION, null));
    }

    /** The event file. */
    public Path file() {
        return file;
    }

    /**
     * Writes figures of one step under their tags, such as the score of an evaluation.
     *
     * @param step 0 or more
     * @param scalars by tag; a slash groups them
     * @throws IllegalArgumentException if a tag is blank or the step is negative
     * @throws IllegalStateException if closed
     */
    public void write(long step, Map<String, Double> scalars) {
        if (step < 0) {
            throw new IllegalArgumentException("step must be 0 or more, got " + step);
        }
        scalars.keySet().forEach(tag -> {
            if (tag.isBlank()) {
                throw new IllegalArgumentException("tag of step " + step + " is blank: '" + tag + "'");
            }
        });
        append(EventRecords.event(System.currentTimeMillis() / 1000.0, step, null, scalars));
    }

    @Override
    public void onPoint(TrainingPoint point) {
        Map<String, Double> scalars = new LinkedHashMap<>();
        scalars.put("loss", point.loss());
        point.scalars().forEach((name, v) -> scalars.put("scalars/" + name, v));
        point.rates().forEach((group, v) -> scalars.put("rate/" + group, v));
        scalars.put("skipped_steps", (double) point.skipped());
        scalars.put("speed/images_per_second", point.imagesPerSecond());
        scalars.put("memory/resident_gib", point.residentBytes() / GIB);
        write(point.step(), scalars);
    }

    private synchronized void append(byte[] event) {
        if (closed) {
            throw new IllegalStateException(file + " is closed");
        }
        try {
            out.write(EventRecords.frame(event));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    /** Ends the file. Idempotent. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            out.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close " + file + ": " + e.getMessage(), e);
        }
    }
}
