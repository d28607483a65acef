package dev.wsss.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Our code and its peer by turns, and a row of medians for each question. */
abstract class Pairs {
    static final int PAIRS = Integer.getInteger("pairs", 9);
    static final int THREADS = Integer.getInteger("threads", 1);

    /** Of what takes half a minute each time. */
    static final int HEAVY_PAIRS = Math.min(PAIRS, 3);

    /** Threads of libtorch and OpenBLAS that have nothing to do go on spinning for a while. */
    private static final int IDLE_MILLISECONDS = 200;

    /** Holds what both sides read. */
    final Path folder;

    Pairs(Path folder) {
        this.folder = folder;
    }

    static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The median part that one is of the other. */
    static String share(double[] part, double[] whole) {
        double[] shares = new double[part.length];
        Arrays.setAll(shares, i -> part[i] / whole[i]);
        return String.format(Locale.ROOT, ", %.2f %% of the time", 100 * median(shares));
    }

    /** The command of a peer in Python; empty if it is absent. */
    List<String> python(String question, String module, Object... more) {
        boolean absent = !(System.getProperty("modules", "") + " ").contains(" " + module + "-");
        if (absent) {
            return List.of();
        }
        Stream<String> command = Stream.of(
                System.getProperty("python", "python3"),
                System.getProperty("peer", "peer.py"),
                question,
                folder.toString(),
                "" + THREADS);
        return Stream.concat(command, Stream.of(more).map(Object::toString)).toList();
    }

    /**
     * Measures by turns.
     *
     * @param command of the peer; null or empty if it is absent
     * @return whether the peer is there
     */
    static boolean compare(String name, @Nullable List<String> command, int warmUps, int pairs, Runnable code) {
        for (int i = 0; i < warmUps; i++) {
            code.run();
        }
        Turns turns = turns(command, pairs, code);
        row(name, turns);
        return turns.peer != null;
    }

    /**
     * Seconds of runs that took turns.
     *
     * @param peer one for each turn; null if it is absent
     * @param ours one for each code and turn
     */
    record Turns(double @Nullable [] peer, double[][] ours) {}

    /** Runs the peer, if there is one, and each code, and all again. The peer warms up, the codes do not. */
    static Turns turns(@Nullable List<String> command, int count, Runnable... codes) {
        double[][] ours = new double[codes.length][count];
        if (command == null || command.isEmpty()) {
            for (int i = 0; i < count; i++) {
                turn(codes, ours, i);
            }
            return new Turns(null, ours);
        }
        try (Peer peer = new Peer(command)) {
            peer.seconds();
            double[] theirs = new double[count];
            for (int i = 0; i < count; i++) {
                theirs[i] = peer.seconds();
                turn(codes, ours, i);
            }
            return new Turns(theirs, ours);
        }
    }

    static void turn(Runnable[] codes, double[][] ours, int at) {
        for (int c = 0; c < codes.length; c++) {
            ours[c][at] = seconds(codes[c]);
        }
    }

    static void alone(String name, Runnable code) {
        code.run();
        double[] ours = new double[3];
        Arrays.setAll(ours, i -> seconds(code));
        row(name, null, ours);
    }

    static double seconds(Runnable code) {
        try {
            Thread.sleep(IDLE_MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted while measuring", e);
        }
        long start = System.nanoTime();
        code.run();
        return (System.nanoTime() - start) * 1e-9;
    }

    static void row(String name, Turns turns) {
        row(turns.peer == null ? name + ": absent" : name, turns.peer, turns.ours[0]);
    }

    static void row(String name, double @Nullable [] peer, double[] ours) {
        if (peer == null) {
            System.out.printf(Locale.ROOT, "| %s | | %.1f | |%n", name, 1e3 * median(ours));
            return;
        }
        double[] ratios = new double[peer.length];
        Arrays.setAll(ratios, i -> peer[i] / ours[i]);
        System.out.printf(
                Locale.ROOT,
                "| %s | %.1f | %.1f | %.2f (%.2f - %.2f) |%n",
                name,
                1e3 * median(peer),
                1e3 * median(ours),
                median(ratios),
                Arrays.stream(ratios).min().orElseThrow(),
                Arrays.stream(ratios).max().orElseThrow());
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    void write(String name, float[] values) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        Files.write(folder.resolve(name), bytes.array());
    }
}
