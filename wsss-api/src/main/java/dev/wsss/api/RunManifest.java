package dev.wsss.api;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Where a run's products came from: data, configuration, versions, seed and device, what each stage made, and what
 * failed. Two runs of the same thing give equal manifests, whatever their speed and however often they were
 * interrupted; seconds are no part of a manifest and are written to a file of their own.
 *
 * @param input the samples
 * @param config the run's configuration, in words
 * @param versions of the library and of what it stands on, such as {@code java} and {@code libtorch}
 * @param seed the run's seed
 * @param device what computed, such as {@code cuda:0}
 * @param stages what each stage made, in the order in which they ran
 * @param trainings what was trained, in order
 * @param failures samples that have not all their products, in the order of the dataset
 */
public record RunManifest(
        Input input,
        SortedMap<String, String> config,
        SortedMap<String, String> versions,
        long seed,
        String device,
        List<StageProducts> stages,
        List<Training> trainings,
        List<Failure> failures) {

    /** Name of the manifest's file in an output folder. */
    public static final String FILE_NAME = "manifest.json";

    /** Name of the file beside it that holds the seconds, which differ from run to run. */
    public static final String TIMINGS_FILE_NAME = "timings.json";

    private static final int FORMAT = 2;
    /** Without trainings. */
    private static final int FIRST_FORMAT = 1;

    private static final Gson GSON = new GsonBuilder()
            .disableHtmlEscaping()
            .serializeNulls()
            .setPrettyPrinting()
            .create();

    /**
     * The samples of a run.
     *
     * @param dataset the dataset's name
     * @param samples number of samples
     * @param idsSha256 {@link #sha256OfIds} of their ids
     */
    public record Input(String dataset, int samples, String idsSha256) {
        /** What a dataset is, by name, size and ids. */
        public static Input of(Dataset dataset) {
            return new Input(dataset.name(), dataset.size(), sha256OfIds(dataset));
        }
    }

    /**
     * The products of one stage.
     *
     * @param stage the stage's name
     * @param config the stage's configuration
     * @param fingerprint hash of everything that the products depend on
     * @param products number of products
     * @param sha256 hash over id and SHA-256 of each product, by ascending id
     */
    public record StageProducts(
            String stage, SortedMap<String, String> config, String fingerprint, int products, String sha256) {
        public StageProducts {
            config = sorted(config);
        }
    }

    /**
     * A network that was trained.
     *
     * @param name the training's name
     * @param settings everything that the network depends on
     * @param steps updates
     * @param weights fingerprint of the trained weights
     */
    public record Training(String name, SortedMap<String, String> settings, long steps, String weights) {
        public Training {
            settings = sorted(settings);
        }
    }

    /**
     * A sample that failed.
     *
     * @param id the sample's id
     * @param stage name of the stage that failed, or {@code read} when the sample itself could not be read
     * @param reason the message of what was thrown
     */
    public record Failure(String id, String stage, String reason) {}

    public RunManifest {
        config = sorted(config);
        versions = sorted(versions);
        stages = List.copyOf(stages);
        trainings = List.copyOf(trainings);
        failures = List.copyOf(failures);
    }

    private static SortedMap<String, String> sorted(Map<String, String> map) {
        return Collections.unmodifiableSortedMap(new TreeMap<>(map));
    }

    /** SHA-256, in lower-case hex, over the ids of a dataset in order, each preceded by its length in bytes. */
    public static String sha256OfIds(Dataset dataset) {
        MessageDigest sha = Sha256.digest();
        for (int i = 0; i < dataset.size(); i++) {
            byte[] id = dataset.id(i).getBytes(StandardCharsets.UTF_8);
            sha.update(ByteBuffer.allocate(4).putInt(id.length).array());
            sha.update(id);
        }
        return Sha256.hex(sha.digest());
    }

    /** This manifest as JSON with a fixed order of keys; equal manifests give equal text. */
    public String toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("format", FORMAT);
        json.add("input", GSON.toJsonTree(input));
        json.add("config", GSON.toJsonTree(config));
        json.add("versions", GSON.toJsonTree(versions));
        json.addProperty("seed", seed);
        json.addProperty("device", device);
        json.add("stages", GSON.toJsonTree(stages));
        json.add("trainings", GSON.toJsonTree(trainings));
        json.add("failures", GSON.toJsonTree(failures));
        return GSON.toJson(json) + "\n";
    }

    /**
     * Reads {@link #toJson}'s text.
     *
     * @param name of the text's source, for messages
     * @throws InvalidDataException if the text is no manifest
     */
    public static RunManifest parse(String name, String text) {
        try {
            JsonObject json = JsonParser.parseString(text).getAsJsonObject();
            int format = require(json, "format").getAsInt();
            if (format != FORMAT && format != FIRST_FORMAT) {
                throw new InvalidDataException(
                        name + ": manifest format is " + format + "; this version reads " + FORMAT);
            }
            JsonObject in = require(json, "input").getAsJsonObject();
            List<StageProducts> stages = new ArrayList<>();
            for (JsonElement e : require(json, "stages").getAsJsonArray()) {
                JsonObject s = e.getAsJsonObject();
                stages.add(new StageProducts(
                        string(s, "stage"),
                        strings(s, "config"),
                        string(s, "fingerprint"),
                        require(s, "products").getAsInt(),
                        string(s, "sha256")));
            }
            List<Training> trainings = new ArrayList<>();
            if (format != FIRST_FORMAT) {
                for (JsonElement e : require(json, "trainings").getAsJsonArray()) {
                    JsonObject t = e.getAsJsonObject();
                    trainings.add(new Training(
                            string(t, "name"),
                            strings(t, "settings"),
                            require(t, "steps").getAsLong(),
                            string(t, "weights")));
                }
            }
            List<Failure> failures = new ArrayList<>();
            for (JsonElement e : require(json, "failures").getAsJsonArray()) {
                JsonObject f = e.getAsJsonObject();
                failures.add(new Failure(string(f, "id"), string(f, "stage"), string(f, "reason")));
            }
            return new RunManifest(
                    new Input(string(in, "dataset"), require(in, "samples").getAsInt(), string(in, "idsSha256")),
                    strings(json, "config"),
                    strings(json, "versions"),
                    require(json, "seed").getAsLong(),
                    string(json, "device"),
                    stages,
                    trainings,
                    failures);
        } catch (JsonParseException | IllegalStateException | UnsupportedOperationException | NumberFormatException e) {
            throw new InvalidDataException(name + ": not a run manifest (" + e.getMessage() + ")", e);
        }
    }

    /**
     * Reads the manifest of an output folder.
     *
     * @throws InvalidDataException if there is none, or the file is not one
     */
    public static RunManifest read(Path folder) {
        Path file = folder.resolve(FILE_NAME);
        return parse(file.toString(), new String(InputBytes.read(file, "a run manifest"), StandardCharsets.UTF_8));
    }

    /**
     * Writes the manifest to an output folder, atomically, and beside it the seconds.
     *
     * @param seconds by what they were spent on; if empty, their file is left as it is
     * @throws java.io.UncheckedIOException naming the file, if one cannot be written
     */
    public void write(Path folder, SortedMap<String, Double> seconds) {
        AtomicFile.write(folder.resolve(FILE_NAME), toJson());
        if (!seconds.isEmpty()) {
            JsonObject json = new JsonObject();
            seconds.forEach((what, s) -> json.addProperty(what, Math.round(s * 1000) / 1000.0));
            AtomicFile.write(folder.resolve(TIMINGS_FILE_NAME), GSON.toJson(json) + "\n");
        }
    }

    private static JsonElement require(JsonObject json, String key) {
        JsonElement e = json.get(key);
        if (e == null) {
            throw new JsonParseException("'" + key + "' is missing");
        }
        return e;
    }

    private static String string(JsonObject json, String key) {
        return require(json, key).getAsString();
    }

    private static SortedMap<String, String> strings(JsonObject json, String key) {
        SortedMap<String, String> map = new TreeMap<>();
        for (Map.Entry<String, JsonElement> e :
                require(json, key).getAsJsonObject().entrySet()) {
            map.put(e.getKey(), e.getValue().getAsString());
        }
        return map;
    }
}
