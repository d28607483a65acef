package dev.wsss.models.zoo;

import ai.djl.util.Progress;
import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.Flow;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings one file from the first of several addresses that has it, into a partial file that survives an interruption.
 *
 * <p>Beside the partial file lies a note of where it came from and which version of the file it was (the server's ETag,
 * else its date). The next attempt asks for the rest on condition that the server still has that version (RFC 9110,
 * If-Range); a server that does not, or that ignores ranges, answers with the whole file, and the download begins anew. A
 * kept file that lacks nothing is checked and taken; if it is wrong, the download begins anew as well.
 */
final class Download {
    private static final Logger LOG = LoggerFactory.getLogger(Download.class);
    private static final int MAX_REDIRECTS = 10;
    private static final Duration MAX_PAUSE = Duration.ofSeconds(30);

    /** An attempt that brought this much does not count as a failure, so that a long file outlives a bad line. */
    private static final long WORTHWHILE_BYTES = 1 << 20;

    private static final long PROGRESS_STEP_BYTES = 1 << 18;
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-(\\d+)/(\\d+|\\*)");

    /** How to behave towards servers. */
    record Manners(Duration stall, int retries, Duration firstPause, long maxBytes) {}

    /** An answer that asking again will not change. */
    private static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }

    /** A server that is busy and says for how long. */
    private static final class BusyException extends IOException {
        private static final long serialVersionUID = 1L;
        private final Duration pause;

        BusyException(String message, Duration pause) {
            super(message);
            this.pause = pause;
        }
    }

    /** Where a partial file came from and which version of it; no version if the server did not say. */
    private record Origin(URI uri, String version) {
        static @Nullable Origin read(Path note) {
            try {
                List<String> lines = Files.readAllLines(note);
                return lines.size() == 2 ? new Origin(URI.create(lines.get(0)), lines.get(1)) : null;
            } catch (IOException | IllegalArgumentException e) {
                return null;
            }
        }

        void write(Path note) throws IOException {
            Files.write(note, List.of(uri.toString(), version));
        }
    }

    private final HttpClient client;
    private final Manners manners;
    private final WeightEntry entry;
    private final Path part;
    private final Path note;
    private final @Nullable Progress progress;

    Download(HttpClient client, Manners manners, WeightEntry entry, Path part, @Nullable Progress progress) {
        this.client = client;
        this.manners = manners;
        this.entry = entry;
        this.part = part;
        this.note = part.resolveSibling(part.getFileName() + ".origin");
        this.progress = progress;
    }

    /** Checks a whole partial file and makes of it what is wanted. */
    @FunctionalInterface
    interface Acceptance {
        /**
         * Accepts the file.
         *
         * @throws InvalidDataException if it is not the expected one
         */
        void accept(Path part) throws IOException;
    }

    /**
     * Tries the addresses in order until the acceptance takes what one of them delivers.
     *
     * @throws InvalidDataException if the last address delivered something else than the entry says
     * @throws WeightsUnavailableException if nothing was delivered, or the disk fails; what came so far is kept
     */
    void run(List<URI> sources, Acceptance acceptance) throws InterruptedException {
        List<String> failures = new ArrayList<>();
        InvalidDataException wrong = null;
        for (URI source : sources) {
            try {
                fetchAndAccept(source, acceptance);
                return;
            } catch (InvalidDataException e) {
                wrong = e;
                failures.add(source + ": " + e.getMessage());
            } catch (IOException e) {
                wrong = null;
                failures.add(source + ": " + e.getMessage());
            }
            LOG.info("{}", failures.get(failures.size() - 1));
        }
        String message = "cannot download " + entry.name() + " from " + String.join("; from ", failures);
        if (wrong != null) {
            throw new InvalidDataException(message, wrong);
        }
        throw new WeightsUnavailableException(message);
    }

    private void fetchAndAccept(URI source, Acceptance acceptance) throws IOException, InterruptedException {
        boolean resumed = fetch(source);
        try {
            acceptance.accept(part);
        } catch (InvalidDataException e) {
            forget();
            if (!resumed) {
                throw e;
            }
            // the kept beginning may have been of another file; only a whole download can tell
            LOG.info("{}: the resumed download is wrong, beginning anew: {}", entry.name(), e.getMessage());
            fetch(source);
            try {
                acceptance.accept(part);
            } catch (InvalidDataException again) {
                forget();
                throw again;
            }
        }
        forget();
    }

    /** Removes the partial file, if the acceptance left it, and its note. */
    private void forget() {
        disk("remove", () -> {
            Files.deleteIfExists(part);
            Files.deleteIfExists(note);
        });
    }

    /** Downloads with retries; returns whether the file was put together from more than one answer. */
    private boolean fetch(URI source) throws IOException, InterruptedException {
        boolean resumed = false;
        int failures = 0;
        while (true) {
            long before = have();
            Duration pause;
            String reason;
            try {
                return attempt(source) || resumed;
            } catch (RefusedException e) {
                throw e;
            } catch (BusyException e) {
                reason = String.valueOf(e.getMessage());
                pause = e.pause;
            } catch (IOException e) {
                reason = explain(e);
                pause = Duration.ZERO;
            }
            resumed |= have() > 0;
            failures = have() - before >= WORTHWHILE_BYTES ? 0 : failures + 1;
            if (failures > manners.retries()) {
                throw new IOException(reason + " (" + failures + " attempts"
                        + (have() > 0 ? "; " + have() + " bytes are kept and the next call resumes" : "") + ")");
            }
            pause = max(pause, backoff(failures));
            LOG.info("{}: {}; again in {} ms", entry.name(), reason, pause.toMillis());
            Thread.sleep(pause.toMillis());
        }
    }

    private Duration backoff(int failures) {
        Duration pause = manners.firstPause().multipliedBy(1L << Math.min(20, Math.max(0, failures - 1)));
        return pause.compareTo(MAX_PAUSE) < 0 ? pause : MAX_PAUSE;
    }

    private static Duration max(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? b : a;
    }

    /** One request; returns whether it continued a kept beginning. */
    private boolean attempt(URI source) throws IOException, InterruptedException {
        long have = have();
        Origin origin = have > 0 ? Origin.read(note) : null;
        if (origin == null || !continues(origin, source)) {
            have = 0;
        }
        if (have > 0 && have == entry.size().orElse(-1) && entry.hash() != null) {
            return true; // what is kept lacks nothing but the check
        }
        HttpResponse<Flow.Publisher<List<ByteBuffer>>> response = send(source, have, origin);
        try (BodyReader body = new BodyReader(response.body())) {
            HttpHeaders headers = response.headers();
            switch (response.statusCode()) {
                case 200 -> have = 0;
                case 206 -> checkRange(headers, have);
                case 416 -> {
                    if (have > 0 && entry.hash() != null && entry.size().isEmpty()) {
                        return true; // nothing may be missing: the hash tells
                    }
                    // the kept beginning is no beginning of what the server has now
                    forget();
                    throw new IOException("the server has no bytes from " + have + " on");
                }
                default -> throw failure(response.statusCode(), headers);
            }
            checkType(headers);
            OptionalLong rest = headers.firstValueAsLong("Content-Length");
            OptionalLong total = rest.isPresent() ? OptionalLong.of(have + rest.getAsLong()) : OptionalLong.empty();
            checkSize(total, have);
            receive(source, headers, body, have, total);
            return have > 0;
        }
    }

    private boolean continues(Origin origin, URI source) {
        // without a version only the hash can tell whether beginning and rest belong together
        return (origin.uri().equals(source) && !origin.version().isEmpty()) || entry.hash() != null;
    }

    private HttpResponse<Flow.Publisher<List<ByteBuffer>>> send(URI source, long have, @Nullable Origin origin)
            throws IOException, InterruptedException {
        URI uri = source;
        for (int i = 0; i <= MAX_REDIRECTS; i++) {
            HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                    .timeout(manners.stall())
                    .header("User-Agent", "wsss")
                    .header("Accept-Encoding", "identity");
            if (have > 0) {
                request.header("Range", "bytes=" + have + "-");
                if (origin != null
                        && origin.uri().equals(source)
                        && !origin.version().isEmpty()) {
                    request.header("If-Range", origin.version());
                }
            }
            HttpResponse<Flow.Publisher<List<ByteBuffer>>> response =
                    client.send(request.build(), BodyHandlers.ofPublisher());
            int status = response.statusCode();
            if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308) {
                return response;
            }
            new BodyReader(response.body()).close();
            uri = redirect(uri, response.headers().firstValue("Location").orElse(""));
        }
        throw new RefusedException("more than " + MAX_REDIRECTS + " redirects");
    }

    /** Where a redirect leads; never from https to anything else. */
    static URI redirect(URI from, String location) throws IOException {
        URI to;
        try {
            to = from.resolve(location);
        } catch (IllegalArgumentException e) {
            throw new RefusedException("a redirect to \"" + location + "\", which is no address");
        }
        String scheme = to.getScheme() == null ? "" : to.getScheme().toLowerCase(Locale.ROOT);
        boolean safe = scheme.equals("https") || (scheme.equals("http") && "http".equalsIgnoreCase(from.getScheme()));
        if (!safe || to.getHost() == null) {
            throw new RefusedException("a redirect from " + from + " to " + to
                    + " is refused: expected an https address"
                    + ("http".equalsIgnoreCase(from.getScheme()) ? " or an http one" : ""));
        }
        return to;
    }

    private static IOException failure(int status, HttpHeaders headers) {
        String text = "the server answers " + status;
        if (status == 408 || status == 429 || status >= 500) {
            long seconds = 0;
            try {
                seconds = Long.parseLong(headers.firstValue("Retry-After").orElse("0"));
            } catch (NumberFormatException e) {
                LOG.debug("Retry-After is a date; the usual pause is used");
            }
            Duration asked = Duration.ofSeconds(Math.max(0, Math.min(seconds, MAX_PAUSE.toSeconds())));
            return new BusyException(text, asked);
        }
        return new RefusedException(text);
    }

    private static void checkRange(HttpHeaders headers, long have) throws IOException {
        String text = headers.firstValue("Content-Range").orElse("");
        Matcher matcher = CONTENT_RANGE.matcher(text);
        if (!matcher.matches() || !matcher.group(1).equals(Long.toString(have))) {
            throw new RefusedException(
                    "the server answers with the range \"" + text + "\", expected one from byte " + have);
        }
    }

    /** A page instead of a file: what a captive portal or a consent form sends, with status 200. */
    private static void checkType(HttpHeaders headers) throws RefusedException {
        String type = headers.firstValue("Content-Type").orElse("").toLowerCase(Locale.ROOT);
        if (type.startsWith("text/html")) {
            throw new RefusedException("the server sends a web page (" + type + "), expected a file of weights");
        }
        String encoding = headers.firstValue("Content-Encoding").orElse("identity");
        if (!encoding.equalsIgnoreCase("identity")) {
            throw new RefusedException("the server sends the content encoded as " + encoding + ", expected it plain");
        }
    }

    private void checkSize(OptionalLong total, long have) throws RefusedException {
        if (total.isPresent()) {
            long bytes = total.getAsLong();
            OptionalLong size = entry.size();
            if (size.isPresent() && bytes != size.getAsLong()) {
                throw new RefusedException("the server announces " + bytes + " bytes, expected " + size.getAsLong());
            }
            if (bytes > manners.maxBytes()) {
                throw new RefusedException(
                        "the server announces " + bytes + " bytes, more than the limit of " + manners.maxBytes());
            }
        }
        long needed = total.orElse(entry.size().orElse(0)) - have;
        disk("make room in", () -> {
            Path folder = part.toAbsolutePath().getParent();
            long free = Files.getFileStore(folder == null ? part : folder).getUsableSpace();
            if (free < needed) {
                throw new IOException(needed + " more bytes are needed and " + free + " are free");
            }
        });
    }

    private void receive(URI source, HttpHeaders headers, BodyReader body, long have, OptionalLong total)
            throws IOException, InterruptedException {
        long limit = entry.size().orElse(manners.maxBytes());
        long position = have;
        try (FileChannel out = open(source, headers, have)) {
            report(position, total.orElse(entry.size().orElse(-1)), true);
            long reported = position;
            for (List<ByteBuffer> piece = body.next(manners.stall());
                    piece != null;
                    piece = body.next(manners.stall())) {
                for (ByteBuffer buffer : piece) {
                    position += buffer.remaining();
                    if (position > limit) {
                        out.close();
                        forget();
                        throw new RefusedException("the server sends more than " + limit + " bytes");
                    }
                    write(out, buffer);
                }
                if (position - reported >= PROGRESS_STEP_BYTES) {
                    report(position, -1, false);
                    reported = position;
                }
            }
            disk("write", () -> out.force(true));
            report(position, -1, false);
        }
        OptionalLong expected = total.isPresent() ? total : entry.size();
        if (expected.isPresent() && position != expected.getAsLong()) {
            throw new IOException("the connection ended after " + position + " of " + expected.getAsLong() + " bytes");
        }
    }

    private FileChannel open(URI source, HttpHeaders headers, long have) {
        FileChannel[] out = new FileChannel[1];
        disk("write", () -> {
            if (have == 0) {
                new Origin(source, version(headers)).write(note);
                out[0] = FileChannel.open(
                        part,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING);
            } else {
                out[0] = FileChannel.open(part, StandardOpenOption.WRITE);
                out[0].position(have);
            }
        });
        return out[0];
    }

    /** What If-Range may carry: a strong ETag, else a date. */
    private static String version(HttpHeaders headers) {
        String tag = headers.firstValue("ETag").orElse("");
        return tag.startsWith("\"") ? tag : headers.firstValue("Last-Modified").orElse("");
    }

    private void write(FileChannel out, ByteBuffer buffer) {
        disk("write", () -> {
            while (buffer.hasRemaining()) {
                out.write(buffer);
            }
        });
    }

    private void report(long position, long total, boolean first) {
        if (progress == null) {
            return;
        }
        if (first) {
            progress.reset(entry.name(), total);
        }
        progress.update(position);
    }

    private long have() {
        try {
            return Files.exists(part) ? Files.size(part) : 0;
        } catch (IOException e) {
            throw new WeightsUnavailableException("cannot read " + part + ": " + e.getMessage(), e);
        }
    }

    @FunctionalInterface
    private interface DiskAction {
        void run() throws IOException;
    }

    /** Keeps a failing disk apart from a failing network: it is neither retried nor looked for elsewhere. */
    private void disk(String verb, DiskAction action) {
        try {
            action.run();
        } catch (IOException e) {
            throw new WeightsUnavailableException(
                    "cannot " + verb + " " + part + " for " + entry.name() + ": " + e.getMessage(), e);
        }
    }

    private String explain(IOException e) {
        if (e instanceof HttpConnectTimeoutException) {
            return "no connection in time";
        }
        if (e instanceof HttpTimeoutException) {
            return "the server is silent: no data for " + manners.stall().toMillis() + " ms";
        }
        if (e instanceof ConnectException) {
            return "no connection" + (e.getMessage() == null ? "" : ": " + e.getMessage());
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }
}
