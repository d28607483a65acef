package dev.wsss.models.zoo;

import ai.djl.util.Progress;
import dev.wsss.api.AtomicFile;
import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Named public weights as files of a local cache.
 *
 * <pre>{@code
 * WeightZoo zoo = WeightZoo.builder().build();
 * Path clip = zoo.get("clip-vit-b16", new ProgressBar());   // downloads once, then answers from the cache
 *
 * WeightZoo cluster = WeightZoo.builder()
 *         .optCacheFolder(Path.of("/shared/weights"))
 *         .optMirror(URI.create("https://mirror.example/weights/"))
 *         .optEntry(WeightEntry.builder().setName("mine").setSource(URI.create("https://...")).build())
 *         .build();
 * }</pre>
 *
 * <p>The cache is a flat folder of files under their published names: by default the folder that the system property
 * {@code wsss.weights} names, else {@code %LOCALAPPDATA%\wsss\weights} on Windows and {@code ~/.cache/wsss/weights}
 * elsewhere. A file placed there by hand is accepted if its hash is the entry's. The system property
 * {@code wsss.weights.offline=true} keeps the zoo from the network.
 *
 * <p>Thread-safe, and several processes may share a cache folder: the first downloads, the others wait and find it.
 */
public final class WeightZoo {
    private static final Logger LOG = LoggerFactory.getLogger(WeightZoo.class);

    /** How much is known of a file in the cache. */
    public enum Status {
        /** Not there. */
        ABSENT,
        /** There, and never compared with a hash: the entry has none, or nobody asked yet. */
        UNVERIFIED,
        /** There, and its content was compared with the entry's hash since it last changed. */
        VERIFIED
    }

    private final Map<String, WeightEntry> entries;
    private final Path folder;
    private final List<Path> otherFolders;
    private final List<URI> mirrors;
    private final boolean offline;
    private final Download.Manners manners;
    private final HttpClient client;
    private final Set<String> warned = ConcurrentHashMap.newKeySet();

    private WeightZoo(Builder builder) {
        Map<String, WeightEntry> table = new LinkedHashMap<>();
        Map<String, String> files = new LinkedHashMap<>();
        List<WeightEntry> all = new ArrayList<>(EntryTable.read());
        all.addAll(builder.entries);
        for (WeightEntry entry : all) {
            if (table.put(entry.name(), entry) != null) {
                throw new IllegalArgumentException("there are two entries named \"" + entry.name() + "\"");
            }
            String other = files.put(entry.file().toLowerCase(Locale.ROOT), entry.name());
            if (other != null) {
                throw new IllegalArgumentException("the entries \"" + other + "\" and \"" + entry.name()
                        + "\" would share the file " + entry.file() + "; name one with optFile");
            }
        }
        this.entries = table;
        this.folder = builder.folder.toAbsolutePath().normalize();
        this.otherFolders = List.copyOf(builder.otherFolders);
        this.mirrors = List.copyOf(builder.mirrors);
        this.offline = builder.offline;
        this.manners = new Download.Manners(builder.stall, builder.retries, builder.firstPause, builder.maxBytes);
        HttpClient.Builder http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                // redirects are followed by hand, to refuse the unsafe ones with a reason
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(builder.connect);
        ProxySelector proxy = builder.proxy != null ? builder.proxy : ProxySelector.getDefault();
        if (proxy != null) {
            http.proxy(proxy);
        }
        this.client = http.build();
    }

    /** A builder of a zoo. */
    public static Builder builder() {
        return new Builder();
    }

    /** Every entry: the library's in their order, then those that were added. */
    public List<WeightEntry> entries() {
        return List.copyOf(entries.values());
    }

    /**
     * The entry of a name.
     *
     * @throws IllegalArgumentException if there is none; the message lists names that resemble it
     */
    public WeightEntry entry(String name) {
        WeightEntry entry = entries.get(name);
        if (entry == null) {
            String stem = name.toLowerCase(Locale.ROOT).split("[^a-z0-9]", 2)[0];
            List<String> near = entries.keySet().stream()
                    .filter(known -> !stem.isEmpty() && known.startsWith(stem))
                    .toList();
            throw new IllegalArgumentException("there are no weights named \"" + name + "\", expected "
                    + (near.isEmpty() ? "one of " + entries.keySet() : "for example one of " + near));
        }
        return entry;
    }

    /** The cache folder. */
    public Path folder() {
        return folder;
    }

    /** Where in the cache the entry's file is, or would be; the place for a file brought by hand. */
    public Path path(String name) {
        return folder.resolve(entry(name).file());
    }

    /**
     * What is known of an entry's file, without reading it.
     *
     * @throws IllegalArgumentException if there is no such entry
     */
    public Status status(String name) {
        WeightEntry entry = entry(name);
        Path file = path(name);
        if (!Files.isRegularFile(file)) {
            return Status.ABSENT;
        }
        return wasVerified(entry, file) ? Status.VERIFIED : Status.UNVERIFIED;
    }

    /** As {@link #get(String, Progress)}, in silence. */
    public Path get(String name) {
        return find(name, null);
    }

    /**
     * The entry's file, downloaded if it is not in the cache. The file is whole and, where the entry has a hash, verified
     * since it last changed; an entry without a hash is warned of once.
     *
     * @param progress told the bytes that have come and, where known, are to come
     * @throws IllegalArgumentException if there is no such entry
     * @throws InvalidDataException if what was delivered, or lies in the cache, is not what the entry's hash says
     * @throws WeightsUnavailableException if the file is not in the cache and cannot be downloaded; what has come so far
     *     is kept, and the next call goes on from there
     */
    public Path get(String name, Progress progress) {
        return find(name, progress);
    }

    /**
     * Reads the entry's file in the cache and compares it with the entry's hash, even if that was done before.
     *
     * @return the file's full hash, by the entry's algorithm (SHA-256 if it has no hash)
     * @throws IllegalArgumentException if there is no such entry
     * @throws InvalidDataException if the hash differs
     * @throws WeightsUnavailableException if the file is not in the cache
     */
    public WeightHash verify(String name) {
        WeightEntry entry = entry(name);
        Path file = path(name);
        if (!Files.isRegularFile(file)) {
            throw new WeightsUnavailableException(name + " is not in the cache: there is no " + file);
        }
        WeightHash expected = entry.hash();
        if (expected == null) {
            return WeightHash.of(file, WeightHash.Algorithm.SHA256);
        }
        WeightHash actual = check(entry, expected, file, file);
        remember(entry, file);
        return actual;
    }

    private Path find(String name, @Nullable Progress progress) {
        WeightEntry entry = entry(name);
        Path file = bring(entry, path(name), progress);
        if (entry.hash() == null && warned.add(name)) {
            LOG.warn("{} is unverified: its publisher states no hash, so {} is used as it is", name, file);
        }
        return file;
    }

    private Path bring(WeightEntry entry, Path file, @Nullable Progress progress) {
        String name = entry.name();
        if (isReady(entry, file)) {
            return file;
        }
        for (Path other : otherFolders) {
            Path candidate = other.resolve(entry.file());
            WeightHash hash = entry.hash();
            // elsewhere only the content can tell that the file is the entry's
            if (hash != null
                    && Files.isRegularFile(candidate)
                    && hash.matches(WeightHash.of(candidate, hash.algorithm()))) {
                return candidate;
            }
        }
        if (offline) {
            throw new WeightsUnavailableException(
                    name + " is not in the cache and the zoo is offline; " + byHand(entry, file));
        }
        if (entry.isByHand() && mirrors.isEmpty()) {
            throw new WeightsUnavailableException(
                    name + " is offered only through a page for people; " + byHand(entry, file));
        }
        try {
            Files.createDirectories(folder);
            try (CacheLock lock = CacheLock.take(folder.resolve("." + entry.file() + ".lock"))) {
                // another process may have been faster
                if (!isReady(entry, file)) {
                    download(entry, file, progress);
                }
            }
            return file;
        } catch (IOException e) {
            throw new WeightsUnavailableException("cannot use the cache folder " + folder + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WeightsUnavailableException(
                    "interrupted while getting " + name + "; what has come so far is kept", e);
        }
    }

    private static String byHand(WeightEntry entry, Path file) {
        String size = entry.size().isPresent()
                ? String.format(Locale.ROOT, " (%.1f MiB)", entry.size().getAsLong() / (double) (1 << 20))
                : "";
        return "get " + (entry.member() == null ? "it" : "\"" + entry.member() + "\" of the archive") + size + " from "
                + entry.source() + " and place it at " + file
                + (entry.hash() == null ? "" : " (" + entry.hash() + ")");
    }

    private void download(WeightEntry entry, Path file, @Nullable Progress progress) throws InterruptedException {
        List<URI> sources = new ArrayList<>();
        for (URI mirror : mirrors) {
            String member = entry.member();
            sources.add(mirror.resolve(member == null ? entry.file() : sourceFile(entry)));
        }
        if (!entry.isByHand()) {
            sources.add(entry.source());
        }
        Path part = folder.resolve("." + entry.file() + ".part");
        try {
            new Download(client, manners, entry, part, progress).run(sources, whole -> publish(entry, whole, file));
        } catch (WeightsUnavailableException e) {
            throw new WeightsUnavailableException(e.getMessage() + "; otherwise " + byHand(entry, file), e);
        } finally {
            if (progress != null) {
                progress.end();
            }
        }
    }

    private static String sourceFile(WeightEntry entry) {
        String path = entry.source().getPath();
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** Checks a downloaded file and gives it its name. */
    private void publish(WeightEntry entry, Path whole, Path file) throws IOException {
        Path content = whole;
        try {
            if (entry.member() != null) {
                content = folder.resolve("." + entry.file() + ".member");
                extract(whole, entry.member(), content);
            }
            WeightHash expected = entry.hash();
            if (expected != null) {
                check(entry, expected, content, whole);
            }
            try {
                Files.move(content, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(content, file, StandardCopyOption.REPLACE_EXISTING);
            }
            if (expected != null) {
                remember(entry, file);
            }
        } finally {
            if (!content.equals(whole)) {
                Files.deleteIfExists(content);
            }
        }
    }

    private void extract(Path archive, String member, Path target) throws IOException {
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            ZipEntry found = zip.getEntry(member);
            if (found == null) {
                throw new InvalidDataException("the archive has no \"" + member + "\"");
            }
            try (InputStream in = zip.getInputStream(found);
                    OutputStream out = Files.newOutputStream(target)) {
                byte[] buffer = new byte[1 << 16];
                long written = 0;
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    written += n;
                    // what an archive says of its members' sizes binds nobody
                    if (written > manners.maxBytes()) {
                        throw new InvalidDataException("\"" + member + "\" unpacks to more than the limit of "
                                + manners.maxBytes() + " bytes");
                    }
                    out.write(buffer, 0, n);
                }
            }
        } catch (ZipException e) {
            throw new InvalidDataException("not a zip archive: " + e.getMessage(), e);
        }
    }

    /** Whether the file is there and good; a file that is there and wrong is never used nor replaced. */
    private boolean isReady(WeightEntry entry, Path file) {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        WeightHash expected = entry.hash();
        if (expected == null || wasVerified(entry, file)) {
            return true;
        }
        try {
            check(entry, expected, file, file);
        } catch (InvalidDataException e) {
            throw new InvalidDataException(e.getMessage() + "; delete it to download it again", e);
        }
        remember(entry, file);
        return true;
    }

    private static WeightHash check(WeightEntry entry, WeightHash expected, Path content, Path named) {
        WeightHash actual = WeightHash.of(content, expected.algorithm());
        if (!expected.matches(actual)) {
            throw new InvalidDataException(named.getFileName() + " is not " + entry.name() + ": it has " + actual
                    + ", expected " + expected + (expected.isFull() ? "" : "..."));
        }
        return actual;
    }

    private Path mark(WeightEntry entry) {
        return folder.resolve("." + entry.file() + ".verified");
    }

    /** What a file looked like when it was verified, so that gigabytes are not read at every start. */
    private static String fingerprint(WeightEntry entry, Path file) throws IOException {
        return entry.hash() + " " + Files.size(file) + " "
                + Files.getLastModifiedTime(file).toMillis();
    }

    private boolean wasVerified(WeightEntry entry, Path file) {
        try {
            return entry.hash() != null
                    && Files.isRegularFile(mark(entry))
                    && Files.readString(mark(entry)).equals(fingerprint(entry, file));
        } catch (IOException e) {
            return false;
        }
    }

    private void remember(WeightEntry entry, Path file) {
        try {
            String fingerprint = fingerprint(entry, file);
            AtomicFile.write(mark(entry), out -> out.write(fingerprint.getBytes(StandardCharsets.UTF_8)));
        } catch (IOException | UncheckedIOException e) {
            // a cache that others own and we may only read
            LOG.debug("cannot note that {} is verified; it will be read again next time", file, e);
        }
    }

    /** Builds a {@link WeightZoo}. */
    public static final class Builder {
        private final List<WeightEntry> entries = new ArrayList<>();
        private final List<Path> otherFolders = new ArrayList<>();
        private final List<URI> mirrors = new ArrayList<>();
        private Path folder = defaultFolder();
        private boolean offline = Boolean.getBoolean("wsss.weights.offline");
        private @Nullable ProxySelector proxy;
        private Duration connect = Duration.ofSeconds(20);
        private Duration stall = Duration.ofSeconds(60);
        private int retries = 5;
        private Duration firstPause = Duration.ofSeconds(1);
        private long maxBytes = 8L << 30;

        private Builder() {}

        private static Path defaultFolder() {
            String property = System.getProperty("wsss.weights");
            if (property != null && !property.isBlank()) {
                return Path.of(property);
            }
            String local = System.getenv("LOCALAPPDATA");
            if (local != null
                    && System.getProperty("os.name", "")
                            .toLowerCase(Locale.ROOT)
                            .startsWith("windows")) {
                return Path.of(local, "wsss", "weights");
            }
            return Path.of(System.getProperty("user.home", "."), ".cache", "wsss", "weights");
        }

        /** The cache folder; it is made when first needed. */
        public Builder optCacheFolder(Path folder) {
            this.folder = folder;
            return this;
        }

        /**
         * A further folder to look in, such as another program's cache ({@code ~/.cache/clip},
         * {@code ~/.cache/torch/hub/checkpoints}). It is only read, and a file there counts only if the entry's hash
         * accepts it. May be given more than once.
         */
        public Builder optAlsoLookIn(Path folder) {
            this.otherFolders.add(folder);
            return this;
        }

        /** Whether to stay off the network; default the system property {@code wsss.weights.offline}, else no. */
        public Builder optOffline(boolean offline) {
            this.offline = offline;
            return this;
        }

        /**
         * A folder of a web server that has the files under their names in the cache; asked before the publisher. An
         * archive from which a member is taken has its published name there. May be given more than once.
         */
        public Builder optMirror(URI folder) {
            String text = folder.toString();
            if (!text.startsWith("https://") && !text.startsWith("http://")) {
                throw new IllegalArgumentException("mirror must be an http or https address, got " + folder);
            }
            this.mirrors.add(URI.create(text.endsWith("/") ? text : text + "/"));
            return this;
        }

        /** Adds an entry. */
        public Builder optEntry(WeightEntry entry) {
            this.entries.add(entry);
            return this;
        }

        /** A proxy for every address; default the system properties {@code https.proxyHost} and its kin. */
        public Builder optProxy(String host, int port) {
            this.proxy = ProxySelector.of(new InetSocketAddress(host, port));
            return this;
        }

        /**
         * How long to wait for a connection, and for a silent server to send more; default 20 and 60 seconds. A
         * download as a whole may take as long as it likes.
         */
        public Builder optTimeouts(Duration connect, Duration stall) {
            if (connect.isZero() || connect.isNegative() || stall.isZero() || stall.isNegative()) {
                throw new IllegalArgumentException("timeouts must be positive, got " + connect + " and " + stall);
            }
            this.connect = connect;
            this.stall = stall;
            return this;
        }

        /**
         * How often to try again what failed, and the pause before the first time, which doubles each time up to 30
         * seconds; default 5 and 1 second. An attempt that brought at least 1 MiB does not count.
         */
        public Builder optRetries(int retries, Duration firstPause) {
            if (retries < 0 || firstPause.isNegative()) {
                throw new IllegalArgumentException(
                        "retries and pause must not be negative, got " + retries + " and " + firstPause);
            }
            this.retries = retries;
            this.firstPause = firstPause;
            return this;
        }

        /** The most bytes to accept where an entry does not state its size; default 8 GiB. */
        public Builder optMaxBytes(long bytes) {
            if (bytes <= 0) {
                throw new IllegalArgumentException("maxBytes must be positive, got " + bytes);
            }
            this.maxBytes = bytes;
            return this;
        }

        /**
         * The zoo. Touches neither disk nor network.
         *
         * @throws IllegalArgumentException if two entries share a name or a file
         */
        public WeightZoo build() {
            return new WeightZoo(this);
        }
    }
}
