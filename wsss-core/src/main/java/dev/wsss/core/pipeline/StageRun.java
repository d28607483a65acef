package dev.wsss.core.pipeline;

import ai.djl.util.Progress;
import dev.wsss.api.Description;
import dev.wsss.api.DeviceUnavailableException;
import dev.wsss.api.GroundTruthAccessException;
import dev.wsss.api.RunManifest;
import dev.wsss.api.Sha256;
import dev.wsss.api.WsssException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of a pipeline. Readers take samples in order, see what each lacks, and decode; workers compute; writers write.
 * A reader needs a permit for each sample, which the writer gives back: the queues between them need no bound of their
 * own.
 */
final class StageRun {
    /** The place of failures that are no stage's. */
    static final String READ = "read";

    private static final Logger LOG = LoggerFactory.getLogger(StageRun.class);

    private final RunFolder p;
    private final List<Stage<?>> stages;
    private final List<String> ids;
    private final int[] indices;
    private final Description data;
    private final int[] workers;
    private final NativeErrors nativeErrors;
    private final long start = System.nanoTime();

    // By position in indices; each is written by the one thread that has the sample, and read when all have ended.
    private final boolean[] reusedWhole;
    private final boolean[] complete;
    private final List<List<RunManifest.Failure>> failures;

    private final LongAdder readNanos = new LongAdder();
    private final LongAdder writeNanos = new LongAdder();
    private final LongAdder[] stageNanos;
    private final AtomicInteger[] made;
    private final AtomicInteger[] reused;

    private final Semaphore permits;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger remaining;
    private final CompletableFuture<Void> finished = new CompletableFuture<>();
    private volatile boolean stopped;
    private @Nullable Products products;

    /** The caller's interrupt, held back until the files are closed: file channels do not work under one. */
    private boolean interrupted;

    StageRun(RunFolder p, List<Stage<?>> stages) {
        this.p = p;
        this.stages = stages;
        this.ids = SampleIds.of(p.data);
        this.indices = IntStream.range(0, ids.size())
                .filter(i -> i % p.shards == p.shard)
                .toArray();
        this.data = p.data.description().requireStated("dataset " + p.data.name());
        this.workers = stages.stream().mapToInt(s -> s.workers(p.device)).toArray();
        this.nativeErrors = new NativeErrors(p.nativeErrors);
        this.reusedWhole = new boolean[indices.length];
        this.complete = new boolean[indices.length];
        this.failures = new ArrayList<>();
        for (int i = 0; i < indices.length; i++) {
            failures.add(List.of());
        }
        int n = stages.size();
        this.stageNanos = new LongAdder[n];
        this.made = new AtomicInteger[n];
        this.reused = new AtomicInteger[n];
        for (int s = 0; s < n; s++) {
            stageNanos[s] = new LongAdder();
            made[s] = new AtomicInteger();
            reused[s] = new AtomicInteger();
        }
        int threads = p.readers + IntStream.of(workers).sum() + p.writers;
        this.permits = new Semaphore(p.inFlight > 0 ? p.inFlight : threads + 1);
        this.remaining = new AtomicInteger(indices.length);
    }

    RunResult run() {
        try {
            return runAndWrite();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private RunResult runAndWrite() {
        SortedMap<String, Double> seconds;
        try (WorkFolder work = WorkFolder.open(p.folder)) {
            Map<Stage<?>, StageFolder> folders = open(work, p.remake || p.overwrite);
            try {
                execute(folders);
                seconds = seconds();
                if (p.shards == 1) {
                    products = products(folders);
                }
            } finally {
                close(folders);
            }
        }
        return result(seconds);
    }

    /** What the folder holds of these stages; empty of a shard. To be written after the indices are, which lack nothing then. */
    Optional<Products> products() {
        return Optional.ofNullable(products);
    }

    /**
     * What a folder holds.
     *
     * @param stages products of each stage
     * @param failures samples without all of them, in the order of the dataset
     */
    record Products(List<RunManifest.StageProducts> stages, List<RunManifest.Failure> failures) {}

    Products merge() {
        try (WorkFolder work = WorkFolder.open(p.folder)) {
            work.exclusively(() -> {
                work.requireAlone("merging");
                return work;
            });
            Map<Stage<?>, StageFolder> folders = open(work, false);
            try {
                requireComplete(folders);
                return products(folders);
            } finally {
                close(folders);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(p.folder + ": cannot be read (" + e + ")", e);
        }
    }

    private Map<Stage<?>, StageFolder> open(WorkFolder work, boolean remake) {
        Map<Stage<?>, StageFolder> folders = new LinkedHashMap<>();
        try {
            for (Stage<?> stage : stages) {
                Map<String, String> description = StageFolder.describe(stage, data, p.seed, folders);
                if (p.overwrites(stage)) {
                    StageFolder.discard(p.folder, stage, work);
                }
                folders.put(stage, StageFolder.open(p.folder, stage, work, description, remake, p.verified));
            }
            return folders;
        } catch (IOException e) {
            close(folders);
            throw new IllegalArgumentException(
                    "output folder " + p.folder + " cannot be written (" + e + "); expected a folder that can", e);
        } catch (RuntimeException e) {
            close(folders);
            throw e;
        }
    }

    private static void close(Map<Stage<?>, StageFolder> folders) {
        for (StageFolder folder : folders.values()) {
            try {
                folder.close();
            } catch (IOException e) {
                throw new UncheckedIOException("a journal cannot be closed (" + e + ")", e);
            }
        }
    }

    private void execute(Map<Stage<?>, StageFolder> folders) {
        if (indices.length == 0) {
            return;
        }
        progress(0);
        ExecutorService readers = threads("read", p.readers);
        Lanes lanes = new Lanes(stages, workers, StageRun::threads);
        ExecutorService writers = threads("write", p.writers);
        try {
            for (int r = 0; r < p.readers; r++) {
                readers.execute(() -> readAll(folders, lanes, writers));
            }
            finished.get();
            progress(indices.length);
        } catch (InterruptedException e) {
            interrupted = true;
            throw new WsssException("the run was interrupted; what it made is kept in " + p.folder, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        } finally {
            stopped = true;
            permits.release(p.readers);
            // Those who hand on end before those whom they hand to. Nothing may run on when the folder is given back.
            awaitEnd(readers);
            lanes.inOrder().forEach(this::awaitEnd);
            awaitEnd(writers);
        }
    }

    private static ExecutorService threads(String name, int count) {
        AtomicInteger number = new AtomicInteger();
        return Executors.newFixedThreadPool(count, task -> {
            Thread thread = new Thread(task, "wsss-" + name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }

    private void awaitEnd(ExecutorService threads) {
        threads.shutdown();
        while (true) {
            try {
                if (threads.awaitTermination(1, TimeUnit.DAYS)) {
                    return;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }

    private void readAll(Map<Stage<?>, StageFolder> folders, Lanes lanes, ExecutorService writers) {
        while (true) {
            permits.acquireUninterruptibly();
            int position = next.getAndIncrement();
            if (stopped || position >= indices.length) {
                permits.release();
                return;
            }
            SampleWork work =
                    new SampleWork(p, stages, folders, nativeErrors, indices[position], ids.get(indices[position]));
            step(work, position, () -> {
                if (timed(readNanos, work::read)) {
                    advance(work, position, lanes, writers);
                } else {
                    end(work, position);
                }
            });
        }
    }

    /** Hands a sample on to the threads of the next stage whose product is wanted, or to be written after the last one. */
    private void advance(SampleWork work, int position, Lanes lanes, ExecutorService writers) {
        int stage = work.next();
        if (stage < 0) {
            writers.execute(() -> write(work, position));
        } else {
            lanes.of(stage)
                    .execute(() -> step(work, position, () -> {
                        work.compute(stage, stageNanos[stage]);
                        advance(work, position, lanes, writers);
                    }));
        }
    }

    private void write(SampleWork work, int position) {
        step(work, position, () -> {
            timed(writeNanos, () -> {
                work.write();
                return true;
            });
            end(work, position);
        });
    }

    /** Does one step of a sample's way, which is the last one if the run was stopped or the step throws. */
    private void step(SampleWork work, int position, Runnable step) {
        if (stopped) {
            work.close();
            return;
        }
        try {
            step.run();
        } catch (Throwable t) {
            stopped = true;
            finished.completeExceptionally(unexpected(work, t));
            permits.release(p.readers);
            work.close();
        }
    }

    private static WsssException unexpected(SampleWork work, Throwable t) {
        return new WsssException(
                (work.stage() == null ? "reading" : "stage '" + work.stage() + "' on") + " sample '" + work.id()
                        + "' ended the run: " + t,
                t);
    }

    private void end(SampleWork work, int position) {
        work.close();
        failures.set(position, work.failures());
        complete[position] = work.failures().isEmpty();
        reusedWhole[position] = complete[position] && work.madeNone();
        for (int s = 0; s < made.length; s++) {
            switch (work.fate(s)) {
                case MADE -> made[s].incrementAndGet();
                case VALID -> reused[s].incrementAndGet();
                default -> {}
            }
        }
        for (RunManifest.Failure f : work.failures()) {
            LOG.warn("{} failed in {}: {}", f.id(), f.stage(), f.reason());
        }
        permits.release();
        int left = remaining.decrementAndGet();
        progress(indices.length - left);
        if (left == 0) {
            finished.complete(null);
        }
    }

    private int shown;

    private synchronized void progress(int done) {
        Progress progress = p.progress;
        if (progress == null) {
            return;
        }
        if (done == 0) {
            progress.reset("Labelling " + p.data.name(), indices.length);
            progress.start(0);
        } else if (done > shown) {
            // Threads may come here out of order.
            progress.increment(done - shown);
            shown = done;
            if (done == indices.length) {
                progress.end();
            }
        }
    }

    private static <T> T timed(LongAdder nanos, Supplier<T> action) {
        long begin = System.nanoTime();
        try {
            return action.get();
        } finally {
            nanos.add(System.nanoTime() - begin);
        }
    }

    private SortedMap<String, Double> seconds() {
        SortedMap<String, Double> seconds = new TreeMap<>();
        seconds.put("total", (System.nanoTime() - start) / 1e9);
        seconds.put("read", readNanos.sum() / 1e9);
        seconds.put("write", writeNanos.sum() / 1e9);
        for (int s = 0; s < stageNanos.length; s++) {
            seconds.put("stage:" + stages.get(s).name(), stageNanos[s].sum() / 1e9);
        }
        return seconds;
    }

    private RunResult result(SortedMap<String, Double> seconds) {
        List<RunManifest.Failure> all = failures.stream().flatMap(List::stream).toList();
        List<RunResult.StageSummary> summaries = new ArrayList<>();
        for (int s = 0; s < made.length; s++) {
            String name = stages.get(s).name();
            int failed = (int) all.stream().filter(f -> f.stage().equals(name)).count();
            int done = made[s].get() + reused[s].get();
            summaries.add(new RunResult.StageSummary(
                    name,
                    made[s].get(),
                    reused[s].get(),
                    failed,
                    indices.length - done - failed,
                    stageNanos[s].sum() / 1e9));
        }
        RunResult result = new RunResult(indices.length, count(complete), count(reusedWhole), summaries, all, seconds);
        LOG.info(
                "{}: {} of {} samples done, {} of them before, {} failures",
                p.folder,
                result.done(),
                result.samples(),
                result.skipped(),
                all.size());
        return result;
    }

    private static int count(boolean[] flags) {
        int n = 0;
        for (boolean flag : flags) {
            n += flag ? 1 : 0;
        }
        return n;
    }

    /** What the folders hold of this dataset, by their indices. */
    private Products products(Map<Stage<?>, StageFolder> folders) {
        List<String> sorted = ids.stream().sorted().toList();
        List<RunManifest.StageProducts> all = new ArrayList<>();
        folders.forEach((stage, folder) -> {
            StringBuilder list = new StringBuilder();
            int count = 0;
            for (String id : sorted) {
                if (folder.entry(id) instanceof ProductIndex.Made m) {
                    list.append(id).append('\t').append(m.sha256()).append('\n');
                    count++;
                }
            }
            all.add(new RunManifest.StageProducts(
                    stage.name(), folder.config(), folder.fingerprint(), count, Sha256.of(list.toString())));
        });
        Set<RunManifest.Failure> failed = new LinkedHashSet<>();
        for (String id : ids) {
            for (StageFolder folder : folders.values()) {
                if (folder.entry(id) instanceof ProductIndex.Failed f) {
                    failed.add(new RunManifest.Failure(id, f.where(), f.reason()));
                }
            }
        }
        return new Products(all, List.copyOf(failed));
    }

    private void requireComplete(Map<Stage<?>, StageFolder> folders) {
        @Nullable String[] faults = new String[ids.size()];
        IntStream.range(0, ids.size()).parallel().forEach(i -> faults[i] = missing(folders, i));
        List<String> missing = Arrays.stream(faults).filter(Objects::nonNull).toList();
        if (!missing.isEmpty()) {
            throw new WsssException(p.folder + " is not complete: " + missing.size() + " of " + ids.size()
                    + " samples lack products (" + String.join("; ", missing.subList(0, Math.min(5, missing.size())))
                    + (missing.size() > 5 ? "; ..." : "") + "); run their shards again");
        }
    }

    /** The first product that a sample lacks without a failure to explain it; null if none. */
    private @Nullable String missing(Map<Stage<?>, StageFolder> folders, int index) {
        String id = ids.get(index);
        for (Map.Entry<Stage<?>, StageFolder> e : folders.entrySet()) {
            ProductIndex.Entry entry = e.getValue().entry(id);
            boolean explained = entry instanceof ProductIndex.Failed
                    || entry instanceof ProductIndex.Made m && e.getValue().isValid(id, m.origin());
            if (!explained) {
                return "'" + id + "' in '" + e.getKey().name() + "'";
            }
        }
        return null;
    }

    static boolean endsRun(WsssException e) {
        return e instanceof GroundTruthAccessException || e instanceof DeviceUnavailableException;
    }
}
