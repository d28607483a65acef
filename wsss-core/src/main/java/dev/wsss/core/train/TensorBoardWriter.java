package dev.wsss.core.train;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes loss, reported figures, learning rates, throughput and memory of every log point to an event file that
 * TensorBoard shows while training runs:
 *
 * <pre>{@code
 * try (TensorBoardWriter board = new TensorBoardWriter(Path.of("runs/first"))) {
 *     trainer.optListeners(board)...
 * }
 * }</pre>
 *
 * <p>Tags are {@code loss}, {@code scalars/<name>}, {@code rate/<group>}, {@code speed/images_per_second} and {@code
 * memory/resident_gib}. Each writer makes a new file; TensorBoard joins the files of a folder, so a resumed run goes on in
 * the same curve.
 */
public final class TensorBoardWriter implements TrainingListener, AutoCloseable {
    private static final String VERSION = "brain.Event:2";
    private static final double GIB = 1L << 30;

    private final Path file;
    private final OutputStream out;

    /**
     * Creates the folder where needed, and an event file in it.
     *
     * @throws UncheckedIOException if that fails
     */
    public TensorBoardWriter(Path folder) {
        long now = System.currentTimeMillis();
        file = folder.resolve("events.out.tfevents." + now / 1000 + "."
                + ProcessHandle.current().pid() + "." + now % 1000 + ".wsss");
        try {
            Files.createDirectories(folder);
            out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file + ": " + e.getMessage(), e);
        }
        append(EventRecords.event(now / 1000.0, 0, VERSION, null));
    }

    /** The event file. */
    public Path file() {
        return file;
    }

    /** Writes figures of one step under their tags, such as the score of an evaluation. */
    public void write(long step, Map<String, Double> scalars) {
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

    private void append(byte[] event) {
        try {
            out.write(EventRecords.frame(event));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close " + file + ": " + e.getMessage(), e);
        }
    }
}
