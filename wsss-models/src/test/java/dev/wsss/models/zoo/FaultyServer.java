package dev.wsss.models.zoo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A web server on loopback with one file, which misbehaves as told: once per fault, then properly. */
final class FaultyServer implements AutoCloseable {
    /** Answers one request instead of the server. */
    @FunctionalInterface
    interface Fault {
        void answer(FaultyServer server, HttpExchange exchange) throws IOException, InterruptedException;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Deque<Fault> faults = new ArrayDeque<>();
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    private volatile byte[] content;
    private volatile @Nullable String tag = "\"v1\"";
    private volatile boolean ranges = true;

    FaultyServer(byte[] content) throws IOException {
        this.content = content;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    static byte[] bytes(int n, long seed) {
        byte[] bytes = new byte[n];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    FaultyServer fault(Fault fault) {
        faults.add(fault);
        return this;
    }

    FaultyServer faults(int times, Fault fault) {
        for (int i = 0; i < times; i++) {
            fault(fault);
        }
        return this;
    }

    FaultyServer content(byte[] bytes, @Nullable String etag) {
        content = bytes;
        tag = etag;
        return this;
    }

    FaultyServer ignoreRanges() {
        ranges = false;
        return this;
    }

    byte[] content() {
        return content;
    }

    int port() {
        return server.getAddress().getPort();
    }

    URI uri(String file) {
        return URI.create("http://127.0.0.1:" + port() + "/" + file);
    }

    /** What was asked: {@code "/weights.bin"} or {@code "/weights.bin bytes=5- if \"v1\""}. */
    List<String> requests() {
        synchronized (requests) {
            return List.copyOf(requests);
        }
    }

    long count(Predicate<String> filter) {
        return requests().stream().filter(filter).count();
    }

    /** Announces the whole file, sends its first bytes, and hangs up. */
    static Fault cutAfter(int bytes) {
        return (server, exchange) -> {
            server.headers(exchange);
            exchange.sendResponseHeaders(200, server.content().length);
            exchange.getResponseBody().write(server.content(), 0, bytes);
            exchange.getResponseBody().flush();
        };
    }

    /** Sends the first bytes, and nothing more for so long. */
    static Fault stallAfter(int bytes, long millis) {
        return (server, exchange) -> {
            cutAfter(bytes).answer(server, exchange);
            Thread.sleep(millis);
        };
    }

    static Fault status(int code) {
        return (server, exchange) -> exchange.sendResponseHeaders(code, -1);
    }

    static Fault redirect(String location) {
        return (server, exchange) -> {
            exchange.getResponseHeaders().set("Location", location);
            exchange.sendResponseHeaders(302, -1);
        };
    }

    /** Answers with other bytes under a length of its choice. */
    static Fault body(byte[] bytes, long announced, String type) {
        return (server, exchange) -> {
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(200, announced);
            exchange.getResponseBody().write(bytes);
            exchange.getResponseBody().flush();
        };
    }

    private void headers(HttpExchange exchange) {
        if (tag != null) {
            exchange.getResponseHeaders().set("ETag", tag);
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        String range = exchange.getRequestHeaders().getFirst("Range");
        String condition = exchange.getRequestHeaders().getFirst("If-Range");
        requests.add(exchange.getRequestURI().getPath()
                + (range == null ? "" : " " + range)
                + (condition == null ? "" : " if " + condition));
        Fault fault;
        synchronized (faults) {
            fault = faults.poll();
        }
        try {
            if (fault != null) {
                fault.answer(this, exchange);
            } else {
                serve(exchange, range, condition);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            exchange.close();
        }
    }

    private void serve(HttpExchange exchange, @Nullable String range, @Nullable String condition) throws IOException {
        headers(exchange);
        byte[] bytes = content;
        boolean partial = false;
        int from = 0;
        if (ranges && range != null && (condition == null || condition.equals(tag))) {
            partial = true;
            from = Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
        }
        if (from >= bytes.length) {
            exchange.sendResponseHeaders(416, -1);
            return;
        }
        if (partial) {
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes " + from + "-" + (bytes.length - 1) + "/" + bytes.length);
        }
        exchange.sendResponseHeaders(partial ? 206 : 200, bytes.length - from);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes, from, bytes.length - from);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
