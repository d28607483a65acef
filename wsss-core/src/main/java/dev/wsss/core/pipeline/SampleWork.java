package dev.wsss.core.pipeline;

import dev.wsss.api.RunManifest;
import dev.wsss.api.Sample;
import dev.wsss.api.Sha256;
import dev.wsss.api.WsssException;
import dev.wsss.core.runtime.NativeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One sample on its way through a run. Used by one thread after the other, never by two at a time. */
final class SampleWork {
    /** What becomes of a sample's product in a stage. */
    enum Fate {
        /** There from an earlier run. */
        VALID,
        /** To be made, or being made. */
        WANTED,
        /** Made in this run. */
        MADE,
        /** Not to be had: the stage failed, or one that it depends on. */
        NONE
    }

    private final RunFolder run;
    private final List<Stage<?>> stages;
    private final List<StageFolder> folders;
    private final NativeErrors nativeErrors;
    private final int index;
    private final String id;
    private final Fate[] fates;
    private final @Nullable Object[] products;
    private final ProductIndex.@Nullable Failed[] failed;
    /** The sample's tags, and what tells its image from others. */
    private String origin = "";

    private @Nullable Sample sample;
    private @Nullable String stage;

    SampleWork(
            RunFolder run,
            List<Stage<?>> stages,
            Map<Stage<?>, StageFolder> folders,
            NativeErrors nativeErrors,
            int index,
            String id) {
        this.run = run;
        this.stages = stages;
        this.folders = List.copyOf(folders.values());
        this.nativeErrors = nativeErrors;
        this.index = index;
        this.id = id;
        this.fates = new Fate[stages.size()];
        Arrays.fill(fates, Fate.WANTED);
        this.products = new Object[fates.length];
        this.failed = new ProductIndex.Failed[fates.length];
    }

    String id() {
        return id;
    }

    /** The stage that is being worked on; null while reading. */
    @Nullable
    String stage() {
        return stage;
    }

    List<RunManifest.Failure> failures() {
        // Stages that depend on a failed one carry its failure.
        return Arrays.stream(failed)
                .filter(Objects::nonNull)
                .distinct()
                .map(f -> new RunManifest.Failure(id, f.where(), f.reason()))
                .toList();
    }

    Fate fate(int s) {
        return fates[s];
    }

    boolean madeNone() {
        return !List.of(fates).contains(Fate.MADE);
    }

    /** Finds out what is missing and reads what that needs. False if there is nothing to compute. */
    boolean read() {
        try {
            origin = ProductIndex.origin(run.data, index);
            plan();
            if (!List.of(fates).contains(Fate.WANTED)) {
                return false;
            }
            sample = run.data.get(index);
            loadInputs();
            return true;
        } catch (WsssException e) {
            if (StageRun.endsRun(e)) {
                throw e;
            }
            failWhileReading(e);
            return false;
        }
    }

    private void plan() {
        for (int s = 0; s < fates.length; s++) {
            // What depends on a product that is made again is made again too: the new one need not be the old one.
            boolean inputsValid = inputs(s).allMatch(from -> fates[from] == Fate.VALID);
            fates[s] = inputsValid && folders.get(s).isValid(id, origin) ? Fate.VALID : Fate.WANTED;
        }
    }

    private IntStream inputs(int s) {
        return stages.get(s).inputs().stream().mapToInt(stages::indexOf);
    }

    private void loadInputs() {
        for (int s = 0; s < fates.length; s++) {
            if (fates[s] == Fate.WANTED) {
                inputs(s)
                        .filter(from -> fates[from] == Fate.VALID && products[from] == null)
                        .forEach(from -> products[from] = stages.get(from)
                                .codec()
                                .read(folders.get(from).file(id), Objects.requireNonNull(sample)));
            }
        }
    }

    private void failWhileReading(WsssException e) {
        for (int i = 0; i < fates.length; i++) {
            if (fates[i] == Fate.WANTED) {
                fates[i] = Fate.NONE;
                failed[i] = new ProductIndex.Failed(StageRun.READ, reason(e));
            }
        }
        writeFailures();
    }

    /**
     * The next stage that has to compute; -1 if there is none. Stages without an input's product, which failed, are entered
     * as failed on the way.
     */
    int next() {
        for (int i = 0; i < fates.length; i++) {
            if (fates[i] != Fate.WANTED) {
                continue;
            }
            OptionalInt without =
                    inputs(i).filter(from -> fates[from] == Fate.NONE).findFirst();
            if (without.isEmpty()) {
                return i;
            }
            fates[i] = Fate.NONE;
            failed[i] = failed[without.getAsInt()];
        }
        sample = null;
        return -1;
    }

    /** Runs a stage whose product is wanted. */
    void compute(int i, LongAdder nanos) {
        Stage<?> current = stages.get(i);
        stage = current.name();
        long begin = System.nanoTime();
        try {
            products[i] = Objects.requireNonNull(
                    current.function().apply(Objects.requireNonNull(sample), new Inputs(current)),
                    "the stage's function gave null");
            fates[i] = Fate.MADE;
        } catch (WsssException e) {
            if (StageRun.endsRun(e)) {
                throw e;
            }
            fail(i, current, e);
        } catch (OutOfMemoryError e) {
            // a large image is no reason to end a run of small ones
            fail(i, current, NativeException.of(e));
        } finally {
            nanos.add(System.nanoTime() - begin);
        }
    }

    private void fail(int i, Stage<?> current, WsssException e) {
        nativeErrors.count(current.name(), id, e);
        fates[i] = Fate.NONE;
        failed[i] = new ProductIndex.Failed(current.name(), reason(e));
    }

    /** Writes what was made and enters what failed. */
    void write() {
        for (int i = 0; i < fates.length; i++) {
            Stage<?> current = stages.get(i);
            stage = current.name();
            if (fates[i] == Fate.MADE) {
                writeProduct(i, current);
            }
        }
        writeFailures();
    }

    private void writeFailures() {
        for (int i = 0; i < fates.length; i++) {
            ProductIndex.Failed f = failed[i];
            if (f != null) {
                folders.get(i).fail(id, f);
            }
        }
    }

    private <P> void writeProduct(int i, Stage<P> current) {
        folders.get(i).write(id, origin, current.codec(), product(i));
    }

    @SuppressWarnings("unchecked") // products[i] came of stage i's function or codec
    private <P> P product(int i) {
        return (P) Objects.requireNonNull(products[i]);
    }

    /** Frees the products. */
    void close() {
        sample = null;
        for (int i = 0; i < products.length; i++) {
            Object product = products[i];
            products[i] = null;
            if (product instanceof AutoCloseable closeable) {
                try {
                    closeable.close();
                } catch (Exception e) {
                    throw new IllegalStateException("a product of '" + id + "' cannot be closed", e);
                }
            }
        }
    }

    private static String reason(WsssException e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getName() : message;
    }

    /** What the function of one stage may ask for. */
    private final class Inputs implements StageInputs {
        private final Stage<?> asking;

        Inputs(Stage<?> asking) {
            this.asking = asking;
        }

        @Override
        public <P> P get(Stage<P> from) {
            if (!asking.inputs().contains(from)) {
                throw new IllegalArgumentException("stage '" + asking.name() + "' asked for the product of '"
                        + from.name() + "', which is not one of its inputs " + asking.inputs());
            }
            return product(stages.indexOf(from));
        }

        @Override
        public long seed() {
            MessageDigest sha = Sha256.digest();
            sha.update(ByteBuffer.allocate(8).putLong(0, run.seed));
            sha.update((asking.name() + "/" + id).getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(sha.digest()).getLong();
        }
    }
}
