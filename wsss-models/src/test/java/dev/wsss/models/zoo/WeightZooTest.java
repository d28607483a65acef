package dev.wsss.models.zoo;

import static dev.wsss.models.zoo.FaultyServer.body;
import static dev.wsss.models.zoo.FaultyServer.cutAfter;
import static dev.wsss.models.zoo.FaultyServer.redirect;
import static dev.wsss.models.zoo.FaultyServer.stallAfter;
import static dev.wsss.models.zoo.FaultyServer.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.util.Progress;
import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The cache and its downloads, against a server that does everything wrong that servers do. */
@Timeout(30)
class WeightZooTest {
    private static final int SIZE = 300_000;
    private static final String NAME = "test";
    private static final String FILE = "weights.bin";

    private final byte[] content = FaultyServer.bytes(SIZE, 1);
    private final FaultyServer server = new FaultyServer(content);
    private final Path folder;

    WeightZooTest(@TempDir Path folder) throws IOException {
        this.folder = folder;
    }

    /** The first request of a process loads much; the short timeouts below are for the second. */
    @BeforeAll
    static void warmUp(@TempDir Path folder) throws IOException {
        try (FaultyServer server = new FaultyServer(new byte[1])) {
            WeightEntry entry = WeightEntry.builder()
                    .setName(NAME)
                    .setSource(server.uri(FILE))
                    .build();
            WeightZoo.builder().optCacheFolder(folder).optEntry(entry).build().get(NAME);
        }
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void downloadsOnceWithProgressAndAnswersFromTheCache() throws IOException {
        WeightZoo zoo = zoo(entry());
        Recorder progress = new Recorder();
        assertThat(zoo.status(NAME)).isEqualTo(WeightZoo.Status.ABSENT);

        Path file = zoo.get(NAME, progress);

        assertThat(file).isEqualTo(zoo.path(NAME)).hasBinaryContent(content);
        assertThat(progress.calls).startsWith("reset test " + SIZE, "0").endsWith(Integer.toString(SIZE), "end");
        assertThat(zoo.status(NAME)).isEqualTo(WeightZoo.Status.VERIFIED);
        assertThat(zoo(entry()).get(NAME)).isEqualTo(file);
        assertThat(server.requests()).containsExactly("/" + FILE);
        assertNothingLeft();
    }

    @Test
    void resumesAfterACutAndChecksTheVersion() {
        server.fault(cutAfter(100_000)).fault(cutAfter(0));
        assertThat(zoo(entry()).get(NAME)).hasBinaryContent(content);
        assertThat(server.requests()).hasSize(3);
        // how many of the bytes on the way arrive before the cut is the socket's business
        assertThat(server.requests().get(1)).startsWith("/" + FILE);
        assertThat(server.requests().get(2)).startsWith("/" + FILE);
    }

    @Test
    void aStalledDownloadIsGivenUpAndResumedWhereItWas() {
        server.fault(stallAfter(100_000, 3_000));
        assertThat(zoo(entry()).get(NAME)).hasBinaryContent(content);
        assertThat(server.requests()).containsExactly("/" + FILE, "/" + FILE + " bytes=100000- if \"v1\"");
    }

    @Test
    void aServerThatNeverAnswersIsGivenUp() {
        server.faults(3, (s, exchange) -> Thread.sleep(3_000));
        assertThatThrownBy(() -> zoo(entry()).get(NAME))
                .isInstanceOf(WeightsUnavailableException.class)
                .hasMessageContaining("the server is silent")
                .hasMessageContaining("3 attempts");
    }

    @Test
    void aLaterCallGoesOnWhereAnEarlierOneFailed() {
        server.fault(stallAfter(120_000, 3_000));
        assertThatThrownBy(
                        () -> base(entry()).optRetries(0, Duration.ZERO).build().get(NAME))
                .isInstanceOf(WeightsUnavailableException.class)
                .hasMessageContaining("120000 bytes are kept")
                .hasMessageContaining("place it at " + folder.resolve(FILE));
        assertThat(folder.resolve(FILE)).doesNotExist();

        assertThat(zoo(entry()).get(NAME)).hasBinaryContent(content);
        assertThat(server.requests()).last().isEqualTo("/" + FILE + " bytes=120000- if \"v1\"");
        assertNothingLeft();
    }

    @Test
    void aServerThatIgnoresRangesBeginsAnew() {
        server.ignoreRanges().fault(stallAfter(100_000, 3_000));
        assertThat(zoo(entry()).get(NAME)).hasBinaryContent(content);
        assertThat(server.count(r -> r.contains("bytes=100000-"))).isOne();
    }

    @Test
    void aFileThatChangedOnTheServerBeginsAnew() {
        byte[] newer = FaultyServer.bytes(SIZE, 2);
        server.fault((s, exchange) -> {
            stallAfter(100_000, 3_000).answer(s, exchange);
        });
        server.fault((s, exchange) -> {
            s.content(newer, "\"v2\"");
            exchange.sendResponseHeaders(503, -1);
        });
        WeightEntry entry = builder(server.uri(FILE)).build();
        assertThat(zoo(entry).get(NAME)).hasBinaryContent(newer);
        assertThat(server.requests()).last().isEqualTo("/" + FILE + " bytes=100000- if \"v1\"");
    }

    @Test
    void withoutAVersionAnUnverifiedFileBeginsAnewAndAVerifiedOneResumes() throws IOException {
        server.content(content, null).fault(stallAfter(100_000, 3_000));
        zoo(builder(server.uri(FILE)).build()).get(NAME);
        assertThat(server.requests()).containsExactly("/" + FILE, "/" + FILE);

        Files.delete(folder.resolve(FILE));
        server.fault(stallAfter(100_000, 3_000));
        zoo(entry()).get(NAME);
        assertThat(server.requests()).last().isEqualTo("/" + FILE + " bytes=100000-");
    }

    @Test
    void aWrongBeginningIsFoundByTheHashAndDownloadedAgain() throws IOException {
        keep(new byte[50_000]);
        assertThat(zoo(entry()).get(NAME)).hasBinaryContent(content);
        assertThat(server.requests()).containsExactly("/" + FILE + " bytes=50000- if \"v1\"", "/" + FILE);
    }

    @Test
    void aBeginningLongerThanTheFileIsDropped() throws IOException {
        keep(new byte[SIZE + 1]);
        assertThat(zoo(entry()).get(NAME)).hasBinaryContent(content);
    }

    private void keep(byte[] part) throws IOException {
        Files.write(folder.resolve("." + FILE + ".part"), part);
        Files.write(
                folder.resolve("." + FILE + ".part.origin"),
                List.of(server.uri(FILE).toString(), "\"v1\""));
    }

    @Test
    void aWholePartialFileIsCheckedAndTaken() throws IOException {
        keep(content);
        assertThat(zoo(entry()).get(NAME)).hasBinaryContent(content);
        assertThat(server.requests()).isEmpty();
        assertNothingLeft();
    }

    @Test
    void aWholePartialFileOfUnknownSizeIsTakenWhenTheServerHasNoMore() throws IOException {
        keep(content);
        WeightEntry entry = builder(server.uri(FILE)).optHash(hash()).build();
        assertThat(zoo(entry).get(NAME)).hasBinaryContent(content);
        assertThat(server.requests()).containsExactly("/" + FILE + " bytes=" + SIZE + "- if \"v1\"");
        assertNothingLeft();
    }

    @Test
    void aWholePartialFileThatIsWrongIsDownloadedAgain() throws IOException {
        keep(new byte[SIZE]);
        assertThat(zoo(entry()).get(NAME)).hasBinaryContent(content);
        assertThat(server.requests()).containsExactly("/" + FILE);

        Files.delete(folder.resolve(FILE));
        keep(new byte[SIZE + 7]);
        WeightEntry entry = builder(server.uri(FILE)).optHash(hash()).build();
        assertThat(zoo(entry).get(NAME)).hasBinaryContent(content);
        assertNothingLeft();
    }

    @Test
    void aWrongContentIsRefusedAndNotKept() {
        server.content(FaultyServer.bytes(SIZE, 3), "\"v1\"");
        assertThatThrownBy(() -> zoo(entry()).get(NAME))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("is not test")
                .hasMessageContaining("expected " + hash());
        assertThat(folder.resolve(FILE)).doesNotExist();
        assertNothingLeft();
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void aShorterLengthThanTheEntrysIsRefused() {
        server.fault(body(new byte[10], 10, "application/octet-stream"));
        assertThatThrownBy(() -> zoo(entry()).get(NAME))
                .isInstanceOf(WeightsUnavailableException.class)
                .hasMessageContaining("announces 10 bytes, expected " + SIZE);
    }

    @Test
    void aLengthThatLiesDownwardsIsFoundByTheHash() {
        server.fault(body(Arrays.copyOf(content, 1000), 1000, "application/octet-stream"));
        WeightEntry entry = builder(server.uri(FILE)).optHash(hash()).build();
        assertThatThrownBy(() -> zoo(entry).get(NAME)).isInstanceOf(InvalidDataException.class);
    }

    @Test
    void aLengthThatLiesUpwardsIsACutAndResumed() {
        server.fault(body(Arrays.copyOf(content, 1000), SIZE, "application/octet-stream"));
        assertThat(zoo(entry()).get(NAME)).hasBinaryContent(content);
    }

    @Test
    void noMoreIsWrittenThanTheLimit() throws IOException {
        // length 0 means chunked: nothing is announced
        server.fault(body(new byte[SIZE], 0, "application/octet-stream"));
        WeightZoo zoo =
                base(builder(server.uri(FILE)).build()).optMaxBytes(100_000).build();
        assertThatThrownBy(() -> zoo.get(NAME)).hasMessageContaining("sends more than 100000 bytes");
        assertThatThrownBy(() -> zoo.get(NAME)).hasMessageContaining("more than the limit of 100000");
        assertNothingLeft();
    }

    @Test
    void aChunkedAnswerOfUnknownLengthIsFine() {
        server.fault(body(content, 0, "application/octet-stream"));
        assertThat(zoo(entry()).get(NAME)).hasBinaryContent(content);
    }

    @Test
    void aFileThatDoesNotFitOnTheDiskIsRefusedBeforeItIsWritten() {
        server.fault((s, exchange) -> exchange.sendResponseHeaders(200, Long.MAX_VALUE / 2));
        WeightZoo zoo = base(builder(server.uri(FILE)).build())
                .optMaxBytes(Long.MAX_VALUE)
                .build();
        assertThatThrownBy(() -> zoo.get(NAME))
                .isInstanceOf(WeightsUnavailableException.class)
                .hasMessageContaining("cannot make room in " + folder)
                .hasMessageContaining("are free");
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void aFolderThatCannotBeMadeIsNamed() throws IOException {
        Path inTheWay = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> base(entry())
                        .optCacheFolder(inTheWay.resolve("cache"))
                        .build()
                        .get(NAME))
                .isInstanceOf(WeightsUnavailableException.class)
                .hasMessageContaining("cannot use the cache folder " + inTheWay.resolve("cache"));
    }

    @Test
    void aWebPageIsNotAFile() {
        server.fault(body("<html>please log in</html>".getBytes(), 26, "text/html; charset=utf-8"));
        assertThatThrownBy(() -> zoo(builder(server.uri(FILE)).build()).get(NAME))
                .hasMessageContaining("sends a web page");
    }

    @Test
    void aBusyServerIsAskedAgainAndAMissingFileIsNot() {
        server.fault(status(503)).fault(status(429));
        assertThat(zoo(entry()).get(NAME)).hasBinaryContent(content);

        server.fault(status(404));
        WeightEntry other = builder(server.uri("other.bin")).setName("other").build();
        assertThatThrownBy(() -> zoo(other).get("other")).hasMessageContaining("answers 404");
        assertThat(server.count("/other.bin"::equals)).isOne();
    }

    @Test
    void redirectsAreFollowedUnlessTheyAreUnsafeOrEndless() {
        server.fault(redirect("/moved/" + FILE));
        assertThat(zoo(entry()).get(NAME)).hasBinaryContent(content);
        assertThat(server.requests()).containsExactly("/" + FILE, "/moved/" + FILE);

        server.fault(redirect("file:///etc/passwd"));
        WeightEntry other = builder(server.uri("other.bin")).setName("other").build();
        assertThatThrownBy(() -> zoo(other).get("other")).hasMessageContaining("to file:///etc/passwd is refused");
        server.faults(20, redirect("/again"));
        assertThatThrownBy(() -> zoo(other).get("other")).hasMessageContaining("more than 10 redirects");
    }

    @Test
    void aRedirectFromHttpsToHttpIsRefused() {
        assertThatThrownBy(() -> Download.redirect(URI.create("https://a.example/x"), "http://a.example/x"))
                .hasMessageContaining("from https://a.example/x to http://a.example/x is refused");
    }

    @Test
    void aMirrorIsAskedFirstAndThePublisherWhenItFails() throws IOException {
        try (FaultyServer mirror = new FaultyServer(FaultyServer.bytes(SIZE, 9))) {
            WeightZoo zoo = base(entry()).optMirror(mirror.uri("deep/folder")).build();
            assertThat(zoo.get(NAME)).hasBinaryContent(content);
            assertThat(mirror.requests()).containsExactly("/deep/folder/" + FILE);
            assertThat(server.requests()).containsExactly("/" + FILE);
        }
    }

    @Test
    void aProxyIsUsed() {
        WeightEntry entry = builder(URI.create("http://nowhere.invalid/" + FILE))
                .optHash(hash())
                .build();
        WeightZoo zoo = base(entry).optProxy("127.0.0.1", server.port()).build();
        assertThat(zoo.get(NAME)).hasBinaryContent(content);
        assertThat(server.requests()).containsExactly("/" + FILE);
    }

    @Test
    void offlineSaysWhereToPlaceTheFileAndTakesItFromThere() throws IOException {
        WeightZoo zoo = base(entry()).optOffline(true).build();
        assertThatThrownBy(() -> zoo.get(NAME))
                .isInstanceOf(WeightsUnavailableException.class)
                .hasMessageContaining("offline")
                .hasMessageContaining("(0.3 MiB)")
                .hasMessageContaining(server.uri(FILE).toString())
                .hasMessageContaining("place it at " + folder.resolve(FILE))
                .hasMessageContaining(hash().toString());

        Files.write(folder.resolve(FILE), content);
        assertThat(zoo.status(NAME)).isEqualTo(WeightZoo.Status.UNVERIFIED);
        assertThat(zoo.get(NAME)).isEqualTo(folder.resolve(FILE));
        assertThat(zoo.status(NAME)).isEqualTo(WeightZoo.Status.VERIFIED);
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void aWrongFilePlacedByHandIsNeitherUsedNorReplaced() throws IOException {
        Files.writeString(folder.resolve(FILE), "mine");
        assertThatThrownBy(() -> zoo(entry()).get(NAME))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("delete it");
        assertThat(folder.resolve(FILE)).hasContent("mine");
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void aFileThatChangesAfterItWasVerifiedIsNoticed() throws IOException {
        WeightZoo zoo = zoo(entry());
        Path file = zoo.get(NAME);
        assertThat(zoo.verify(NAME)).isEqualTo(hash());
        Files.writeString(file, "damaged");
        assertThat(zoo.status(NAME)).isEqualTo(WeightZoo.Status.UNVERIFIED);
        assertThatThrownBy(() -> zoo.get(NAME)).isInstanceOf(InvalidDataException.class);
        assertThatThrownBy(() -> zoo.verify(NAME)).isInstanceOf(InvalidDataException.class);
    }

    @Test
    void anotherProgramsCacheIsReadAndItsWrongFilesAreNot(@TempDir Path other) throws IOException {
        Files.write(other.resolve(FILE), content);
        assertThat(base(entry()).optAlsoLookIn(other).build().get(NAME)).isEqualTo(other.resolve(FILE));
        assertThat(server.requests()).isEmpty();

        Files.writeString(other.resolve(FILE), "something else");
        assertThat(base(entry()).optAlsoLookIn(other).build().get(NAME)).isEqualTo(folder.resolve(FILE));
    }

    @Test
    void aMemberIsTakenOutOfAnArchive() throws IOException {
        Path zip = folder.resolve("a.zip");
        try (OutputStream out = Files.newOutputStream(zip);
                ZipOutputStream archive = new ZipOutputStream(out)) {
            archive.putNextEntry(new ZipEntry("inner.pth"));
            archive.write(content);
        }
        server.content(Files.readAllBytes(zip), "\"zip\"");
        Files.delete(zip);
        WeightEntry entry = builder(server.uri("a.zip"))
                .optFile("inner.pth")
                .optMember("inner.pth")
                .optHash(hash())
                .build();
        assertThat(zoo(entry).get(NAME)).isEqualTo(folder.resolve("inner.pth")).hasBinaryContent(content);
        assertNothingLeft();

        WeightEntry missing = builder(server.uri("a.zip"))
                .optFile("none.pth")
                .optMember("none.pth")
                .build();
        assertThatThrownBy(() -> zoo(missing).get(NAME)).hasMessageContaining("the archive has no \"none.pth\"");
        server.content(content, "\"no zip\"");
        assertThatThrownBy(() -> zoo(missing).get(NAME)).hasMessageContaining("not a zip archive");
    }

    @Test
    void threadsShareOneDownload() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<Path>> calls = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                calls.add(() -> zoo(entry()).get(NAME));
            }
            for (Future<Path> result : threads.invokeAll(calls)) {
                assertThat(result.get()).hasBinaryContent(content);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void anInterruptStopsTheWaitAndKeepsWhatCame() throws Exception {
        server.fault(stallAfter(100_000, 10_000));
        WeightZoo zoo = base(entry())
                .optTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(5))
                .build();
        Throwable[] thrown = new Throwable[1];
        Thread thread = new Thread(() -> {
            try {
                zoo.get(NAME);
            } catch (WeightsUnavailableException e) {
                thrown[0] = e;
            }
        });
        thread.start();
        Path part = folder.resolve("." + FILE + ".part");
        while (!Files.exists(part) || Files.size(part) < 100_000) {
            Thread.sleep(10);
        }
        thread.interrupt();
        thread.join(5_000);
        assertThat(thrown[0]).isInstanceOf(WeightsUnavailableException.class).hasMessageContaining("interrupted");
        assertThat(part).hasSize(100_000);
    }

    @Test
    void theTableIsSound() {
        WeightZoo zoo = WeightZoo.builder().optCacheFolder(folder).build();
        assertThat(zoo.entries()).hasSizeGreaterThan(50).allSatisfy(entry -> {
            assertThat(entry.source().getScheme()).isEqualTo("https");
            assertThat(entry.family()).isNotBlank();
            assertThat(entry.licence()).isNotBlank();
            assertThat(entry.use()).isNotBlank();
            assertThat(entry.citation()).isNotBlank();
        });
        // these publishers write the hash into the address: the table must not say otherwise
        assertThat(zoo.entries())
                .filteredOn(entry -> entry.source().getHost().equals("openaipublic.azureedge.net"))
                .hasSize(9)
                .allSatisfy(entry -> assertThat(entry.source().getPath()).contains("/" + fullHex(entry) + "/"));
        assertThat(zoo.entries())
                .filteredOn(entry -> entry.hash() != null && fullHex(entry) == null)
                .isNotEmpty()
                .allSatisfy(entry -> assertThat(entry.source().getPath())
                        .contains(Objects.requireNonNull(entry.hash()).hex() + "."));
    }

    private static @Nullable String fullHex(WeightEntry entry) {
        WeightHash hash = entry.hash();
        return hash != null && hash.isFull() ? hash.hex() : null;
    }

    @Test
    void trainedNetworksForPhotographsAreInTheTable() {
        WeightZoo zoo =
                WeightZoo.builder().optCacheFolder(folder).optOffline(true).build();
        assertThat(zoo.entries())
                .filteredOn(entry -> entry.family().equals("tflite"))
                .hasSize(5)
                .allSatisfy(entry -> {
                    assertThat(fullHex(entry)).isNotNull();
                    assertThat(entry.size().orElseThrow()).isBetween(700_000L, 4_200_000L);
                    assertThat(entry.licence()).startsWith("Apache-2.0");
                });
        assertThatThrownBy(() -> zoo.get("deeplabv3-mnv2-voc"))
                .isInstanceOf(WeightsUnavailableException.class)
                .hasMessageContaining("get it (2.1 MiB) from https://raw.githubusercontent.com/google-coral/");
    }

    @Test
    void aPageForPeopleSaysSo() {
        WeightZoo zoo = WeightZoo.builder().optCacheFolder(folder).build();
        assertThatThrownBy(() -> zoo.get("carb-camvid"))
                .hasMessageContaining("page for people")
                .hasMessageContaining(folder.resolve("carb_camvid.pth").toString());
    }

    @Test
    void anUnknownNameListsItsNeighbours() {
        assertThatThrownBy(() -> zoo(entry()).get("sam-vit-x"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"sam-vit-x\"")
                .hasMessageContaining("sam-vit-b")
                .hasMessageNotContaining("clip");
    }

    @Test
    void entriesThatWouldMeetInTheCacheAreRefused() {
        assertThatThrownBy(
                        () -> zoo(builder(server.uri(FILE)).setName("sam-vit-b").build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("two entries named \"sam-vit-b\"");
        assertThatThrownBy(() -> zoo(builder(server.uri("sam_vit_b_01ec64.pth")).build()))
                .hasMessageContaining("would share the file sam_vit_b_01ec64.pth");
        for (String file : List.of("../evil", "a/b", ".hidden", "", "a\\b")) {
            assertThatThrownBy(() -> builder(server.uri(FILE)).optFile(file).build())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("plain file name");
        }
        assertThatThrownBy(() -> builder(URI.create("ftp://a.example/x"))).hasMessageContaining("http or https");
    }

    @Test
    void hashesAreReadAndCompared() throws IOException {
        Path file = Files.writeString(folder.resolve("abc"), "abc");
        // RFC 6234, RFC 1321, and `git hash-object`
        assertThat(WeightHash.of(file, WeightHash.Algorithm.SHA256))
                .hasToString("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assertThat(WeightHash.of(file, WeightHash.Algorithm.MD5)).hasToString("md5:900150983cd24fb0d6963f7d28e17f72");
        assertThat(WeightHash.of(file, WeightHash.Algorithm.GIT_BLOB))
                .hasToString("git-blob:f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f");
        assertThat(WeightHash.parse("BA7816BF").matches(WeightHash.of(file, WeightHash.Algorithm.SHA256)))
                .isTrue();
        assertThat(WeightHash.parse("sha1:ba7816bf").matches(WeightHash.of(file, WeightHash.Algorithm.SHA256)))
                .isFalse();
        for (String bad : List.of("", "ba78", "sha512:ba7816bf", "md5:" + "0".repeat(33), "sha256:xyz12345")) {
            assertThatThrownBy(() -> WeightHash.parse(bad)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private WeightHash hash() {
        return ZooProcess.hash(content);
    }

    private WeightEntry.Builder builder(URI source) {
        return WeightEntry.builder().setName(NAME).setSource(source);
    }

    private WeightEntry entry() {
        return builder(server.uri(FILE)).optHash(hash()).optSize(SIZE).build();
    }

    private WeightZoo.Builder base(WeightEntry entry) {
        return WeightZoo.builder()
                .optCacheFolder(folder)
                .optEntry(entry)
                .optTimeouts(Duration.ofMillis(700), Duration.ofMillis(700))
                .optRetries(2, Duration.ofMillis(5));
    }

    private WeightZoo zoo(WeightEntry entry) {
        return base(entry).build();
    }

    private void assertNothingLeft() {
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(path -> path.getFileName().toString()))
                    .noneMatch(name -> name.contains(".part") || name.contains(".member"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Writes down what it is told. */
    private static final class Recorder implements Progress {
        private final List<String> calls = new ArrayList<>();

        @Override
        public void reset(String message, long max) {
            calls.add("reset " + message + " " + max);
        }

        @Override
        public void reset(String message, long max, @Nullable String trailing) {
            reset(message, max);
        }

        @Override
        public void start(long initial) {
            update(initial);
        }

        @Override
        public void end() {
            calls.add("end");
        }

        @Override
        public void increment(long increment) {
            calls.add("+" + increment);
        }

        @Override
        public void update(long progress, @Nullable String message) {
            calls.add(Long.toString(progress));
        }
    }
}
