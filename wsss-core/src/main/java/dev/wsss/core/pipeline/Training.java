package dev.wsss.core.pipeline;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RunManifest;
import dev.wsss.api.WsssException;
import dev.wsss.core.train.TensorBoardWriter;
import dev.wsss.core.train.Trainer;
import dev.wsss.core.train.TrainingHistory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One training of a run: its folder {@code checkpoints/<name>} with checkpoints, a description of what they depend on, and a
 * lock that a process holds while it trains.
 */
final class Training<B extends AutoCloseable> {
    private static final Logger log = LoggerFactory.getLogger(Training.class);
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}");
    private static final String DESCRIPTION = "training.json";
    private static final String LOCK = ".lock";

    /**
     * What this JVM trains. Their locks must not be tried: POSIX drops all of a process's locks on a file when the process
     * closes any channel of that file.
     */
    private static final Set<Path> OURS = new HashSet<>();

    private final RunFolder run;
    private final String name;
    private final Path folder;
    private RunManifest.@Nullable Training product;
    private Map<String, String> leftOut = Map.of();

    Training(RunFolder run, String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "training name '" + name
                            + "' is not allowed; expected 1 to 64 letters, digits, '_' and '-', beginning with a letter or digit");
        }
        this.run = run;
        this.name = name;
        folder = run.folder.resolve("checkpoints").resolve(name);
    }

    TrainingHistory run(Trainer.Builder<B> builder) {
        Path board = run.tensorBoard;
        if (board == null) {
            return train(builder);
        }
        try (TensorBoardWriter writer = new TensorBoardWriter(board.resolve(name))) {
            return train(builder.optListeners(writer));
        }
    }

    private TrainingHistory train(Trainer.Builder<B> builder) {
        builder.optSeed(run.seed).optName(name).optCheckpointFolder(folder).optMaxLeftOut(run.maxLeftOut);
        if (run.progress != null) {
            builder.optProgress(run.progress);
        }
        try (Trainer<B> trainer = builder.build()) {
            SortedMap<String, String> description = trainer.description()
                    .requireStated("training '" + name + "'")
                    .under("");
            Files.createDirectories(folder);
            Path ours = folder.toRealPath();
            synchronized (OURS) {
                if (!OURS.add(ours)) {
                    throw alreadyTraining();
                }
            }
            try (FileChannel channel = FileChannel.open(
                            folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.tryLock()) {
                if (lock == null) {
                    throw alreadyTraining();
                }
                if (run.shards > 1 && trainer.savedStep() < trainer.steps()) {
                    // before anything is written, which the run of the whole would take for a training of its own
                    throw new IllegalArgumentException(
                            "shard " + run.shard + "/" + run.shards + " cannot train '" + name
                                    + "', which has not ended: a network learns from all images. Train without a shard first");
                }
                prepare(description);
                TrainingHistory history = trainer.fit();
                trainer.network().train(false);
                leftOut = trainer.data().failures();
                SortedMap<String, String> settings = new TreeMap<>(description);
                settings.put("seed", Long.toString(run.seed));
                product = new RunManifest.Training(
                        name, settings, history.steps(), trainer.network().fingerprint());
                return history;
            } finally {
                synchronized (OURS) {
                    OURS.remove(ours);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be used (" + e + ")", e);
        }
    }

    /** What the manifest says of it, once it has run. */
    RunManifest.Training product() {
        return Objects.requireNonNull(product, "the training has not run");
    }

    /** Samples that could not be trained on, with the reason. */
    Map<String, String> leftOut() {
        return leftOut;
    }

    private WsssException alreadyTraining() {
        return new WsssException(
                "another run is training '" + name + "' in " + run.folder + "; wait until it has ended");
    }

    /** Sees to it that what is in the folder is of this description, or that nothing is. */
    private void prepare(SortedMap<String, String> wanted) throws IOException {
        Path file = folder.resolve(DESCRIPTION);
        String fault = null;
        if (Files.exists(file)) {
            List<String> differences = Trainer.differences(DescriptionFile.read(file, "a training's folder"), wanted);
            if (!differences.isEmpty()) {
                fault = "was trained otherwise: " + String.join(", ", differences);
            }
        } else if (!checkpoints().isEmpty()) {
            fault = "has checkpoints of an earlier version of this library, which do not say what they were trained on";
        }
        if (fault == null && run.overwrite && !run.trainings().containsKey(name)) {
            fault = "is to be overwritten";
        }
        if (fault != null && !run.remake && !run.overwrite) {
            throw new InvalidDataException(folder + ": training '" + name + "' " + fault
                    + "; choose another output folder, or allow to remake it");
        }
        if (fault != null) {
            log.info("{}: training '{}' {}; it is trained again", folder, name, fault);
            for (Path old : checkpoints()) {
                Files.delete(old);
            }
        }
        DescriptionFile.write(file, wanted);
    }

    private List<Path> checkpoints() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "step-*.safetensors")) {
            List<Path> all = new java.util.ArrayList<>();
            files.forEach(all::add);
            return all;
        }
    }
}
